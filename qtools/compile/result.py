"""What a compilation gives back."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from qtools.compile.ansatz import Ansatz
from qtools.compile.certify import Certificate
from qtools.compile.hardware import Hardware
from qtools.compile.settings import BLOCKS, CompileSettings
from qtools.compile.synthesis.circuit_metrics import two_qubit_count, two_qubit_depth
from qtools.compile.synthesis.circuit_parameters import parametrized
from qtools.compile.target.evolve import Target
from qtools.compile.target.observables import Physics

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qtools.compile.problem.state_problem import Problem


class Outcome(Enum):
    """Why the optimisation ended; the value is advice."""

    FIDELITY_REACHED = "the fidelity asked for was reached"
    EXACT_AS_TARGET = "the circuit is as exact as its target; a smaller tolerance may raise it"
    CONVERGED = "the fidelity no longer rises; more layers would raise it"
    ITERATION_LIMIT = "stopped at the iteration limit; allow more iterations to go on"
    TIME_LIMIT = "stopped at the time limit; allow more seconds to go on"
    INTERRUPTED = "interrupted; this is the best circuit so far"


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """The optimisation after one iteration.

    Attributes:
        iteration: number of steps taken.
        evaluations: values with gradient computed so far.
        seconds: since the problem was given.
        infidelity: to the target as far as it was resolved at that time.
        cost: what was minimised, under the schedule of that time.
        target_bond: largest bond of that target.
        engine: that contracted it.
    """

    iteration: int
    evaluations: int
    seconds: float
    infidelity: float
    cost: float
    target_bond: int
    engine: str


@dataclass(frozen=True, kw_only=True)
class DepthTrial:
    """A depth that was tried.

    Attributes:
        layers: brick layers.
        fidelity: that the fit reached.
        iterations: of the optimiser.
        outcome: why the fit ended, in the name of :class:`Outcome`.
        start: what it started from.
    """

    layers: int
    fidelity: float
    iterations: int
    outcome: str
    start: str


@dataclass(frozen=True, kw_only=True)
class TrotterPoint:
    """A plain Trotter circuit that was looked at.

    Attributes:
        steps: second-order steps.
        fidelity: to the target.
    """

    steps: int
    fidelity: float


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Plain second-order Trotter circuits for the same problem.

    Attributes:
        trotter_same_depth_fidelity: fidelity to the target of the circuit with as many layers.
        trotter_same_fidelity_two_qubit_depth: two-qubit depth at which Trotter reaches the fidelity
            of the compiled circuit; None when the search ended before.
        trotter_same_fidelity_steps: the number of Trotter steps of that circuit.
        trotter_same_fidelity_gates: how often that circuit has each native gate.
        trotter_points: all Trotter circuits that the search looked at, by number of steps.
    """

    trotter_same_depth_fidelity: float
    trotter_same_fidelity_two_qubit_depth: int | None
    trotter_same_fidelity_steps: int | None
    trotter_same_fidelity_gates: dict[str, int] | None
    trotter_points: tuple[TrotterPoint, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class CompilationResult:
    """A short circuit for a state, and how good it is.

    Attributes:
        problem: what was asked.
        settings: how.
        circuit: prepares the state from ``|0...0>``, global phase included.
        blocks: the same circuit as two-qubit blocks on pairs of sites.
        fidelity: ``|<target|circuit|0>|^2`` from the engine that optimised it.
        phase: ``arg <target|V|0>`` of the blocks, in radians; the circuit's global phase undoes it.
        target: the evolved state, and how far it may be from the true one.
        baseline: plain Trotter circuits, for comparison; None for a state that no evolution made.
        outcome: why the optimisation ended.
        history: one entry per iteration.
        evaluations: values with gradient that were computed.
        engine: which engine contracted the overlaps at the end, by predicted cost, and the cost of
            those not taken.
        seconds: from problem to circuit.
        certificate: the fidelity found by another engine, with its error bound; None when the
            compilation was asked not to make one.
        trials: the depths that were tried, when the depth was searched for.
        rest: what follows the compiled circuit: the part of a given circuit that was not replaced,
            or plain Trotter steps that go on from there; None for nothing.
        target_physics: what is measured of the target; None until it was measured.
        compiled_physics: the same of the compiled circuit's state, without the rest.
        hardware: the circuit on a device; None when none was named.
    """

    problem: "Problem"
    settings: CompileSettings
    circuit: "QuantumCircuit"
    blocks: Ansatz
    fidelity: float
    phase: float
    target: Target
    baseline: Baseline | None
    outcome: Outcome
    history: tuple[HistoryEntry, ...]
    evaluations: int
    engine: str
    seconds: float
    certificate: Certificate | None = None
    trials: tuple[DepthTrial, ...] = ()
    rest: "QuantumCircuit | None" = None
    target_physics: Physics | None = None
    compiled_physics: Physics | None = None
    hardware: Hardware | None = None

    @property
    def whole_circuit(self) -> "QuantumCircuit":
        """The compiled circuit, and behind it what follows where there is such."""
        return self.circuit if self.rest is None else self.circuit.compose(self.rest)

    def compiled_part(self, whole: "QuantumCircuit") -> "QuantumCircuit":
        """The first part of ``whole`` (:attr:`whole_circuit`, or its copy from a file)."""
        if self.rest is None:
            return whole
        part = whole.copy_empty_like()
        part.data = whole.data[: len(self.circuit.data)]
        part.global_phase = self.circuit.global_phase
        return part

    @property
    def fidelity_lower_bound(self) -> float:
        """Bound of the fidelity to the true state: compilation, Trotter and truncation errors.

        Without a certificate, the engine that optimised the circuit vouches for the fidelity.
        """
        if self.certificate is not None:
            return self.certificate.fidelity_lower_bound
        compiled = math.acos(math.sqrt(min(1.0, self.fidelity)))
        return math.cos(min(math.pi / 2, compiled + self.target.angle)) ** 2

    @property
    def ansatz(self) -> "QuantumCircuit":
        """The circuit with a free parameter for every angle.

        ``ansatz.assign_parameters(parameters)`` is the circuit.
        """
        return parametrized(self.circuit)[0]

    @property
    def parameters(self) -> tuple[float, ...]:
        """The angles of the circuit, radians, in the order of ``ansatz.parameters``."""
        return parametrized(self.circuit)[1]

    @property
    def num_parameters(self) -> int:
        """Real parameters of the blocks that were optimised, in their family."""
        moving = self.blocks.num_blocks - self.blocks.frozen
        return BLOCKS[self.settings.blocks] * moving

    @property
    def two_qubit_depth(self) -> int:
        """Longest path of the circuit, counting its two-qubit gates."""
        return two_qubit_depth(self.circuit)

    @property
    def two_qubit_gates(self) -> int:
        """Number of two-qubit gates of the circuit."""
        return two_qubit_count(self.circuit)

    def report(self) -> str:
        """A few lines for people: what was reached, at what depth, and what Trotter would need."""
        rows = {
            "qubits": f"{self.problem.num_qubits}",
            "brick layers": f"{self.settings.layers}",
            "fidelity": f"{self.fidelity:.6f}",
            "fidelity to the true state": f"at least {self.fidelity_lower_bound:.6f}",
            "two-qubit depth": f"{self.two_qubit_depth}",
            "two-qubit gates": f"{self.two_qubit_gates}",
            **_compared(self.baseline),
            "seconds": f"{self.seconds:.2f}",
            "outcome": self.outcome.value,
        }
        width = max(len(name) for name in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def _compared(baseline: Baseline | None) -> dict[str, str]:
    if baseline is None:
        return {}
    depth = baseline.trotter_same_fidelity_two_qubit_depth
    return {
        "Trotter at the same layers": f"fidelity {baseline.trotter_same_depth_fidelity:.6f}",
        "Trotter at the same fidelity": (
            "not reached" if depth is None else f"two-qubit depth {depth}"
        ),
    }
