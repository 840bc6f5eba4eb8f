import time

import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.evolve import evolve
from qtools.compile.fit import StopRules, fit
from qtools.compile.initial_state import InitialState
from qtools.compile.models import heisenberg
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem import EvolutionProblem
from qtools.compile.result import Outcome


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


def last(chain, rules):
    ansatz, target, infidelity = chain
    began = time.perf_counter()
    steps = fit(ansatz, target, rules, infidelity=infidelity(ansatz.gates), began=began)
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


def test_a_fidelity_counts_as_reached_against_the_whole_target_only(chain):
    steps = last(chain, StopRules(fidelity=0.9999))
    assert steps[-1].outcome is Outcome.FIDELITY_REACHED
    assert chain[2](steps[-1].state.gates) <= 1e-4
    assert steps[-1].history[-1].target_bond == chain[1].max_bond


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
