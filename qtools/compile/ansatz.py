"""Circuits of general two-qubit blocks on the bonds of a chain."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.compile.target.evolve import Evolvable, Start, exponentials
from qtools.compile.target.integrators import STRANG

BELL_PAIR: ComplexArray = np.array([1.0, 0.0, 0.0, 1.0], dtype=complex) / np.sqrt(2.0)
"""A qubit and its reference, where an operator starts from; the qubit is more significant."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ansatz:
    """Two-qubit blocks applied in time order to a product state, or taken as an operator.

    An operator ``V`` is treated as its Choi state: each site holds a qubit and an idle reference,
    which start as a Bell pair, and the blocks act on the qubits.

    Attributes:
        initial: (num_qubits, 2), the product state that the blocks act on; for an operator
            (num_qubits, 4), a Bell pair per site, the qubit its more significant part.
        bonds: left site of each block, in time order.
        gates: (num_blocks, 4, 4), unitary of each block, row ``2 * out_i + out_j`` and column
            ``2 * in_i + in_j`` for its left site ``i`` and its right site ``j``.
        frozen: the first ``frozen`` blocks are part of the given preparation and are not optimised.
        rights: right site of each block; None where all act on neighbours ``(i, i + 1)``.
    """

    initial: ComplexArray
    bonds: tuple[int, ...]
    gates: ComplexArray
    frozen: int = 0
    rights: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.rights == tuple(bond + 1 for bond in self.bonds):
            object.__setattr__(self, "rights", None)

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return len(self.initial)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Left and right site of each block."""
        rights = [bond + 1 for bond in self.bonds] if self.rights is None else self.rights
        return tuple(zip(self.bonds, rights, strict=True))

    @property
    def is_operator(self) -> bool:
        """Whether the circuit itself is meant, not the state that it prepares."""
        return bool(self.initial.shape[1] == 4)

    @property
    def num_blocks(self) -> int:
        """Number of two-qubit blocks, frozen ones included."""
        return len(self.bonds)

    @property
    def num_parameters(self) -> int:
        """Real parameters of the blocks that are optimised: 15 each, the global phase aside."""
        return 15 * (self.num_blocks - self.frozen)

    def with_gates(self, gates: ComplexArray) -> "Ansatz":
        """The same layout with other gates (num_blocks, 4, 4)."""
        return replace(self, gates=gates)


def trotter_ansatz(problem: Evolvable, layers: int) -> Ansatz:
    """``layers`` brick layers that start as a Trotter circuit for the evolution.

    An odd number ``2 K + 1`` starts as ``K`` second-order steps; an even number ``2 K``, which no
    symmetric product has, as ``K`` first-order steps.
    """
    matrices = problem.hamiltonian.bond_matrices()
    phase = np.exp(-1j * problem.hamiltonian.energy_shift * problem.time)
    placed = []
    for parity, fraction in _trotter_layers(layers):
        gates = exponentials(matrices[parity::2], fraction * problem.time)
        placed += list(zip(range(parity, len(matrices), 2), gates, strict=True))
    return _assembled(problem.initial, placed, phase)


def _trotter_layers(layers: int) -> list[tuple[int, float]]:
    """(parity, fraction of the whole time) of each brick layer."""
    steps = max(1, layers // 2)
    if layers % 2 and layers > 1:
        return [(parity, fraction / steps) for parity, fraction in STRANG.layers(steps)]
    return [(layer % 2, 1.0 / steps) for layer in range(layers)]


def _assembled(
    initial: Start, placed: Iterable[tuple[int, ComplexArray]], phase: complex
) -> Ansatz:
    """Blocks behind the preparation; a block right after one on the same bond joins it."""
    bonds: list[int] = []
    gates: list[ComplexArray] = []
    trained: list[bool] = []
    last: dict[int, int] = {}  # site -> the latest block on it

    def place(bond: int, gate: ComplexArray, *, train: bool) -> None:
        previous = last.get(bond, -1)
        if previous >= 0 and bonds[previous] == bond and last.get(bond + 1) == previous:
            gates[previous] = gate @ gates[previous]
            trained[previous] = trained[previous] or train
            return
        last[bond] = last[bond + 1] = len(bonds)
        bonds.append(bond)
        gates.append(gate)
        trained.append(train)

    for bond, gate in initial.preparation:
        place(bond, gate, train=False)
    for bond, gate in placed:
        place(bond, gate, train=True)
    # Frozen blocks come first. They may: a merged block is the latest on both of its sites, so no
    # frozen block follows it.
    order = sorted(range(len(bonds)), key=lambda b: trained[b])
    vectors = initial.vectors.copy()
    vectors[0] *= phase
    return Ansatz(
        initial=vectors,
        bonds=tuple(bonds[b] for b in order),
        gates=np.array([gates[b] for b in order]).reshape(-1, 4, 4),
        frozen=trained.count(False),
    )
