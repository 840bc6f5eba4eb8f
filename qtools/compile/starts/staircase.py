"""The generic circuit for a matrix product state: staircases of two-qubit blocks.

A state of bond 2 is prepared exactly by one staircase, blocks on ``(0, 1), (1, 2), ...`` in this
order: each block turns the bond that it finds on its left qubit and a fresh right qubit into one
physical site and the next bond (Schoen et al., quant-ph/0501096). For a larger bond, the state's
best approximation of bond 2 gives a staircase, which undone leaves a less entangled state, and so
on; the staircase found last acts first (Ran, arXiv 1908.07958). Optimising all staircases together
each time one is added gets much further (Rudolph et al., arXiv 2209.00595).

Depth grows with the number of qubits, which is what brick layers avoid; the staircases are here as
the baseline to compare with, and as a start for states that no short evolution makes.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray, compress
from qtools.compile.target.chain import Chain, Truncation, apply_gates

_WEIGHT = 1e-10  # squared Schmidt values that a cut on the way may drop

Refine = Callable[[Ansatz], Ansatz]


def staircase_ansatz(
    target: MPS, staircases: int, *, refine: Refine | None = None, max_bond: int | None = None
) -> Ansatz:
    """So many staircases that roughly prepare ``target`` from ``|0...0>``.

    Args:
        target: normalised, of qubits.
        staircases: at least 1.
        refine: improves the circuit each time a staircase was added; None leaves it as it is.
        max_bond: that the state may have on the way back; by default twice that of the target.
    """
    truncation = Truncation(max_weight=_WEIGHT, max_bond=max_bond or 2 * target.max_bond)
    sites = tuple(range(target.num_sites - 1))
    initial = np.tile(np.array([1.0, 0.0], dtype=complex), (target.num_sites, 1))
    ansatz = Ansatz(initial=initial, bonds=(), gates=np.empty((0, 4, 4), dtype=complex))
    for _ in range(staircases):
        gates = one_staircase(undone(ansatz, target, truncation))
        ansatz = replace(
            ansatz,
            bonds=(*sites, *ansatz.bonds),
            gates=np.concatenate([gates, ansatz.gates]),
        )
        if refine is not None:
            ansatz = refine(ansatz)
    return ansatz


def one_staircase(state: MPS) -> ComplexArray:
    """(num_sites - 1, 4, 4) blocks on bonds 0, 1, ... that prepare the state's bond-2 part."""
    cut = compress(state, max_bond=2).mps  # right-canonical
    tensors = [tensor.copy() for tensor in cut.tensors]
    tensors[0] /= np.linalg.norm(tensors[0])
    last = tensors.pop()
    gates = []
    for site, tensor in enumerate(tensors):
        if site == len(tensors) - 1:
            outputs = np.tensordot(tensor, last[..., 0], axes=(2, 0))
        else:
            outputs = tensor
        gates.append(_completed(outputs))
    return np.array(gates)


def undone(ansatz: Ansatz, target: MPS, truncation: Truncation) -> MPS:
    """``V^dagger |target>``, its bonds cut."""
    chain = Chain.from_mps(target)
    for bond, gate in zip(reversed(ansatz.bonds), reversed(ansatz.gates), strict=True):
        chain, _ = apply_gates(chain, np.array([bond]), gate.conj().T[None], truncation)
    return chain.to_mps()


def _completed(tensor: ComplexArray) -> ComplexArray:
    """A block that turns the left qubit ``a`` and a right qubit 0 into ``tensor[a, :, :]``.

    What it does to other inputs is the nearest to nothing.

    Args:
        tensor: (bonds, 2, bonds), an isometry from its first axis.
    """
    a, _, b = tensor.shape
    outputs = np.zeros((4, 4), dtype=complex)
    spread = np.zeros((a, 2, 2), dtype=complex)
    spread[:, :, :b] = tensor
    outputs[:, [0, 2][:a]] = spread.reshape(a, 4).T
    given = [0, 2][:a]
    others = [column for column in range(4) if column not in given]
    projector = np.eye(4) - outputs @ outputs.conj().T
    # The free columns: of all isometries into the rest of the space, the nearest to the identity.
    basis = np.linalg.eigh(projector)[1][:, a:]
    u, _, v = np.linalg.svd(basis.conj().T @ np.eye(4)[:, others])
    outputs[:, others] = basis @ (u @ v)
    return outputs
