import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.layers import layers_of
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.target.evolve import evolve
from tests.compile.dense import (
    ansatz_state,
    random_ansatz,
    random_complex,
    random_mps,
    random_unitaries,
)

seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, num_qubits=st.integers(2, 8), num_blocks=st.integers(1, 24))
def test_without_truncation_equal_to_the_statevector(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz, target = random_ansatz(rng, num_qubits, num_blocks), random_mps(rng, num_qubits, 4)
    engine = TruncatedOverlap(ansatz, target, max_angle=0.0)
    overlap, environments = engine.value_and_environments(ansatz.gates)
    expected = np.vdot(target.to_dense(), ansatz_state(ansatz))
    assert overlap == pytest.approx(expected, abs=1e-9)
    block, change = int(rng.integers(num_blocks)), random_complex(rng, (4, 4))
    gates = ansatz.gates.copy()
    gates[block] += change
    difference = np.vdot(target.to_dense(), ansatz_state(ansatz, gates)) - expected
    assert np.sum(environments[block] * change) == pytest.approx(difference, abs=1e-7)


@pytest.fixture(scope="module")
def long_chain():
    n = 24
    problem = EvolutionProblem(
        hamiltonian=heisenberg(n, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=n),
        time=1.2,
    )
    return trotter_ansatz(problem, 5), evolve(problem, tolerance=1e-7).mps


def test_the_two_engines_agree_when_nothing_is_truncated(long_chain):
    ansatz, target = long_chain
    exact = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    truncated = TruncatedOverlap(ansatz, target, max_angle=0.0)
    value, environments = truncated.value_and_environments(ansatz.gates)
    assert value == pytest.approx(exact[0], abs=1e-9)
    np.testing.assert_allclose(environments, exact[1], atol=1e-7)
    assert truncated.value(ansatz.gates) == pytest.approx(exact[0], abs=1e-9)


def moved(gates, size):
    """``gates`` with each block turned by about ``size`` radians in a random direction."""
    step = random_complex(np.random.default_rng(5), gates.shape)
    step -= step.conj().swapaxes(1, 2)
    step *= size / np.linalg.norm(step, axis=(1, 2))[:, None, None]
    return np.matmul(gates, np.linalg.solve(np.eye(4) - step / 2, np.eye(4) + step / 2))


@pytest.mark.parametrize("size", [0.0, 0.01, 0.05])
@pytest.mark.parametrize("max_angle", [1e-1, 3e-2, 1e-2])
def test_errors_stay_within_their_estimates(long_chain, max_angle, size):
    """At the gates of the reference, and at others that it guides."""
    ansatz, target = long_chain
    gates = moved(ansatz.gates, size)
    exact, derivatives = ExactOverlap(ansatz, target).value_and_environments(gates)
    engine = TruncatedOverlap(ansatz, target, max_angle=max_angle)
    found = engine.value(gates)
    assert abs(found - exact) <= engine.accuracy.value
    assert engine.accuracy.angle <= max_angle * (1.0 if size == 0.0 else 1.5)
    found, environments = engine.value_and_environments(gates)
    accuracy = engine.accuracy
    assert abs(found - exact) <= accuracy.value
    error = np.linalg.norm(environments - derivatives)
    assert error <= accuracy.gradient <= 100 * error
    assert not accuracy.outgrown


def test_gates_far_from_the_reference_are_evaluated_as_well_as_it(long_chain):
    ansatz, target = long_chain
    rng = np.random.default_rng(6)
    far = moved(ansatz.gates, 0.05)
    far[: len(far) // 2] = random_unitaries(rng, len(far) // 2)
    exact, derivatives = ExactOverlap(ansatz, target).value_and_environments(far)
    engine = TruncatedOverlap(ansatz, target, max_angle=1e-3)
    found, environments = engine.value_and_environments(far)
    assert engine.accuracy.outgrown
    assert found == pytest.approx(exact, abs=1e-6)
    np.testing.assert_allclose(environments, derivatives, atol=1e-4)


def test_an_evaluation_depends_on_nothing_before_it(long_chain):
    ansatz, target = long_chain
    gates = moved(ansatz.gates, 0.02)
    used = TruncatedOverlap(ansatz, target, max_angle=1e-2)
    used.value_and_environments(moved(ansatz.gates, 0.1))
    fresh = TruncatedOverlap(ansatz, target, max_angle=1e-2)
    results = [engine.value_and_environments(gates) for engine in (used, fresh)]
    assert results[0][0] == results[1][0]
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_a_sweep_sees_every_block_twice_with_its_environment(long_chain):
    ansatz, target = long_chain
    engine = TruncatedOverlap(ansatz, target, max_angle=1e-3)
    _, expected = engine.value_and_environments(ansatz.gates)
    seen = []

    def keep(block, environment):
        seen.append(block)
        np.testing.assert_allclose(environment, expected[block], atol=1e-3)
        return ansatz.gates[block]

    engine.swept(ansatz.gates, keep)
    assert sorted(seen) == sorted([*range(ansatz.num_blocks)] * 2)


def test_a_sweep_brings_the_circuit_closer(long_chain):
    ansatz, target = long_chain
    engine = TruncatedOverlap(ansatz, target, max_angle=1e-2)
    swept = LogInfidelity(engine=engine, frozen=3).swept(ansatz.gates)
    exact = ExactOverlap(ansatz, target)
    before, after = (1.0 - abs(exact.value(gates)) ** 2 for gates in (ansatz.gates, swept))
    assert after < 0.2 * before
    np.testing.assert_array_equal(swept[:3], ansatz.gates[:3])
    np.testing.assert_allclose(
        swept @ swept.conj().swapaxes(1, 2), np.broadcast_to(np.eye(4), swept.shape), atol=1e-12
    )


def test_gradients_get_better_with_the_allowed_angle(long_chain):
    ansatz, target = long_chain
    exact = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)[1]
    errors = []
    for max_angle in (1e-1, 1e-2, 1e-3):
        engine = TruncatedOverlap(ansatz, target, max_angle=max_angle)
        found = engine.value_and_environments(ansatz.gates)[1]
        errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-3


class TestLayers:
    def test_brickwork(self):
        layers = layers_of([0, 2, 1, 3, 0, 2])
        assert [layer.sites.tolist() for layer in layers] == [[0, 2], [1, 3], [0, 2]]
        assert [layer.blocks.tolist() for layer in layers] == [[0, 1], [2, 3], [4, 5]]

    @given(bonds=st.lists(st.integers(0, 8), max_size=30))
    def test_every_block_once_in_an_order_that_keeps_the_circuit(self, bonds):
        layers = layers_of(bonds)
        seen = [int(block) for layer in layers for block in layer.blocks]
        assert sorted(seen) == list(range(len(bonds)))
        for layer in layers:
            sites = layer.sites
            assert np.all(np.diff(sites) >= 2)
            assert [bonds[b] for b in layer.blocks] == sites.tolist()
        position = {block: k for k, block in enumerate(seen)}
        for late in range(len(bonds)):
            for early in range(late):
                if abs(bonds[late] - bonds[early]) <= 1:
                    assert position[early] < position[late]
