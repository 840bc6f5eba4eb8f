"""Circuits with blocks between any two sites, for engines that take neighbours only."""

from collections.abc import Callable

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.geometry.routing import SWAP, flipped, routed
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.engine import OverlapEngine


class NeighbourCircuit:
    """A circuit with its blocks brought together by swaps, and the way back for derivatives.

    Attributes:
        ansatz: the same circuit with gates on neighbours only.
    """

    def __init__(self, ansatz: Ansatz) -> None:
        """Route the blocks of ``ansatz``; those of a chain stay as they are."""
        self.ansatz = on_neighbours(ansatz)
        self._num_blocks = ansatz.num_blocks
        self._route = None
        if ansatz.rights is not None:
            self._route = routed(ansatz.pairs, ansatz.num_qubits, one_gate=True)

    def gates(self, gates: ComplexArray) -> ComplexArray:
        """Its gates, for gates (num_blocks, 4, 4) of the circuit as it was given."""
        if self._route is None:
            return gates
        return np.array([gate.matrix(gates) for gate in self._route]).reshape(-1, 4, 4)

    def environments(self, found: ComplexArray) -> ComplexArray:
        """Derivatives (num_blocks, 4, 4) by the gates as given, from those by its own."""
        if self._route is None:
            return found
        environments = np.empty((self._num_blocks, 4, 4), dtype=complex)
        for gate, environment in zip(self._route, found, strict=True):
            for index, is_flipped in gate.gates:
                inner = SWAP @ environment if gate.is_swapped else environment
                environments[index] = flipped(inner) if is_flipped else inner
        return environments


class RoutedOverlap:
    """An engine for neighbours, given the same circuit with its blocks brought together by swaps.

    The swaps stay inside: values and derivatives are those of the circuit as it was given.

    Attributes:
        accuracy: that of the engine inside, after the last evaluation.
    """

    def __init__(self, ansatz: Ansatz, engine: Callable[[Ansatz], OverlapEngine]) -> None:
        """Build ``engine`` for the neighbour circuit of ``ansatz``."""
        self._circuit = NeighbourCircuit(ansatz)
        self._engine = engine(self._circuit.ansatz)
        self.accuracy = self._engine.accuracy

    def value(self, gates: ComplexArray) -> complex:
        """The overlap ``<target|V|0>`` for gates (num_blocks, 4, 4)."""
        value = self._engine.value(self._circuit.gates(gates))
        self.accuracy = self._engine.accuracy
        return value

    def value_and_environments(self, gates: ComplexArray) -> tuple[complex, ComplexArray]:
        """The overlap and its derivatives (num_blocks, 4, 4) by the entries of all gates."""
        overlap, found = self._engine.value_and_environments(self._circuit.gates(gates))
        self.accuracy = self._engine.accuracy
        return overlap, self._circuit.environments(found)


def on_neighbours(ansatz: Ansatz) -> Ansatz:
    """The same circuit with gates on neighbours only, at most one of its blocks in each."""
    if ansatz.rights is None:
        return ansatz
    route = routed(ansatz.pairs, ansatz.num_qubits, one_gate=True)
    return Ansatz(
        initial=ansatz.initial,
        bonds=tuple(gate.bond for gate in route),
        gates=np.array([gate.matrix(ansatz.gates) for gate in route]).reshape(-1, 4, 4),
    )
