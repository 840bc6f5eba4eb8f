"""The contract that every optimiser keeps."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.blocks.families import BlocksName, structured
from qtools.compile.fitting.blocks.structure import FactoredObjective
from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.objectives.local import LocalCost
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.objectives.surrogate import surrogate
from qtools.compile.fitting.optimizers.adam import RiemannianAdam
from qtools.compile.fitting.optimizers.basin_hopping import BasinHopping
from qtools.compile.fitting.optimizers.choice import MEMORIES, OptimizerName, optimizer_called
from qtools.compile.fitting.optimizers.lbfgs import LBFGS
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.fitting.optimizers.polar_sweeps import PolarSweeps
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.target.evolve import evolve
from tests.compile.dense import random_complex, random_unitaries

OPTIMIZERS = {
    "lbfgs": LBFGS(),
    "sweeps": PolarSweeps(),
    "adam": RiemannianAdam(),
    "basin-hopping": BasinHopping(patience=8),
}
# Infidelity on the chain below after 60 steps; the best known is 3.5e-6.
REACHED = {"lbfgs": 2e-5, "sweeps": 6e-5, "adam": 6e-5, "basin-hopping": 4e-5}


@pytest.fixture(scope="module")
def chain():
    problem = EvolutionProblem(
        hamiltonian=heisenberg(8, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=8),
        time=1.2,
    )
    ansatz = trotter_ansatz(problem, 5)
    return ansatz, evolve(problem, tolerance=1e-8).mps


def exact(chain, frozen=0):
    return LogInfidelity(engine=ExactOverlap(*chain), frozen=frozen)


def run(optimizer, cost, gates, steps, state=None):
    states = [optimizer.start(cost, gates) if state is None else state]
    for _ in range(steps):
        states.append(optimizer.advance(cost, states[-1]))
    return states


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_cost_never_rises_and_blocks_stay_unitary(chain, name):
    states = run(OPTIMIZERS[name], exact(chain), chain[0].gates, 60)
    costs = [s.evaluation.cost for s in states]
    assert all(b <= a for a, b in itertools.pairwise(costs))
    products = np.matmul(states[-1].gates, states[-1].gates.conj().swapaxes(1, 2))
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(4), products.shape), atol=1e-12)
    assert [s.iteration for s in states] == list(range(61))
    evaluations = [s.evaluations for s in states]
    assert evaluations[0] == 1
    assert all(b > a for a, b in itertools.pairwise(evaluations))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_reaches_the_optimum_of_a_small_problem(chain, name):
    end = run(OPTIMIZERS[name], exact(chain), chain[0].gates, 60)[-1]
    assert end.evaluation.infidelity < REACHED[name]
    again = exact(chain)(end.gates)
    assert again.cost == pytest.approx(end.evaluation.cost, rel=1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_frozen_blocks_stay(chain, name):
    ansatz, target = chain
    cost = exact((replace(ansatz, frozen=6), target), frozen=6)
    end = run(OPTIMIZERS[name], cost, ansatz.gates, 30)[-1]
    np.testing.assert_array_equal(end.gates[:6], ansatz.gates[:6])
    assert end.evaluation.cost < cost(ansatz.gates).cost


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("stop", [0, 7, 25])
def test_goes_on_from_its_arrays_with_the_same_bits(chain, name, stop):
    optimizer, cost, ansatz = OPTIMIZERS[name], exact(chain), chain[0]
    undisturbed = run(optimizer, cost, ansatz.gates, 40)
    stopped = undisturbed[stop]
    memory = MEMORIES[stopped.memory.kind].from_arrays(stopped.memory.arrays())
    evaluation = Evaluation.from_arrays(stopped.evaluation.arrays())
    loaded = replace(stopped, memory=memory, evaluation=evaluation)
    resumed = run(optimizer, cost, ansatz.gates, 40 - stop, state=loaded)
    np.testing.assert_array_equal(resumed[-1].gates, undisturbed[-1].gates)
    assert resumed[-1].evaluations == undisturbed[-1].evaluations
    assert resumed[-1].iteration == undisturbed[-1].iteration


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_goes_on_under_another_cost(chain, name):
    """As from one stage of a fit to the next: the point is kept, the cost is the new one's."""
    optimizer, ansatz = OPTIMIZERS[name], chain[0]
    state = run(optimizer, exact(chain), ansatz.gates, 10)[-1]
    other = LogInfidelity(engine=TruncatedOverlap(*chain, max_angle=1e-5))
    carried = optimizer.carried(other, state)
    np.testing.assert_array_equal(carried.gates, state.gates)
    assert carried.evaluation.cost == other(state.gates).cost
    assert carried.iteration == state.iteration
    assert carried.evaluations == state.evaluations + 1
    end = run(optimizer, other, ansatz.gates, 20, state=carried)[-1]
    assert end.evaluation.cost < carried.evaluation.cost


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("kind", ["truncated", "local", "surrogate"])
def test_lowers_every_cost(chain, name, kind):
    ansatz, target = chain
    costs = {
        "truncated": lambda: LogInfidelity(engine=TruncatedOverlap(*chain, max_angle=1e-4)),
        "local": lambda: LocalCost(ansatz, target, max_angle=1e-4),
        "surrogate": lambda: surrogate(ansatz, ansatz.gates, lambda a: ExactOverlap(a, target)),
    }
    cost = costs[kind]()
    states = run(OPTIMIZERS[name], cost, ansatz.gates, 12)
    assert states[-1].evaluation.cost < states[0].evaluation.cost
    assert states[-1].evaluation.infidelity < 0.5 * states[0].evaluation.infidelity


