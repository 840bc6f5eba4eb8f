import time
from dataclasses import replace

import numpy as np
import pytest

from qtools.compile.ansatz import BELL_PAIR, trotter_ansatz
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.fitting.objectives.choice import ObjectiveName, objective_at
from qtools.compile.fitting.optimizers.adam import RiemannianAdam
from qtools.compile.fitting.optimizers.basin_hopping import BasinHopping
from qtools.compile.fitting.optimizers.polar_sweeps import PolarSweeps
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.overlap.choice import Engine
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.result import Outcome
from qtools.compile.target.evolve import evolve
from qtools.errors import BadInputError


@pytest.fixture(scope="module")
def chain():
    problem = EvolutionProblem(
        hamiltonian=heisenberg(12, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=12),
        time=1.2,
    )
    ansatz = trotter_ansatz(problem, 5)
    target = evolve(problem, tolerance=1e-7).mps
    engine = ExactOverlap(ansatz, target)
    return ansatz, target, lambda gates: 1.0 - abs(engine.value(gates)) ** 2


def last(chain, rules, engine=Engine.AUTO, strategy=None):
    ansatz, target, infidelity = chain
    steps = fit(
        ansatz,
        target,
        rules,
        infidelity=infidelity(ansatz.gates),
        began=time.perf_counter(),
        engine=engine,
        strategy=strategy,
    )
    return list(steps)


def test_goes_on_until_the_fidelity_no_longer_rises(chain):
    steps = last(chain, StopRules())
    assert [step.outcome for step in steps[:-1]] == [None] * (len(steps) - 1)
    assert steps[-1].outcome is Outcome.CONVERGED
    assert chain[2](steps[-1].gates) < 2e-5


def test_the_target_grows_sharper_as_the_fit_gets_better(chain):
    history = last(chain, StopRules())[-1].history
    bonds = [entry.target_bond for entry in history]
    assert bonds == sorted(bonds)
    assert bonds[0] < bonds[-1] <= chain[1].max_bond
    assert [entry.iteration for entry in history] == list(range(1, len(history) + 1))


@pytest.mark.parametrize("engine", [Engine.EXACT, Engine.TRUNCATED])
@pytest.mark.parametrize("goal", [0.999, 0.9999, 0.99995])
def test_a_fidelity_counts_as_reached_against_the_whole_target_only(chain, goal, engine):
    steps = last(chain, StopRules(fidelity=goal), engine=engine)
    assert steps[-1].outcome is Outcome.FIDELITY_REACHED
    assert chain[2](steps[-1].gates) <= 1.0 - goal


def test_ends_when_the_circuit_is_exact():
    problem = EvolutionProblem(
        hamiltonian=heisenberg(4, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=4),
        time=1.2,
    )
    ansatz, target = trotter_ansatz(problem, 7), evolve(problem, tolerance=1e-9).mps
    for enough in (0.0, 1e-9):
        rules = StopRules(enough=enough)
        *_, end = fit(ansatz, target, rules, infidelity=1e-3, began=time.perf_counter())
        assert end.outcome in (Outcome.CONVERGED, Outcome.EXACT_AS_TARGET)
        assert end.state.evaluation.infidelity < 1e-8


def test_limits(chain):
    short = last(chain, StopRules(max_iterations=3))
    assert short[-1].outcome is Outcome.ITERATION_LIMIT
    assert len(short) == 3
    late = last(chain, StopRules(deadline=time.perf_counter() - 1.0))
    assert late[-1].outcome is Outcome.TIME_LIMIT
    assert len(late) == 1


def test_frozen_blocks_do_not_move(chain):
    ansatz, target, infidelity = chain
    held = replace(ansatz, frozen=6)
    began = time.perf_counter()
    rules = StopRules(max_iterations=20)
    *_, end = fit(held, target, rules, infidelity=infidelity(ansatz.gates), began=began)
    np.testing.assert_array_equal(end.gates[:6], ansatz.gates[:6])
    assert infidelity(end.gates) < infidelity(ansatz.gates)


OPTIMIZERS = [PolarSweeps(), RiemannianAdam(), BasinHopping(hops=2, patience=8)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_every_optimizer_reaches_a_fidelity(chain, optimizer):
    steps = last(chain, StopRules(fidelity=0.9998), strategy=Strategy(optimizer=optimizer))
    assert steps[-1].outcome is Outcome.FIDELITY_REACHED
    assert chain[2](steps[-1].gates) <= 2e-4


def test_basin_hopping_ends_after_its_hops(chain):
    hopping = BasinHopping(hops=2, patience=4, least_gain=0.3)
    end = last(chain, StopRules(), strategy=Strategy(optimizer=hopping))[-1]
    assert end.outcome is Outcome.CONVERGED
    assert end.state.memory.hops == 2


@pytest.mark.parametrize("objective", [ObjectiveName.LOCAL, ObjectiveName.SURROGATE])
def test_other_costs_lead_to_the_target_too(chain, objective):
    steps = last(chain, StopRules(fidelity=0.9995), strategy=Strategy(objective=objective))
    assert steps[-1].outcome is Outcome.FIDELITY_REACHED
    assert chain[2](steps[-1].gates) <= 5e-4


@pytest.fixture(scope="module")
def flat():
    """One bit of the start is wrong: the number of ones differs, and the fidelity is zero."""
    problem = EvolutionProblem(
        hamiltonian=heisenberg(8, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=8),
        time=1.2,
    )
    ansatz = trotter_ansatz(problem, 5)
    wrong = ansatz.initial.copy()
    wrong[3] = wrong[3][::-1]
    return replace(ansatz, initial=wrong), evolve(problem, tolerance=1e-7).mps


def flat_fit(flat, objective):
    strategy = Strategy(objective=objective)
    rules = StopRules(fidelity=0.999, max_iterations=200)
    began = time.perf_counter()
    return list(fit(*flat, rules, infidelity=1.0, began=began, strategy=strategy))


def test_where_the_fidelity_is_flat_the_surrogate_leads_and_the_fidelity_takes_over(flat):
    assert flat_fit(flat, ObjectiveName.GLOBAL)[-1].state.evaluation.infidelity > 0.999
    steps = flat_fit(flat, ObjectiveName.AUTO)
    assert steps[-1].outcome is Outcome.FIDELITY_REACHED
    objectives = [step.mark.objective for step in steps]
    assert objectives[0] is ObjectiveName.SURROGATE
    assert objectives[-1] is ObjectiveName.GLOBAL
    assert objectives == sorted(objectives, reverse=True)  # it changes once
    engine = ExactOverlap(*flat)
    assert abs(engine.value(steps[-1].gates)) ** 2 >= 0.999


def test_the_choice_of_the_cost():
    ansatz = trotter_ansatz(
        EvolutionProblem(
            hamiltonian=heisenberg(4),
            initial=InitialState.named("neel", num_qubits=4),
            time=0.1,
        ),
        3,
    )
    auto = ObjectiveName.AUTO
    assert objective_at(auto, ansatz, 0.95) is ObjectiveName.SURROGATE
    assert objective_at(auto, ansatz, 0.85) is ObjectiveName.GLOBAL
    operator = replace(ansatz, initial=np.tile(BELL_PAIR, (4, 1)))
    assert objective_at(auto, operator, 0.95) is ObjectiveName.GLOBAL
    assert objective_at(ObjectiveName.LOCAL, operator, 0.5) is ObjectiveName.LOCAL
    with pytest.raises(BadInputError, match="flips qubits of an initial state"):
        objective_at(ObjectiveName.SURROGATE, operator, 0.95)
