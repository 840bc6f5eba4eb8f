import time

import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.overlap.choice import Engine
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.result import Outcome
from qtools.compile.target.evolve import evolve


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


def last(chain, rules, engine=Engine.AUTO):
    ansatz, target, infidelity = chain
    began = time.perf_counter()
    steps = fit(
        ansatz, target, rules, infidelity=infidelity(ansatz.gates), began=began, engine=engine
    )
    return list(steps)


def test_goes_on_until_the_fidelity_no_longer_rises(chain):
    steps = last(chain, StopRules())
    assert [step.outcome for step in steps[:-1]] == [None] * (len(steps) - 1)
    assert steps[-1].outcome is Outcome.CONVERGED
    assert chain[2](steps[-1].state.gates) < 2e-5


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
    assert chain[2](steps[-1].state.gates) <= 1.0 - goal


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
    from dataclasses import replace

    ansatz, target, infidelity = chain
    held = replace(ansatz, frozen=6)
    began = time.perf_counter()
    rules = StopRules(max_iterations=20)
    *_, end = fit(held, target, rules, infidelity=infidelity(ansatz.gates), began=began)
    np.testing.assert_array_equal(end.state.gates[:6], ansatz.gates[:6])
    assert infidelity(end.state.gates) < infidelity(ansatz.gates)
