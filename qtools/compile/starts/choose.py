"""What each kind of problem is fitted to, and what the fit starts from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.fitting.strategy import refuse_unfit
from qtools.compile.mps import MPS, ComplexArray, compress
from qtools.compile.overlap.choice import choose, precise_overlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.state_problem import CircuitProblem, Problem, StateProblem
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.circuit_start import circuit_start
from qtools.compile.starts.continuation import depth_continued, time_continued
from qtools.compile.starts.disentangle import disentangled_ansatz
from qtools.compile.starts.easing import in_family
from qtools.compile.starts.following import roughly_fitted
from qtools.compile.starts.short_chain import shortening_for, transferred
from qtools.compile.starts.staircase import staircase_ansatz
from qtools.compile.target.circuit_target import target_without_steps
from qtools.compile.target.evolve import Target, evolve
from qtools.errors import BadInputError

_NEEDS_EVOLUTION = (
    "the start {!r} needs a Hamiltonian and a time; use auto, staircase or disentangle"
)

# Below this fidelity a start is orthogonal to the target; the angle by which it is shaken then.
_NO_FIDELITY = 1e-20
_SHAKE = 0.02
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
        if settings.start == "short-chain":
            shortening_for(problem, settings.layers)
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
    """``layers`` brick layers, or staircases, with gates that are somewhere near the target.

    Raises:
        BadInputError: when the start asked for needs another kind of problem.
    """
    return in_family(_start(problem, layers, target, sitting), target.mps, sitting)


def _start(problem: Problem, layers: int, target: Target, sitting: Sitting) -> Ansatz:
    start = sitting.settings.start
    if start == "disentangle":
        return disentangled_ansatz(target.mps, layers)
    if start == "staircase":
        return staircase_ansatz(
            target.mps, layers, refine=lambda a: roughly_fitted(a, target.mps, sitting)
        )
    if start != "auto" and not isinstance(problem, EvolutionProblem):
        raise BadInputError(_NEEDS_EVOLUTION.format(start))
    match problem:
        case EvolutionProblem() if start == "auto" and _needs_following(problem):
            return time_continued(problem, layers, sitting)
        case EvolutionProblem():
            return _evolution_start(problem, layers, target, sitting)
        case CircuitProblem():
            return circuit_start(problem.leading, layers, sitting)
        case StateProblem():
            return disentangled_ansatz(target.mps, layers)


def _evolution_start(
    problem: EvolutionProblem, layers: int, target: Target, sitting: Sitting
) -> Ansatz:
    match sitting.settings.start:
        case "time":
            return time_continued(problem, layers, sitting)
        case "depth":
            return depth_continued(problem, layers, target.mps, sitting)
        case "short-chain":
            return transferred(problem, layers, sitting)
    return trotter_ansatz(problem, layers)


def must_be_followed(problem: Problem) -> bool:
    """Whether the usual start follows a path of states, which takes about as long as a fit."""
    if isinstance(problem, EvolutionProblem):
        return _needs_following(problem)
    return isinstance(problem, CircuitProblem)


def _needs_following(problem: EvolutionProblem) -> bool:
    """Whether there are terms that have no place in two-qubit blocks.

    No Trotter circuit of few layers is near the target then. The states within a Trotter circuit
    are not near each other; those of shorter times are.
    """
    return bool(problem.hamiltonian.strings) and problem.circuit_pairs is None


def shaken(ansatz: Ansatz, seed: int) -> Ansatz:
    """The circuit with every block that moves turned a little, in a random direction.

    A circuit that conserves what keeps it orthogonal to the target has no gradient of the fidelity,
    however it is put.
    """
    rng = np.random.default_rng(seed)
    raw: ComplexArray = rng.normal(size=(*ansatz.gates.shape, 2)) @ np.array([1.0, 1.0j])
    turn = 0.5 * _SHAKE * (raw - raw.conj().swapaxes(1, 2))
    turn[: ansatz.frozen] = 0.0
    return ansatz.with_gates(moved(ansatz.gates, turn))


def better_start(candidates: Sequence[Ansatz], target: Target, settings: CompileSettings) -> Begin:
    """The candidate closest to the target, shaken where a symmetry keeps it from coming closer."""
    begins = []
    for candidate in candidates:
        ansatz = candidate
        overlap = precise_overlap(ansatz, target.mps, max_memory=settings.max_memory)
        if abs(overlap) ** 2 < _NO_FIDELITY and settings.blocks in ("auto", "general"):
            ansatz = shaken(ansatz, settings.seed)
            overlap = precise_overlap(ansatz, target.mps, max_memory=settings.max_memory)
        begins.append(Begin(ansatz=ansatz, infidelity=max(0.0, 1.0 - abs(overlap) ** 2)))
    return min(begins, key=lambda begin: begin.infidelity)


def _cut(mps: MPS, settings: CompileSettings) -> Target:
    """A given state, cut to what the tolerance allows."""
    weight = _CUT_SHARE * settings.tolerance / max(1, mps.num_sites - 1)
    cut = compress(mps, max_weight=weight, max_bond=settings.max_bond)
    return target_without_steps(cut)
