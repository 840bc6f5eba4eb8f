"""What each kind of problem is fitted to, and what the fit starts from."""

from collections.abc import Sequence
from dataclasses import dataclass

from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.fitting.strategy import refuse_unfit
from qtools.compile.mps import MPS, compress
from qtools.compile.overlap.choice import choose, precise_overlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.state_problem import CircuitProblem, Problem, StateProblem
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.circuit_start import circuit_start
from qtools.compile.starts.disentangle import disentangled_ansatz
from qtools.compile.target.circuit_target import target_without_steps
from qtools.compile.target.evolve import Target, evolve

# Share of the tolerance that goes into cutting a given state.
_CUT_SHARE = 0.9


@dataclass(frozen=True, kw_only=True, eq=False)
class Begin:
    """Where a fit begins.

    Attributes:
        ansatz: the layout and its first gates.
        infidelity: to the target.
    """

    ansatz: Ansatz
    infidelity: float


def refuse_hopeless(problem: Problem, settings: CompileSettings) -> None:
    """Say before long work starts what cannot be done.

    Raises:
        CapacityError: when even a product state as target would not fit.
        BadInputError: when the strategy does not fit the circuit.
    """
    if isinstance(problem, EvolutionProblem):
        ansatz = trotter_ansatz(problem, settings.layers)
        refuse_unfit(settings, ansatz)
        choose(ansatz, MPS.product(ansatz.initial), max_memory=settings.max_memory)


def target_of(problem: Problem, sitting: Sitting) -> Target:
    """The state to fit to, from the checkpoint of an earlier sitting where there is one."""
    kept = None if sitting.checkpoints is None else sitting.checkpoints.load_target()
    if kept is not None:
        return kept
    settings = sitting.settings
    match problem:
        case EvolutionProblem():
            sitting.tell("evolving the target")
            return evolve(
                problem,
                tolerance=settings.tolerance,
                max_bond=settings.max_bond,
                max_memory=settings.max_memory,
            )
        case CircuitProblem():
            return problem.target
        case StateProblem():
            return _cut(problem.mps, settings)


def starting_ansatz(problem: Problem, layers: int, target: Target, sitting: Sitting) -> Ansatz:
    """``layers`` brick layers with gates that are somewhere near the target."""
    match problem:
        case EvolutionProblem():
            return trotter_ansatz(problem, layers)
        case CircuitProblem():
            return circuit_start(problem.leading, layers, sitting)
        case StateProblem():
            return disentangled_ansatz(target.mps, layers)


def better_start(candidates: Sequence[Ansatz], target: Target, settings: CompileSettings) -> Begin:
    """The candidate closest to the target."""
    begins = []
    for ansatz in candidates:
        overlap = precise_overlap(ansatz, target.mps, max_memory=settings.max_memory)
        begins.append(Begin(ansatz=ansatz, infidelity=max(0.0, 1.0 - abs(overlap) ** 2)))
    return min(begins, key=lambda begin: begin.infidelity)


def _cut(mps: MPS, settings: CompileSettings) -> Target:
    """A given state, cut to what the tolerance allows."""
    weight = _CUT_SHARE * settings.tolerance / max(1, mps.num_sites - 1)
    cut = compress(mps, max_weight=weight, max_bond=settings.max_bond)
    return target_without_steps(cut)
