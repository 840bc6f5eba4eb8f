"""Compile ``exp(-i H t)`` itself into a short circuit, whatever state it will act on.

An operator is a state in disguise: its Choi state has on every site a qubit and a reference, which
start as a Bell pair. The overlap of two Choi states is ``Tr(U^dagger V) / 2^n``, and its absolute
square the process fidelity. So the same target, engines and optimiser do the work::

    UnitaryProblem -> Target (evolve) -> Ansatz (trotter_ansatz) -> Fit (Sitting.fitted)
        -> QuantumCircuit (synthesize)
"""

from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit

from qtools.compile.ansatz import BELL_PAIR, trotter_ansatz, trotter_circuit
from qtools.compile.certify import certify
from qtools.compile.fitting.sitting import Sitting, silent
from qtools.compile.fitting.strategy import refuse_unfit
from qtools.compile.geometry.lattices import Pair
from qtools.compile.mps import MPS, ComplexArray, overlap
from qtools.compile.overlap.choice import choose, precise_overlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.result import HistoryEntry, Outcome
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.easing import in_family
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from qtools.compile.synthesis.one_qubit_gates import unitary_from_column
from qtools.compile.target.evolve import Target, evolve, trotter_state
from qtools.compile.target.integrators import STRANG
from qtools.compile.threads import single_threaded_blas
from qtools.console import Ticker
from qtools.errors import BadInputError


@dataclass(frozen=True, kw_only=True)
class BellPairs:
    """A Bell pair of qubit and reference on every site.

    Attributes:
        num_qubits: number of sites.
    """

    num_qubits: int

    @property
    def vectors(self) -> ComplexArray:
        """(num_qubits, 4), the qubit more significant."""
        return np.tile(BELL_PAIR, (self.num_qubits, 1))

    @property
    def blocks(self) -> tuple[tuple[Pair, ComplexArray], ...]:
        """Nothing acts before the evolution."""
        return ()


@dataclass(frozen=True, kw_only=True)
class UnitaryProblem:
    """Compile ``exp(-i H t)`` (hbar = 1).

    Attributes:
        hamiltonian: H, on the sites of a chain.
        time: t, positive and finite.
        qubits: the qubit on each site; None where site ``i`` is qubit ``i``.
        circuit_pairs: the pairs of sites on which the circuit has blocks; None for those that H
            couples.
    """

    hamiltonian: ChainHamiltonian
    time: float
    qubits: tuple[int, ...] | None = None
    circuit_pairs: tuple[Pair, ...] | None = None

    def __post_init__(self) -> None:
        # A state's evolution makes the same demands on the time.
        self.acting_on(InitialState.named("zero", num_qubits=self.num_qubits))

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return self.hamiltonian.num_qubits

    @property
    def initial(self) -> BellPairs:
        """What the Choi state starts from."""
        return BellPairs(num_qubits=self.num_qubits)

    def content_id(self) -> str:
        """A hash of the Hamiltonian and the time; no state has the same."""
        start = InitialState.named("zero", num_qubits=self.num_qubits)
        return f"u{self.acting_on(start).content_id()[1:]}"

    def acting_on(self, initial: InitialState) -> EvolutionProblem:
        """The evolution of one state."""
        return EvolutionProblem(
            hamiltonian=self.hamiltonian,
            initial=initial,
            time=self.time,
            qubits=self.qubits,
            circuit_pairs=self.circuit_pairs,
        )


@dataclass(frozen=True, kw_only=True)
class UnitaryBaseline:
    """The plain Trotter circuit that is no deeper than the compiled one.

    Attributes:
        steps: second-order Trotter steps.
        two_qubit_depth: of its circuit, in the same basis; at most the compiled circuit's, unless
            even one step is deeper.
        process_fidelity: to the target.
    """

    steps: int
    two_qubit_depth: int
    process_fidelity: float


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitaryResult:
    """A short circuit for an evolution, and how good it is.

    Attributes:
        problem: what was asked.
        settings: how.
        circuit: acts as the evolution, global phase included.
        process_fidelity: ``|Tr(U^dagger V)|^2 / 4^n`` to the target.
        target: the evolution's Choi state, and how far it may be from the true one.
        baseline: a plain Trotter circuit of at most the same depth.
        outcome: why the optimisation ended.
        history: one entry per iteration.
        engine: which engine contracted the overlaps at the end, and why.
        seconds: from problem to circuit.
    """

    problem: UnitaryProblem
    settings: CompileSettings
    circuit: QuantumCircuit
    process_fidelity: float
    target: Target
    baseline: UnitaryBaseline
    outcome: Outcome
    history: tuple[HistoryEntry, ...]
    engine: str
    seconds: float

    @property
    def cost(self) -> float:
        """``1 - |Tr(U^dagger V)|^2 / 4^n`` against the target."""
        return 1.0 - self.process_fidelity

    @property
    def process_fidelity_lower_bound(self) -> float:
        """Bound of the process fidelity to the true evolution, errors of the target included."""
        compiled = float(np.arccos(np.sqrt(min(1.0, self.process_fidelity))))
        return float(np.cos(min(np.pi / 2, compiled + self.target.angle)) ** 2)

    @property
    def average_gate_fidelity(self) -> float:
        """Fidelity of the outputs averaged over all input states, ``(d F + 1) / (d + 1)``."""
        process = self.process_fidelity
        return process + (1.0 - process) / (2.0 ** min(1000, self.problem.num_qubits) + 1.0)

    def state_fidelities(self, count: int = 3, *, seed: int = 0) -> tuple[float, ...]:
        """Fidelities on random product states, by another engine.

        The circuit acts on each state in quimb and is compared with the evolved state, made to a
        hundredth of the infidelity found.

        Args:
            count: number of states.
            seed: of the states.
        """
        rng = np.random.default_rng(seed)
        return tuple(self._state_fidelity(rng) for _ in range(count))

    def _state_fidelity(self, rng: np.random.Generator) -> float:
        raw = rng.normal(size=(self.problem.num_qubits, 2, 2)) @ [1.0, 1.0j]
        vectors = raw / np.linalg.norm(raw, axis=1)[:, None]
        problem = self.problem.acting_on(InitialState(vectors=vectors))
        tolerance = min(1e-4, max(1e-9, 0.01 * (1.0 - self.process_fidelity)))
        with single_threaded_blas():
            target = evolve(problem, tolerance=tolerance)
            prepared = QuantumCircuit(self.problem.num_qubits)
            for qubit, vector in zip(problem.order, vectors, strict=True):
                prepared.unitary(unitary_from_column(vector), [qubit])
            prepared.compose(self.circuit, inplace=True)
            return certify(
                prepared, target.mps, target_angle=target.angle, qubits=problem.qubits
            ).fidelity


