"""The environments of one layer between two states, by a walk along the chain."""

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import MPS, ComplexArray


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
