"""Plain Trotter steps behind a compiled circuit, to reach times that no MPS can hold."""

import math
from dataclasses import dataclass

from qiskit import QuantumCircuit

from qtools.compile.ansatz import trotter_circuit
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.state_problem import Problem
from qtools.compile.settings import layers_of_steps
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.unitary import UnitaryProblem
from qtools.errors import BadInputError


@dataclass(frozen=True, kw_only=True)
class ThenTrotter:
    """How to go on from the compiled state.

    Attributes:
        until: the evolution time to reach.
        steps: second-order Trotter steps from the compiled time to there.
    """

    until: float
    steps: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.until) and self.until > 0):
            raise BadInputError(
                f"expected a positive finite time to go on to by Trotter, got {self.until}"
            )
        layers_of_steps(self.steps)

    def refuse_before(self, time: float) -> None:
        """Raise :class:`BadInputError` unless the time to reach lies behind ``time``."""
        if self.until <= time:
            raise BadInputError(
                f"expected a time behind {time:g} to go on to by Trotter, got {self.until:g}"
            )


def trotter_rest(problem: Problem, then: ThenTrotter, *, basis: tuple[str, ...]) -> QuantumCircuit:
    """The Trotter steps from the time of ``problem`` to that of ``then``, whatever they act on.

    Raises:
        BadInputError: for a problem that is no evolution, or a time that is over already.
    """
    if not isinstance(problem, EvolutionProblem):
        raise BadInputError("only an evolution can go on by Trotter steps")
    then.refuse_before(problem.time)
    remaining = UnitaryProblem(
        hamiltonian=problem.hamiltonian,
        time=then.until - float(problem.time),
        qubits=problem.qubits,
    )
    ansatz = trotter_circuit(remaining, then.steps)
    return synthesize(ansatz, basis=basis, qubits=remaining.qubits)
