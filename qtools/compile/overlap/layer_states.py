"""States between the layers of a circuit, cut with the help of a reference evaluation.

A layer acts on disjoint pairs of sites, all at once. The bonds inside the pairs are cut the way of
Hastings (arXiv 0903.3253): with the two-site tensor ``theta`` and the Schmidt values ``s`` on its
left, ``theta = (theta V) V^dagger`` for ``V`` the leading right singular space of ``s theta``.

A *reference* evolution (:func:`reference`) finds the ranks and the spaces with eigenvectors. Gates
that differ from those of the reference by the steps of an optimiser have nearly the same spaces,
so one step of subspace iteration from the reference's ``V`` is enough::

    V = orthonormalised (s theta)^dagger (s theta) V_reference

which costs two products and a thin QR decomposition where eigenvectors cost three times as much
(``benchmarks/truncation.py``). With the phases of the QR decomposition fixed, the bases, and with
them the overlap, are smooth functions of the gates: ranks do not jump between two evaluations, and
the result depends on nothing but the gates and the reference. What the cuts discard is measured at
each evaluation, so that a reference that has grown old is noticed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.arrays import Array, Arrays
from qtools.compile.overlap.layers import Layer
from qtools.compile.target.chain import Chain, Truncation, apply_gates


class LayerState(NamedTuple):
    """A state between two layers, right-canonical up to the cuts.

    ``tensors`` (n, chi, d, chi) is padded with zeros to one bond dimension, ``schmidt`` (n + 1,
    chi) holds the Schmidt values left of each site, or for a guided cut nearly so.
    """

    tensors: Array
    schmidt: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Guide:
    """What a reference evolution found for the cuts of one layer.

    Attributes:
        spaces: (m, d * chi, r), the spaces kept, zero columns where a pair keeps less than ``r``;
            ``chi`` is the width of the state before the layer.
        kept: (m, 1, r), one for each vector kept and zero for padding.
        width: of the state after the layer.
    """

    spaces: Array
    kept: Array
    width: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """An evolution with eigenvectors, and the guides that it leaves.

    Attributes:
        guides: one per layer, in the order in which the layers were applied.
        discarded: sum of all weights cut off.
        last: the state at the end.
    """

    guides: tuple[Guide, ...]
    discarded: float
    last: Chain

    @property
    def max_bond(self) -> int:
        """Largest bond of all states."""
        return max((guide.width for guide in self.guides), default=1)


def reference(
    start: Chain,
    layers: Sequence[Layer],
    gates: Sequence[ComplexArray],
    truncation: Truncation,
    arrays: Arrays,
) -> Reference:
    """Apply ``layers`` to ``start`` in the order given, each with its ``gates`` (m, 4, 4)."""
    state, guides, discarded = start, [], 0.0
    for layer, matrices in zip(layers, gates, strict=True):
        before = state.width
        state, lost = apply_gates(state, layer.sites, matrices, truncation)
        guides.append(_guide(state, before, layer, arrays))
        discarded += lost
    return Reference(guides=tuple(guides), discarded=discarded, last=state)


def _guide(after: Chain, before: int, layer: Layer, arrays: Arrays) -> Guide:
    kept = after.schmidt[layer.sites + 1] > 0.0
    rank = max(1, int(kept.sum(axis=1).max()))
    # (m, rank, d, chi): the bond behind a pair is not cut, so that it fits the state before.
    rows = after.tensors[layer.sites + 1][:, :rank]
    m, _, d, chi = rows.shape
    spaces = np.zeros((m, rank, d, before), dtype=complex)
    shared = min(before, chi)
    spaces[..., :shared] = rows[..., :shared]
    return Guide(
        spaces=arrays.put(spaces.reshape(m, rank, -1).conj().swapaxes(1, 2)),
        kept=arrays.put(kept[:, None, :rank]),
        width=after.width,
    )


def layer_state(chain: Chain, arrays: Arrays) -> LayerState:
    """The state of ``chain`` on the device of ``arrays``."""
    return LayerState(arrays.put(chain.tensors), arrays.put(chain.schmidt))


Spaces = Callable[[Array, Array, Array, Array], Array]
"""Finds the spaces to keep; see :func:`improved`, which does it best."""


def apply_layer(
    state: LayerState,
    sites: Array,
    gates: Array,
    guide: Guide,
    arrays: Arrays,
    *,
    spaces: Spaces | None = None,
) -> tuple[LayerState, float]:
    """The state after gates (m, 4, 4) on disjoint pairs, and the weight that the cuts discard.

    Args:
        state: before the layer.
        sites: (m,) left site of each pair.
        gates: (m, 4, 4).
        guide: of a reference with the same ``sites``.
        arrays: of all of these.
        spaces: finds what to keep; :func:`improved` by default.
    """
    xp, find = arrays.xp, spaces or improved
    m, d, width = len(sites), state.tensors.shape[2], guide.width
    rank = guide.spaces.shape[2]
    tensors = resized(state.tensors, (width, d, width), arrays)
    schmidt = resized(state.schmidt, (width,), arrays)
    lost = np.zeros(m)
    middle = arrays.zeros((m, width))

    def cut(part: slice) -> None:
        here = sites[part]
        theta = _two_site(state.tensors, here, gates[part], arrays)
        scale = xp.repeat(state.schmidt[here], d, axis=1)[:, :, None]
        weighted = theta * scale
        rows = find(weighted, guide.spaces[part], guide.kept[part], xp)
        left = xp.matmul(theta, xp.conj(rows))
        weights, total = _squares(left * scale, xp), _squares(weighted, xp)
        kept = xp.sum(weights, axis=(1, 2))
        whole = xp.sum(total, axis=(1, 2))
        middle[part, :rank] = xp.sqrt(xp.sum(weights, axis=1) / kept[:, None]) + 0j
        # What a cut takes from the norm is given back, so that overlaps keep their size.
        left = left * (xp.sqrt(whole / kept) + 0j)[:, None, None]
        count, chi = left.shape[0], theta.shape[1] // d
        tensors[here] = resized(left.reshape((count, chi, d, rank)), (width, d, width), arrays)
        turned = xp.permute_dims(rows, (0, 2, 1)).reshape((count, rank, d, chi))
        tensors[here + 1] = resized(turned, (width, d, width), arrays)
        lost[part] = arrays.get(1.0 - kept / whole).real

    arrays.halves(cut, m)
    schmidt[sites + 1] = middle
    return LayerState(tensors, schmidt), float(np.sum(np.maximum(lost, 0.0)))


def _two_site(tensors: Array, sites: Array, gates: Array, arrays: Arrays) -> Array:
    """The gates applied to the merged tensors of their pairs, (m, chi * d, d * chi)."""
    xp = arrays.xp
    _, chi, d, _ = tensors.shape
    m, idle = len(sites), d // 2
    pairs = xp.matmul(
        tensors[sites].reshape((m, chi * d, chi)), tensors[sites + 1].reshape((m, chi, d * chi))
    )
    if idle == 1:
        merged = xp.matmul(gates[:, None], pairs.reshape((m, chi, 4, chi)))
        return merged.reshape((m, chi * d, d * chi))
    spread = pairs.reshape((m, chi, 2, idle, 2, idle, chi))
    spread = xp.permute_dims(spread, (0, 2, 4, 1, 3, 5, 6)).reshape((m, 4, -1))
    applied = xp.matmul(gates, spread).reshape((m, 2, 2, chi, idle, idle, chi))
    return xp.permute_dims(applied, (0, 3, 1, 4, 2, 5, 6)).reshape((m, chi * d, d * chi))


def improved(weighted: Array, spaces: Array, kept: Array, xp: Array) -> Array:
    """One step of subspace iteration.

    Args:
        weighted: (m, a, k), the two-site tensors weighted with the Schmidt values on their left.
        spaces: (m, k, r), of the reference.
        kept: (m, 1, r), as in :class:`Guide`.
        xp: the library of all of these.

    Returns:
        (m, k, r), the conjugate of the spaces to keep.
    """
    ahead = xp.conj(xp.matmul(weighted, spaces))
    q, r = xp.linalg.qr(xp.matmul(xp.permute_dims(weighted, (0, 2, 1)), ahead))
    diagonal = xp.linalg.diagonal(r)
    size = xp.abs(diagonal)
    # Positive diagonals make the decomposition continuous; the columns of padding are free.
    phase = xp.where(size > 0.0, diagonal / xp.where(size > 0.0, size, 1.0), 1.0)
    return q * (phase[:, None, :] * kept)


def _squares(array: Array, xp: Array) -> Array:
    return xp.real(array) ** 2 + xp.imag(array) ** 2


def resized(array: Array, shape: tuple[int, ...], arrays: Arrays) -> Array:
    """A copy with all axes but the first cut or zero-padded to ``shape``."""
    padded = arrays.zeros((array.shape[0], *shape))
    corner = (
        slice(None),
        *(slice(0, min(pair)) for pair in zip(array.shape[1:], shape, strict=True)),
    )
    padded[corner] = array[corner]
    return padded


def overlap_with(bra: MPS, ket: LayerState, arrays: Arrays) -> complex:
    """``<bra|ket>``, contracted site by site."""
    xp = arrays.xp
    boundary = arrays.put(np.ones((1, 1), dtype=complex))
    for tensor, site in zip(bra.tensors, ket.tensors, strict=True):
        left, d, right = tensor.shape
        chi = site.shape[2]
        half = xp.matmul(boundary, site[: boundary.shape[1]].reshape((-1, d * chi)))
        conjugate = arrays.put(tensor.conj().reshape(left * d, right).T)
        boundary = xp.matmul(conjugate, half.reshape((left * d, chi)))
    return complex(arrays.get(boundary)[0, 0])
