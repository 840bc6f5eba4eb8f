"""Circuits of general two-qubit blocks on pairs of sites of a chain."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from qtools.compile.geometry.edge_layers import bouncing
from qtools.compile.geometry.lattices import Pair
from qtools.compile.mps import ComplexArray
from qtools.compile.problem.pair_terms import PairTerms, pair_terms
from qtools.compile.settings import layers_of_steps
from qtools.compile.target.evolve import Evolvable, Start, exponentials
from qtools.compile.target.integrators import STRANG
from qtools.compile.target.splitting import placed_gates

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
    def pairs(self) -> tuple[Pair, ...]:
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
        """Real parameters of the blocks that move if they are any unitaries: 15 each."""
        return 15 * (self.num_blocks - self.frozen)

    def with_gates(self, gates: ComplexArray) -> "Ansatz":
        """The same layout with other gates (num_blocks, 4, 4)."""
        return replace(self, gates=gates)


def trotter_ansatz(problem: Evolvable, layers: int) -> Ansatz:
    """``layers`` brick layers that start as a Trotter circuit for the evolution.

    The pairs that the Hamiltonian couples (or those that the problem allows) fall into ``m`` layers
    of disjoint pairs, and brick layers take the colours ``0, 1, ..., m - 1, ..., 1, 0, 1, ...``; on
    an open chain the even and the odd bonds. ``2 (m - 1) K + 1`` of them start as ``K``
    second-order steps; other numbers, which no symmetric product has, give every pair its time in
    equal parts. What couples pairs on which the circuit has no blocks, or more than two sites, is
    left to the optimiser.
    """
    terms = circuit_terms(problem)
    phase = np.exp(-1j * problem.hamiltonian.energy_shift * problem.time)
    placed = []
    for colour, fraction in _trotter_layers(layers, len(terms.layers)):
        members = list(terms.layers[colour])
        gates = exponentials(terms.matrices[members], fraction * problem.time)
        placed += list(zip([terms.pairs[k] for k in members], gates, strict=True))
    return _assembled(problem.initial, placed, phase)


def trotter_circuit(problem: Evolvable, steps: int) -> Ansatz:
    """``steps`` second-order Trotter steps, also of terms on three and more sites.

    Those are Pauli-exponential circuits, so that there are no brick layers to speak of.
    """
    terms = circuit_terms(problem)
    if not terms.strings:
        return trotter_ansatz(problem, layers_of_trotter_steps(problem, steps))
    phase = np.exp(-1j * problem.hamiltonian.energy_shift * problem.time)
    placed = placed_gates(terms, STRANG, steps, step=problem.time / steps, exponential=exponentials)
    return _assembled(problem.initial, placed, phase)


def circuit_terms(problem: Evolvable) -> PairTerms:
    """The Hamiltonian on the pairs of sites where a circuit for ``problem`` has blocks."""
    return pair_terms(problem.hamiltonian, problem.circuit_pairs)


def layers_of_trotter_steps(problem: Evolvable, steps: int) -> int:
    """Brick layers of ``steps`` second-order Trotter steps: ``2 (m - 1) steps + 1``."""
    return layers_of_steps(steps, len(circuit_terms(problem).layers))


def _trotter_layers(layers: int, colours: int) -> list[tuple[int, float]]:
    """(colour, fraction of the whole time) of each brick layer."""
    order = bouncing(layers, colours)
    steps, rest = divmod(layers - 1, 2 * (colours - 1))
    if rest or not steps:
        return [(colour, 1.0 / order.count(colour)) for colour in order]
    fractions = [(0.5 if 0 < colour < colours - 1 else 1.0) / steps for colour in order]
    fractions[0] = fractions[-1] = 0.5 / steps
    return list(zip(order, fractions, strict=True))


def _assembled(
    initial: Start, placed: Iterable[tuple[Pair, ComplexArray]], phase: complex
) -> Ansatz:
    """Blocks behind the preparation; a block right after one on the same pair joins it."""
    pairs: list[Pair] = []
    gates: list[ComplexArray] = []
    trained: list[bool] = []
    last: dict[int, int] = {}  # site -> the latest block on it

    def place(pair: Pair, gate: ComplexArray, *, train: bool) -> None:
        previous = last.get(pair[0], -1)
        if previous >= 0 and last.get(pair[1]) == previous:
            gates[previous] = gate @ gates[previous]
            trained[previous] = trained[previous] or train
            return
        last[pair[0]] = last[pair[1]] = len(pairs)
        pairs.append(pair)
        gates.append(gate)
        trained.append(train)

    for pair, gate in initial.blocks:
        place(pair, gate, train=False)
    for pair, gate in placed:
        place(pair, gate, train=True)
    # Frozen blocks come first. They may: a merged block is the latest on both of its sites, so no
    # frozen block follows it.
    order = sorted(range(len(pairs)), key=lambda b: trained[b])
    vectors = initial.vectors.copy()
    vectors[0] *= phase
    return Ansatz(
        initial=vectors,
        bonds=tuple(pairs[b][0] for b in order),
        rights=tuple(pairs[b][1] for b in order),
        gates=np.array([gates[b] for b in order]).reshape(-1, 4, 4),
        frozen=trained.count(False),
    )