def compile_unitary(
    problem: UnitaryProblem, settings: CompileSettings, *, on_progress: Ticker | None = None
) -> UnitaryResult:
    """Compile the evolution of ``problem`` into a circuit of ``settings.layers`` brick layers.

    Ctrl-C during the optimisation ends it and gives the best circuit so far.

    Args:
        problem: Hamiltonian and time.
        settings: as for a state; ``fidelity`` is the process fidelity.
        on_progress: is told what goes on.

    Raises:
        CapacityError: when the contraction would take more memory than allowed.
        BadInputError: when the settings do not fit a unitary.
    """
    if problem.hamiltonian.strings:
        term = problem.hamiltonian.strings[0]
        raise BadInputError(
            f"the term {term.label} acts on {len(term.sites)} qubits; a whole unitary is compiled "
            "for terms on one or two only, a state (qtools compile evolution) for any"
        )
    if settings.start not in ("auto", "trotter"):
        raise BadInputError(
            f"a unitary starts from Trotter blocks, got the start {settings.start!r}; use trotter"
        )
    tell = on_progress or silent
    memory = settings.max_memory
    with single_threaded_blas():
        sitting = Sitting(settings=settings, tell=tell)
        ansatz = trotter_ansatz(problem, settings.layers)
        choose(ansatz, MPS.product(ansatz.initial), max_memory=memory)
        refuse_unfit(settings, ansatz)
        sitting.tell("evolving the target")
        target = evolve(
            problem, tolerance=settings.tolerance, max_bond=settings.max_bond, max_memory=memory
        )
        ansatz = in_family(ansatz, target.mps, sitting)
        start = abs(precise_overlap(ansatz, target.mps, max_memory=memory)) ** 2
        ended = sitting.fitted(ansatz, target, 1.0 - start)
        compiled = ansatz.with_gates(ended.gates)
        overlap_found = precise_overlap(compiled, target.mps, max_memory=memory)
        sitting.tell("writing the circuit")
        phase = float(np.angle(overlap_found))
        circuit = synthesize(compiled, basis=settings.basis, phase=-phase, qubits=problem.qubits)
        seconds = sitting.seconds
        tell("comparing with plain Trotter")
        fidelity = min(1.0, abs(overlap_found) ** 2)
        baseline = _baseline(problem, target, settings, two_qubit_depth(circuit), 1.0 - fidelity)
    assert ended.outcome is not None
    return UnitaryResult(
        problem=problem,
        settings=settings,
        circuit=circuit,
        process_fidelity=fidelity,
        target=target,
        baseline=baseline,
        outcome=ended.outcome,
        history=ended.history,
        engine=ended.engine,
        seconds=seconds,
    )


def _baseline(
    problem: UnitaryProblem,
    target: Target,
    settings: CompileSettings,
    depth: int,
    infidelity: float,
) -> UnitaryBaseline:
    """The Trotter circuit of most steps that is no deeper than ``depth``."""

    plain = replace(problem, circuit_pairs=None)

    def depth_of(steps: int) -> int:
        ansatz = trotter_circuit(plain, steps)
        return two_qubit_depth(synthesize(ansatz, basis=settings.basis, qubits=plain.qubits))

    steps = 1
    while depth_of(steps + 1) <= depth:
        steps += 1
    angle = 0.1 * float(np.sqrt(max(infidelity, 1e-12)))
    state = trotter_state(plain, STRANG, steps, max_angle=angle).mps
    return UnitaryBaseline(
        steps=steps,
        two_qubit_depth=depth_of(steps),
        process_fidelity=abs(overlap(target.mps, state)) ** 2 / state.norm() ** 2,
    )
