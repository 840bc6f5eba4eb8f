"""The problem that compile solves: evolve this state under this Hamiltonian for this time."""

import hashlib
import json
import math
from dataclasses import dataclass

import numpy as np

from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.errors import BadInputError

# The content id must survive the last digits of another machine's linear algebra.
_ID_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class EvolutionProblem:
    """Prepare ``exp(-i H t)|initial>`` (hbar = 1).

    Attributes:
        hamiltonian: H, on an open chain.
        initial: the state at time zero, on as many qubits.
        time: t, positive and finite; evolve backwards by negating H.
    """

    hamiltonian: ChainHamiltonian
    initial: InitialState
    time: float

    def __post_init__(self) -> None:
        if self.initial.num_qubits != self.hamiltonian.num_qubits:
            raise BadInputError(
                f"the initial state has {self.initial.num_qubits} qubits, but the Hamiltonian has "
                f"{self.hamiltonian.num_qubits}; they must be equal"
            )
        if isinstance(self.time, bool) or not isinstance(self.time, int | float | np.floating):
            raise BadInputError(f"expected a number for the evolution time, got {self.time!r}")
        if not (math.isfinite(self.time) and self.time > 0):
            raise BadInputError(
                f"expected an evolution time that is positive and finite, got {self.time}"
            )

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return self.hamiltonian.num_qubits

    def content_id(self) -> str:
        """A hash of the Hamiltonian, the initial state and the time (not of how to compile)."""
        hamiltonian = self.hamiltonian
        content = {
            "num_qubits": hamiltonian.num_qubits,
            "energy_shift": float(hamiltonian.energy_shift).hex(),
            "terms": [[t.label, t.sites, float(t.coefficient).hex()] for t in hamiltonian.terms],
            "time": float(self.time).hex(),
            "vectors": _digits(self.initial.vectors),
            "preparation": [[bond, _digits(matrix)] for bond, matrix in self.initial.preparation],
        }
        text = json.dumps(content, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digits(array: np.ndarray) -> list[float]:
    # Adding zero turns -0.0 into 0.0.
    rounded = np.round(np.asarray(array).ravel().view(float), _ID_DIGITS) + 0.0
    return [float(x) for x in rounded]
