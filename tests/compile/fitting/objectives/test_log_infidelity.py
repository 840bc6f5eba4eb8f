import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.overlap.exact import ExactOverlap
from tests.compile.dense import ansatz_state, random_ansatz, random_complex, random_mps
from tests.compile.states import mps_of

seeds = st.integers(0, 2**32 - 1)


def setup(seed, frozen=0, num_qubits=5, num_blocks=7):
    rng = np.random.default_rng(seed)
    ansatz = random_ansatz(rng, num_qubits, num_blocks, frozen)
    target = random_mps(rng, num_qubits, 4)
    cost = LogInfidelity(engine=ExactOverlap(ansatz, target), frozen=frozen)
    return rng, ansatz, target, cost


@given(seed=seeds)
def test_cost_and_infidelity_are_those_of_the_statevectors(seed):
    _, ansatz, target, cost = setup(seed)
    fidelity = abs(np.vdot(target.to_dense(), ansatz_state(ansatz))) ** 2
    found = cost(ansatz.gates)
    assert found.cost == pytest.approx(-np.log(fidelity), rel=1e-9)
    assert found.infidelity == pytest.approx(1.0 - fidelity, abs=1e-12)


@given(seed=seeds)
@settings(max_examples=25)
def test_gradient_equals_finite_differences_along_random_directions(seed):
    rng, ansatz, _, cost = setup(seed)
    here = cost(ansatz.gates)
    raw = random_complex(rng, ansatz.gates.shape)
    direction = (raw - raw.conj().swapaxes(1, 2)) / np.linalg.norm(raw)
    step = 1e-5
    up = cost(moved(ansatz.gates, step * direction)).cost
    down = cost(moved(ansatz.gates, -step * direction)).cost
    slope = np.vdot(here.gradient, direction).real
    assert slope == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-7)


def test_frozen_blocks_have_no_gradient():
    _, ansatz, _, cost = setup(3, frozen=4)
    gradient = cost(ansatz.gates).gradient
    assert not gradient[:4].any()
    assert np.all(np.linalg.norm(gradient[4:], axis=(1, 2)) > 0)


def test_densities_are_hermitian_and_tend_to_the_state_before_each_block():
    """At fidelity one they are density matrices: trace one, no negative eigenvalue."""
    rng = np.random.default_rng(4)
    ansatz = random_ansatz(rng, 5, 7)
    state = ansatz_state(ansatz)
    target = mps_of(state)
    densities = LogInfidelity(engine=ExactOverlap(ansatz, target))(ansatz.gates).densities
    np.testing.assert_allclose(densities, densities.conj().swapaxes(1, 2))
    np.testing.assert_allclose(np.trace(densities, axis1=1, axis2=2), 1.0, atol=1e-10)
    assert np.linalg.eigvalsh(densities).min() > -1e-10
