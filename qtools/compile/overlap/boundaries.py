"""Environments of the blocks of each layer, from boundaries that follow the circuit in time.

Between the layers ``l`` and ``l + 1`` stand ``z_l = V_l ... V_1 |0>`` and
``w_l = (V_L ... V_(l+1))^dagger |target>``. Their contraction over all sites left of a bond (or
right of it) is a boundary (bond of w, bond of z). A layer changes the boundaries at the bonds
inside its pairs and no others: what it does left of a bond between two pairs, it does to ``w`` and
to ``z`` alike. So one pass over the layers has every boundary at hand, for the cost of one site per
pair and layer, and all pairs of a layer are treated at once; no layer needs a walk along the chain.
"""

import numpy as np

from qtools.compile.overlap.arrays import Array, Arrays
from qtools.compile.overlap.layer_states import LayerState, resized


class Boundaries:
    """The boundaries of ``w_l`` and ``z_l`` at all bonds, as ``l`` grows.

    Attributes:
        left: (n + 1, chi_w, chi_z), the sites left of each bond.
        right: (n + 1, chi_w, chi_z), the sites right of it.
    """

    def __init__(self, behind: LayerState, state: LayerState, arrays: Arrays) -> None:
        """Start before the first layer, with ``w_0`` and ``z_0``."""
        self._arrays = arrays
        bras, kets = behind.tensors, state.tensors
        n, bra, ket = len(kets), bras.shape[1], kets.shape[1]
        self.left, self.right = arrays.zeros((n + 1, bra, ket)), arrays.zeros((n + 1, bra, ket))
        self.left[0, 0, 0] = self.right[n, 0, 0] = 1.0
        for site in range(n):
            here = slice(site, site + 1)
            self.left[site + 1] = self._over_left(bras[here], kets[here], self.left[here])[0]
        for site in reversed(range(n)):
            here, beyond = slice(site, site + 1), slice(site + 1, site + 2)
            self.right[site] = self._over_right(bras[here], kets[here], self.right[beyond])[0]

    def environments(self, behind: LayerState, state: LayerState, sites: Array) -> Array:
        """Derivatives (m, 4, 4) of the overlap by the gates of a layer on pairs.

        Args:
            behind: ``w`` after the layer.
            state: ``z`` before it.
            sites: (m,) left site of each pair.
        """
        xp = self._arrays.xp
        bras, kets = behind.tensors, state.tensors
        self._fit(bras.shape[1], kets.shape[1])
        found = self._arrays.empty((len(sites), 4, 4))

        def contract(part: slice) -> None:
            here = sites[part]
            m = len(here)
            lower = _qubit_first(xp.matmul(self.left[here], _flat(kets[here], 1)), kets, xp)
            upper = _qubit_first(_flat(xp.conj(bras[here]), 1), bras, xp)
            x = xp.matmul(xp.permute_dims(upper, (0, 2, 1)), lower)
            beyond = xp.permute_dims(self.right[here + 2], (0, 2, 1))
            lower = _flat(xp.matmul(_flat(kets[here + 1], 2), beyond), 0, kets)
            upper = _flat(xp.conj(bras[here + 1]), 0, bras)
            y = xp.matmul(upper, xp.permute_dims(lower, (0, 2, 1)))
            bra, ket = bras.shape[1], kets.shape[1]
            # x: (out_i, bond of w), (in_i, bond of z); y: (bond of w, out_j), (bond of z, in_j).
            x = xp.permute_dims(x.reshape((m, 2, bra, 2, ket)), (0, 1, 3, 2, 4))
            y = xp.permute_dims(y.reshape((m, bra, 2, ket, 2)), (0, 1, 3, 2, 4))
            both = xp.matmul(x.reshape((m, 4, -1)), y.reshape((m, -1, 4)))
            both = xp.permute_dims(both.reshape((m, 2, 2, 2, 2)), (0, 1, 3, 2, 4))
            found[part] = both.reshape((m, 4, 4))

        self._arrays.halves(contract, len(sites))
        return found

    def advance(self, behind: LayerState, state: LayerState, sites: Array) -> None:
        """Go over a layer: both states are those after it."""
        bras, kets = behind.tensors, state.tensors
        self._fit(bras.shape[1], kets.shape[1])

        def carry(part: slice) -> None:
            here = sites[part]
            self.left[here + 1] = self._over_left(bras[here], kets[here], self.left[here])
            self.right[here + 1] = self._over_right(
                bras[here + 1], kets[here + 1], self.right[here + 2]
            )

        self._arrays.halves(carry, len(sites))

    def _fit(self, bra: int, ket: int) -> None:
        if self.left.shape[1:] != (bra, ket):
            self.left = resized(self.left, (bra, ket), self._arrays)
            self.right = resized(self.right, (bra, ket), self._arrays)

    def _over_left(self, bras: Array, kets: Array, left: Array) -> Array:
        xp = self._arrays.xp
        m, bra, d, _ = bras.shape
        half = xp.matmul(left, _flat(kets, 1)).reshape((m, bra * d, -1))
        return xp.matmul(xp.permute_dims(_flat(xp.conj(bras), 2), (0, 2, 1)), half)

    def _over_right(self, bras: Array, kets: Array, right: Array) -> Array:
        xp = self._arrays.xp
        m, ket = kets.shape[:2]
        half = xp.matmul(_flat(kets, 2), xp.permute_dims(right, (0, 2, 1))).reshape((m, ket, -1))
        return xp.matmul(_flat(xp.conj(bras), 1), xp.permute_dims(half, (0, 2, 1)))


def _flat(tensors: Array, split: int, like: Array | None = None) -> Array:
    """Site tensors (m, left, d, right) as matrices whose rows are the first ``split`` axes.

    With ``split`` 0, the rows are (left, qubit) and the columns (idle partner, right), for tensors
    of the shape ``like``.
    """
    m = len(tensors)
    if split == 0:
        assert like is not None
        return tensors.reshape((m, like.shape[1] * 2, -1))
    rows = int(np.prod(tensors.shape[1 : split + 1]))
    return tensors.reshape((m, rows, -1))


def _qubit_first(tensors: Array, like: Array, xp: Array) -> Array:
    """Site tensors as matrices: rows (left, idle partner), columns (qubit, right)."""
    m = len(tensors)
    idle, right = like.shape[2] // 2, like.shape[3]
    if idle == 1:
        return tensors.reshape((m, -1, 2 * right))
    spread = tensors.reshape((m, -1, 2, idle, right))
    return xp.permute_dims(spread, (0, 1, 3, 2, 4)).reshape((m, -1, 2 * right))
