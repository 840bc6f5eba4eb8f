"""``<target|V|0>`` and the environments of all blocks through truncated layer states.

With ``z_l = V_l ... V_1 |0>`` and ``w_l = (V_L ... V_(l+1))^dagger |target>`` kept as MPS, the
environment of every block of layer ``l`` is the product of ``z_(l-1)`` and ``w_l`` with that block
left out: one sweep over the chain per layer. All derivatives together cost one evolution forwards,
one backwards and ``L`` overlaps, in memory ``O(L n chi^2)``, whatever the depth.

The price is a truncation error, which :attr:`TruncatedOverlap.error_angle` estimates after each
evaluation from the weights that were discarded.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray, overlap
from qtools.compile.overlap.layers import Layer, layers_of
from qtools.compile.target.chain import Chain, Truncation, apply_gates
from qtools.runs.cores import cores

# Errors of different cuts are nearly orthogonal: on the benchmark chains the angle was between one
# and two times the root of the summed weights (the sum of the roots, a strict bound, is ten times
# that).
_ERROR_FACTOR = 2.0


class TruncatedOverlap:
    """Overlap of a circuit of neighbour blocks with a fixed target, to a given exactness.

    The layout (bonds, initial state) is that of ``ansatz``; the gates are given at each call.

    Attributes:
        error_angle: estimate of the angle, in radians, by which truncation put the state off that
            the last evaluation compared with the target.
    """

    def __init__(
        self, ansatz: Ansatz, target: MPS, *, max_angle: float, max_bond: int | None = None
    ) -> None:
        """Cut so that the error angle stays below about ``max_angle`` radians."""
        self._layers = layers_of(ansatz.bonds)
        self._num_blocks = ansatz.num_blocks
        self._start = Chain.product(ansatz.initial)
        self._target = Chain.from_mps(target)
        self._target_mps = self._target.to_mps()
        cuts = max(1, max((len(layer.sites) for layer in self._layers), default=1))
        weight = (max_angle / _ERROR_FACTOR) ** 2 / (cuts * max(1, len(self._layers)))
        self._truncation = Truncation(max_weight=weight, max_bond=max_bond)
        self._threads = ThreadPoolExecutor(1) if cores() > 1 else None
        self.error_angle = 0.0

    def value(self, gates: ComplexArray) -> complex:
        """The overlap ``<target|V|0>`` for gates (num_blocks, 4, 4)."""
        states, self.error_angle = self._forward(gates)
        return overlap(self._target_mps, states[-1].to_mps())

    def value_and_environments(self, gates: ComplexArray) -> tuple[complex, ComplexArray]:
        """The overlap and its derivatives (num_blocks, 4, 4) by the entries of all gates."""
        states, self.error_angle = self._forward(gates)
        environments = np.empty((self._num_blocks, 4, 4), dtype=complex)
        pending: list[tuple[Layer, Future[ComplexArray]]] = []
        behind = self._target
        for position in reversed(range(len(self._layers))):
            layer = self._layers[position]
            work = partial(
                layer_environments,
                behind.to_mps(), states[position].to_mps(), layer.sites, gates[layer.blocks],
            )  # fmt: skip
            if self._threads is None:
                environments[layer.blocks] = work()
            else:
                pending.append((layer, self._threads.submit(work)))
            if position > 0:
                adjoint = gates[layer.blocks].conj().swapaxes(1, 2)
                behind, _ = apply_gates(behind, layer.sites, adjoint, self._truncation)
        for layer, future in pending:
            environments[layer.blocks] = future.result()
        return overlap(self._target_mps, states[-1].to_mps()), environments

    def _forward(self, gates: ComplexArray) -> tuple[list[Chain], float]:
        """The states before the first and after each layer, and the angle that cutting cost."""
        states, discarded = [self._start], 0.0
        for layer in self._layers:
            state, lost = apply_gates(
                states[-1], layer.sites, gates[layer.blocks], self._truncation
            )
            states.append(state)
            discarded += lost
        return states, _ERROR_FACTOR * float(np.sqrt(discarded))


def layer_environments(
    bra: MPS, ket: MPS, sites: NDArray[np.intp], gates: ComplexArray
) -> ComplexArray:
    """Derivatives of ``<bra| layer |ket>`` by each gate of a layer.

    Args:
        bra: the state after the layer.
        ket: the state before it.
        sites: (m,) left site of each gate, ascending; gates do not overlap.
        gates: (m, 4, 4).

    Returns:
        (m, 4, 4), entry ``[out, in]`` the derivative by the gate's entry ``[out, in]``.
    """
    # Cells of the chain from left to right: pairs under a gate, and single sites.
    gate_at = {int(site): index for index, site in enumerate(sites)}
    cells: list[tuple[int, int | None]] = []
    site = 0
    while site < ket.num_sites:
        gate = gate_at.get(site)
        cells.append((site, gate))
        site += 1 if gate is None else 2
    bras = [_cell(bra, site, gate is not None).conj() for site, gate in cells]
    kets = [_cell(ket, site, gate is not None) for site, gate in cells]
    acted = [
        tensor if gate is None else _act(gates[gate], tensor)
        for (_, gate), tensor in zip(cells, kets, strict=True)
    ]
    # right[k]: (ket bond, bra bond) behind cell k.
    right = [np.ones((1, 1), dtype=complex)]
    for a, b in zip(reversed(acted), reversed(bras), strict=True):
        half = np.tensordot(a, right[-1], axes=(2, 0))
        right.append(np.tensordot(half, b, axes=((1, 2), (1, 2))))
    right.reverse()
    environments = np.empty((len(sites), 4, 4), dtype=complex)
    left = np.ones((1, 1), dtype=complex)  # (bra bond, ket bond) before the cell
    for k, (_, gate) in enumerate(cells):
        if gate is not None:
            half = np.tensordot(np.tensordot(left, kets[k], axes=(1, 0)), right[k + 1], axes=(2, 0))
            environments[gate] = _gate_environment(bras[k], half)
        half = np.tensordot(left, acted[k], axes=(1, 0))
        left = np.tensordot(bras[k], half, axes=((0, 1), (0, 1)))
    return environments


def _cell(mps: MPS, site: int, pair: bool) -> ComplexArray:
    """The tensor (left, physical, right) of a site, or of a pair with its qubits in front.

    For a pair the physical axis is (qubit i, qubit j, idle partners).
    """
    tensor = mps.tensors[site]
    if not pair:
        return tensor
    merged = np.tensordot(tensor, mps.tensors[site + 1], axes=(2, 0))
    left, d, _, right = merged.shape
    if d == 2:
        return merged.reshape(left, 4, right)
    idle = d // 2
    spread = merged.reshape(left, 2, idle, 2, idle, right).transpose(0, 1, 3, 2, 4, 5)
    return spread.reshape(left, 4 * idle * idle, right)


def _act(gate: ComplexArray, tensor: ComplexArray) -> ComplexArray:
    left, d, right = tensor.shape
    acted: ComplexArray = np.matmul(gate, tensor.reshape(left, 4, -1))
    return acted.reshape(left, d, right)


def _gate_environment(bra: ComplexArray, half: ComplexArray) -> ComplexArray:
    """Sum over bonds and idle partners of ``bra[b, out, c] * half[b, in, c]``."""
    left = bra.shape[0]
    a = bra.reshape(left, 4, -1).transpose(1, 0, 2).reshape(4, -1)
    b = half.reshape(left, 4, -1).transpose(1, 0, 2).reshape(4, -1)
    return a @ b.T