@pytest.mark.parametrize("name", [n for n in OPTIMIZERS if n != "sweeps"])
def test_keeps_blocks_in_their_family(chain, name):
    ansatz, target = chain
    structure, point = structured(BlocksName.U1, ansatz)
    cost = FactoredObjective(inner=exact((ansatz, target)), structure=structure)
    end = run(OPTIMIZERS[name], cost, point, 20)[-1]
    charge = np.array([0, 1, 1, 2])
    assert not np.any(end.gates[:, charge[:, None] != charge[None, :]])
    assert end.evaluation.cost < cost(point).cost


@dataclass
class FlatThenHigh:
    """Cost zero where it is looked at first, and one everywhere else; no gradient."""

    looked: int = 0

    def __call__(self, gates):
        self.looked += 1
        return Evaluation(
            overlap=1.0 + 0j,
            cost=0.0 if self.looked == 1 else 1.0,
            gradient=np.zeros_like(gates),
            densities=np.broadcast_to(np.eye(4) / 4, gates.shape),
        )

    def tangent(self, directions):
        return directions


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_stalls_at_the_optimum_instead_of_looping(name):
    gates = random_unitaries(np.random.default_rng(3), 5)
    optimizer = replace(OPTIMIZERS[name], hops=2) if name == "basin-hopping" else OPTIMIZERS[name]
    cost = FlatThenHigh()
    state = optimizer.start(cost, gates)
    for _ in range(20):
        state = optimizer.advance(cost, state)
        if state.stalled:
            break
    assert state.stalled
    np.testing.assert_array_equal(state.gates, gates)


def test_hops_are_those_of_the_seed(chain):
    def after(seed):
        optimizer = BasinHopping(seed=seed, patience=3, least_gain=0.5, hops=3)
        return run(optimizer, exact(chain), chain[0].gates, 40)[-1]

    np.testing.assert_array_equal(after(1).gates, after(1).gates)
    assert after(1).memory.hops == 3
    assert np.any(after(1).memory.walker.gates != after(2).memory.walker.gates)


def test_every_name_has_an_optimizer_and_a_memory(chain):
    kinds = {
        optimizer_called(n).start(exact(chain), chain[0].gates).memory.kind for n in OptimizerName
    }
    assert kinds == set(MEMORIES) == set(OptimizerName)


def test_moves_are_unitary_and_exponential_to_second_order():
    from scipy.linalg import expm

    rng = np.random.default_rng(2)
    gates = random_unitaries(rng, 2)
    raw = random_complex(rng, (2, 4, 4))
    step = raw - raw.conj().swapaxes(1, 2)

    def error(scale):
        exact = np.stack([g @ expm(scale * x) for g, x in zip(gates, step, strict=True)])
        return np.linalg.norm(moved(gates, scale * step) - exact)

    assert np.log2(error(1e-2) / error(5e-3)) == pytest.approx(3.0, abs=0.1)
