from dataclasses import replace

import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.compiler import compile_problem
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.overlap.choice import precise_overlap
from qtools.compile.overlap.layers import layers_of
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.problem.state_problem import StateProblem
from qtools.compile.settings import STARTS, CompileSettings
from qtools.compile.starts.choose import better_start, shaken, starting_ansatz
from qtools.compile.starts.continuation import depth_continued, shallowest, time_continued
from qtools.compile.starts.easing import eased_to_two_cx
from qtools.compile.target.circuit_target import target_without_steps
from qtools.compile.target.evolve import evolve
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, fidelity, random_mps


@pytest.fixture(scope="module")
def problem():
    return EvolutionProblem(
        hamiltonian=heisenberg(10, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=10),
        time=3.0,
    )


@pytest.fixture(scope="module")
def target(problem):
    return evolve(problem, tolerance=1e-6)


def infidelity(ansatz, target):
    return 1.0 - abs(precise_overlap(ansatz, target.mps, max_memory=2**31)) ** 2


def test_a_long_time_is_followed_where_trotter_is_far_off(problem):
    longer = replace(
        problem,
        hamiltonian=heisenberg(8, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=8),
        time=6.0,
    )
    target = evolve(longer, tolerance=1e-4)
    sitting = Sitting(settings=CompileSettings(layers=5))
    assert infidelity(trotter_ansatz(longer, 5), target) > 0.9
    assert infidelity(time_continued(longer, 5, sitting), target) < 0.6


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5, 6, 9])
def test_depth_grows_from_about_half(problem, target, layers):
    assert 1 <= shallowest(layers) <= max(1, layers // 2 + 2)
    assert (layers - shallowest(layers)) % 2 == 0
    if layers > 6:
        return
    sitting = Sitting(settings=CompileSettings(layers=layers))
    first = trotter_ansatz(problem, shallowest(layers))
    found = depth_continued(problem, layers, target.mps, sitting)
    assert len(layers_of(found.bonds)) == layers
    assert infidelity(found, target) <= infidelity(first, target) + 1e-9


@pytest.mark.parametrize("start", STARTS)
def test_every_start_compiles_an_evolution(problem, start):
    settings = CompileSettings(layers=3, start=start, max_iterations=20, tolerance=1e-4)
    result = compile_problem(problem, settings)
    state = ansatz_state(result.blocks)
    assert fidelity(result.target.mps.to_dense(), state) == pytest.approx(result.fidelity, abs=1e-9)
    assert result.fidelity > 0.15


@pytest.mark.parametrize("start", ["trotter", "time", "depth", "short-chain"])
def test_a_state_has_no_evolution_to_start_from(start):
    mps = random_mps(np.random.default_rng(0), 4, 2)
    sitting = Sitting(settings=CompileSettings(layers=3, start=start))
    with pytest.raises(BadInputError, match="needs a Hamiltonian and a time"):
        starting_ansatz(
            StateProblem(name="state", mps=mps), 3, target_without_steps_of(mps), sitting
        )


def target_without_steps_of(mps):
    from qtools.compile.mps import compress

    return target_without_steps(compress(mps))


def test_a_start_orthogonal_to_the_target_is_shaken(problem, target):
    trotter = trotter_ansatz(problem, 3)
    wrong = trotter.initial.copy()
    wrong[4] = wrong[4][::-1]
    orthogonal = replace(trotter, initial=wrong)
    settings = CompileSettings(layers=3, seed=7)
    begin = better_start([orthogonal], target, settings)
    assert infidelity(orthogonal, target) == pytest.approx(1.0, abs=1e-12)
    assert begin.infidelity < 1.0 - 1e-6
    np.testing.assert_array_equal(begin.ansatz.gates, shaken(orthogonal, 7).gates)
    change = np.abs(begin.ansatz.gates - orthogonal.gates).max()
    assert 0.0 < change < 0.2
    assert better_start([trotter], target, settings).ansatz is trotter


def test_a_shaken_circuit_keeps_its_frozen_blocks(problem):
    held = replace(trotter_ansatz(problem, 3), frozen=4)
    np.testing.assert_array_equal(shaken(held, 1).gates[:4], held.gates[:4])


def test_easing_into_two_cx_blocks_is_better_than_cutting(problem):
    from qtools.compile.fitting.blocks.families import BlocksName, structured
    from qtools.compile.fitting.strategy import Strategy
    from qtools.compile.starts.following import roughly_fitted

    shorter = replace(problem, time=1.2)
    target = evolve(shorter, tolerance=1e-6).mps
    sitting = Sitting(settings=CompileSettings(layers=5, blocks="two-cx"))
    start = trotter_ansatz(shorter, 5)

    def fitted(ansatz, iterations):
        found = roughly_fitted(ansatz, target, sitting, iterations=iterations)
        structure, point = structured(BlocksName.TWO_CX, found)
        np.testing.assert_allclose(structure.composed(point), found.gates, atol=1e-9)
        return 1.0 - abs(precise_overlap(found, target, max_memory=2**31)) ** 2

    assert Strategy.of(sitting.settings).blocks is BlocksName.TWO_CX
    assert fitted(eased_to_two_cx(start, target, sitting), 60) < 0.7 * fitted(start, 135)
