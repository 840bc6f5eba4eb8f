import itertools

import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting import lbfgs as optimize
from qtools.compile.fitting.objective import LogInfidelity
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.target.evolve import evolve
from tests.compile.dense import random_complex, random_unitaries


@pytest.fixture(scope="module")
def chain():
    problem = EvolutionProblem(
        hamiltonian=heisenberg(10, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=10),
        time=1.2,
    )
    ansatz = trotter_ansatz(problem, 5)
    target = evolve(problem, tolerance=1e-8)
    return ansatz, LogInfidelity(engine=ExactOverlap(ansatz, target.mps))


def run(cost, gates, iterations):
    states = [optimize.start(cost, gates)]
    for _ in range(iterations):
        states.append(optimize.advance(cost, states[-1]))
    return states


def test_cost_never_rises_and_gates_stay_unitary(chain):
    ansatz, cost = chain
    states = run(cost, ansatz.gates, 40)
    costs = [s.evaluation.cost for s in states]
    assert all(b <= a for a, b in itertools.pairwise(costs))
    products = np.matmul(states[-1].gates, states[-1].gates.conj().swapaxes(1, 2))
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(4), products.shape), atol=1e-12)
    assert [s.iteration for s in states] == list(range(41))


def test_reaches_what_the_literature_reports_and_more(chain):
    """10 sites, t = 1.2, 5 layers: plain L-BFGS reaches 0.99995 in 20 and 0.99999 in 100."""
    ansatz, cost = chain
    states = run(cost, ansatz.gates, 100)
    assert states[0].evaluation.infidelity == pytest.approx(3.16e-3, rel=0.01)
    assert states[20].evaluation.infidelity < 5e-5
    assert states[100].evaluation.infidelity < 1e-5


def test_the_preconditioner_inverts_the_curvature_model():
    """Against its definition: X rho + rho X, with the floor added to each sum of populations."""
    rng = np.random.default_rng(1)
    half = random_complex(rng, (3, 4, 4))
    densities = np.matmul(half, half.conj().swapaxes(1, 2))
    densities /= np.trace(densities, axis1=1, axis2=2)[:, None, None]
    direction = random_complex(rng, (3, 4, 4))
    solved = optimize._preconditioner(densities)(direction)
    back = densities @ solved + solved @ densities + optimize._POPULATION_FLOOR * solved
    np.testing.assert_allclose(back, direction, atol=1e-12)


def test_moves_are_unitary_and_exponential_to_second_order():
    from scipy.linalg import expm

    rng = np.random.default_rng(2)
    gates = random_unitaries(rng, 2)
    raw = random_complex(rng, (2, 4, 4))
    step = raw - raw.conj().swapaxes(1, 2)

    def error(scale):
        exact = np.stack([g @ expm(scale * x) for g, x in zip(gates, step, strict=True)])
        return np.linalg.norm(optimize.moved(gates, scale * step) - exact)

    assert np.log2(error(1e-2) / error(5e-3)) == pytest.approx(3.0, abs=0.1)


def test_same_start_same_path(chain):
    ansatz, cost = chain
    first, second = run(cost, ansatz.gates, 15)[-1], run(cost, ansatz.gates, 15)[-1]
    np.testing.assert_array_equal(first.gates, second.gates)


def test_stalls_at_the_optimum_instead_of_looping(chain):
    ansatz, _ = chain
    gates = random_unitaries(np.random.default_rng(3), ansatz.num_blocks)
    flat = optimize.Evaluation(
        overlap=1.0 + 0j,
        cost=0.0,
        gradient=np.zeros_like(gates),
        densities=np.broadcast_to(np.eye(4) / 4, gates.shape),
    )
    climbing = iter(range(1000))

    def cost(_):
        return flat if next(climbing) == 0 else replace_cost(flat, 1.0)

    state = optimize.advance(cost, optimize.start(cost, gates))
    assert state.stalled
    np.testing.assert_array_equal(state.gates, gates)


def replace_cost(evaluation, value):
    from dataclasses import replace

    return replace(evaluation, cost=value)
