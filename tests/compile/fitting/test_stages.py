"""When a stage of a fit is over, and that what a fit claims holds against the whole target."""

import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.fitting.stages import Stage
from qtools.compile.overlap.accuracy import EXACT, Accuracy
from qtools.compile.overlap.choice import Engine, Prediction
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.result import Outcome
from qtools.compile.target.evolve import evolve


@dataclass
class Cost:
    """A cost of which only the accuracy is looked at."""

    accuracy: Accuracy = field(default=EXACT)


def stage(accuracy, *, began_at=1e-2, cut_error=0.0):
    prediction = Prediction(engine=Engine.TRUNCATED, seconds=1.0, memory=1)
    return Stage(
        cost=Cost(accuracy), prediction=prediction, began_at=began_at, cut_error=cut_error, bond=4
    )


def evaluation(gradient_norm, infidelity=1e-2):
    gradient = np.zeros((1, 4, 4), dtype=complex)
    gradient[0, 0, 0] = 1j * gradient_norm
    return Evaluation(
        overlap=np.sqrt(1.0 - infidelity),
        cost=-np.log(1.0 - infidelity),
        gradient=gradient,
        densities=gradient,
    )


def test_a_gradient_below_its_error_is_drowned():
    noisy = stage(Accuracy(angle=1e-2, value=1e-4, gradient=1e-2))
    assert noisy.is_drowned(evaluation(5e-3), stalled=False)
    assert not noisy.is_drowned(evaluation(5e-2), stalled=False)
    assert noisy.is_drowned(evaluation(5e-2), stalled=True)
    assert not noisy.is_drowned(evaluation(5e-1), stalled=True)


def test_there_is_an_end_to_sharpening():
    sharp = stage(Accuracy(angle=1e-2, value=1e-4, gradient=1e-2), began_at=1e-4)
    assert not sharp.is_drowned(evaluation(1e-6), stalled=True)


def test_an_exact_stage_is_never_drowned_or_used_up():
    exact = stage(EXACT)
    assert exact.is_exact
    assert not exact.is_drowned(evaluation(0.0), stalled=True)
    assert not exact.is_used_up(1e-9)
    assert not stage(EXACT, cut_error=1e-5).is_exact


@pytest.fixture(scope="module")
def deep():
    problem = EvolutionProblem(
        hamiltonian=heisenberg(12, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=12),
        time=1.8,
    )
    return trotter_ansatz(problem, 7), evolve(problem, tolerance=1e-6).mps


@pytest.mark.parametrize("engine", [Engine.EXACT, Engine.TRUNCATED])
@pytest.mark.parametrize("goal", [0.995, 0.9995])
def test_a_goal_that_was_reached_holds_against_the_whole_target(deep, engine, goal):
    ansatz, target = deep
    rules = StopRules(fidelity=goal, max_iterations=200)
    start = 1.0 - abs(ExactOverlap(ansatz, target).value(ansatz.gates)) ** 2
    *_, last = fit(
        ansatz, target, rules, infidelity=start, began=time.perf_counter(), engine=engine
    )
    assert last.outcome is Outcome.FIDELITY_REACHED
    assert last.engine.startswith(str(engine))
    assert abs(ExactOverlap(ansatz, target).value(last.gates)) ** 2 >= goal - 1e-2 * (1.0 - goal)


def test_truncation_does_not_keep_a_fit_from_its_optimum(deep):
    ansatz, target = deep
    start = 1.0 - abs(ExactOverlap(ansatz, target).value(ansatz.gates)) ** 2
    reached = {}
    for engine in (Engine.EXACT, Engine.TRUNCATED):
        *_, last = fit(
            ansatz,
            target,
            StopRules(max_iterations=120),
            infidelity=start,
            began=time.perf_counter(),
            engine=engine,
        )
        reached[engine] = 1.0 - abs(ExactOverlap(ansatz, target).value(last.gates)) ** 2
    assert reached[Engine.TRUNCATED] < 1.2 * reached[Engine.EXACT]
