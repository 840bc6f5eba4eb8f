"""Problems that name the state itself: one that a circuit makes, or a matrix product state."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.mps import MPS
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.target.evolve import Target

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

# The content id must survive the last digits of another machine's linear algebra.
_ID_DIGITS = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class CircuitProblem:
    """Prepare what the leading part of a circuit makes of |0...0>, then do the rest of it.

    Attributes:
        name: of the circuit, for people.
        leading: the part to replace, as neighbour blocks on a product state.
        target: the state that it makes, and the error of its truncation.
        original_depth: two-qubit depth of the leading part as it was given.
        original_gates: how often it had each gate.
        rest: what follows it unchanged; None when nothing does.
    """

    name: str
    leading: InitialState
    target: Target
    original_depth: int
    original_gates: dict[str, int]
    rest: "QuantumCircuit | None" = None

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return self.leading.num_qubits

    @property
    def qubits(self) -> None:
        """The qubit on each site; None because site ``i`` is qubit ``i``."""
        return None

    def content_id(self) -> str:
        """A hash of the leading blocks and of the rest."""
        digest = hashlib.sha256(b"circuit")
        digest.update(_digits(self.leading.vectors))
        for bond, matrix in self.leading.preparation:
            digest.update(f"{bond}".encode() + _digits(matrix))
        for instruction in [] if self.rest is None else self.rest.data:
            places = [self.rest.find_bit(qubit).index for qubit in instruction.qubits]  # type: ignore[union-attr]
            operation = instruction.operation
            digest.update(f"{operation.name}{operation.params}{places}".encode())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, eq=False)
class StateProblem:
    """Prepare a matrix product state.

    Attributes:
        name: of the state, for people.
        mps: normalised.
    """

    name: str
    mps: MPS

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return self.mps.num_sites

    @property
    def qubits(self) -> None:
        """The qubit on each site; None because site ``i`` is qubit ``i``."""
        return None

    def content_id(self) -> str:
        """A hash of the tensors."""
        digest = hashlib.sha256(b"mps")
        for tensor in self.mps.tensors:
            digest.update(f"{tensor.shape}".encode() + _digits(tensor))
        return digest.hexdigest()[:16]


Problem = EvolutionProblem | CircuitProblem | StateProblem


def _digits(array: np.ndarray) -> bytes:
    # Adding zero turns -0.0 into 0.0.
    return (np.round(np.ascontiguousarray(array).view(float), _ID_DIGITS) + 0.0).tobytes()
