from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.ansatz import BELL_PAIR
from qtools.compile.fitting.objectives.local import LocalCost, applied, mean_projector
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.mps import MPS
from tests.compile.dense import (
    ansatz_matrix,
    ansatz_state,
    fidelity,
    random_ansatz,
    random_complex,
    random_graph_ansatz,
    random_mps,
)

seeds = st.integers(0, 2**32 - 1)


def setup(seed, frozen=0, num_qubits=5, num_blocks=7):
    rng = np.random.default_rng(seed)
    ansatz = random_ansatz(rng, num_qubits, num_blocks, frozen)
    return rng, ansatz, random_mps(rng, num_qubits, 4)


def dense_local_cost(ansatz, target):
    """``1 - (1/n) sum_j <psi|P_j|psi>`` with ``psi = V^dagger target``, by statevectors."""
    psi = ansatz_matrix(ansatz).conj().T @ target.to_dense()
    n = ansatz.num_qubits
    total = 0.0
    for j, vector in enumerate(ansatz.initial):
        # Axis k of the reshaped state is qubit n - 1 - k.
        kept = np.tensordot(vector.conj(), psi.reshape((2,) * n), axes=(0, n - 1 - j))
        total += np.linalg.norm(kept) ** 2
    return 1.0 - total / n


@given(seed=seeds, num_qubits=st.integers(2, 6))
def test_the_operator_is_the_mean_of_the_projectors(seed, num_qubits):
    rng = np.random.default_rng(seed)
    vectors = random_complex(rng, (num_qubits, 2))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    state = random_mps(rng, num_qubits, 3)
    found = applied(mean_projector(vectors), state).to_dense()
    expected = np.zeros_like(found)
    for j, vector in enumerate(vectors):
        axes = state.to_dense().reshape((2,) * num_qubits)
        kept = np.tensordot(np.outer(vector, vector.conj()), axes, axes=(1, num_qubits - 1 - j))
        expected += np.moveaxis(kept, 0, num_qubits - 1 - j).reshape(-1) / num_qubits
    np.testing.assert_allclose(found, expected, atol=1e-12)


@given(seed=seeds)
@settings(max_examples=30)
def test_cost_and_infidelity_are_those_of_the_statevectors(seed):
    _, ansatz, target = setup(seed)
    found = LocalCost(ansatz, target, max_angle=0.0)(ansatz.gates)
    assert found.cost == pytest.approx(dense_local_cost(ansatz, target), abs=1e-9)
    F = fidelity(target.to_dense(), ansatz_state(ansatz))
    assert found.infidelity == pytest.approx(1.0 - F, abs=1e-9)
    assert found.cost <= found.infidelity + 1e-9
    assert found.infidelity <= ansatz.num_qubits * found.cost + 1e-9


@given(seed=seeds)
@settings(max_examples=15)
def test_gradient_equals_finite_differences_along_random_directions(seed):
    rng, ansatz, target = setup(seed)
    cost = LocalCost(ansatz, target, max_angle=0.0)
    raw = random_complex(rng, ansatz.gates.shape)
    direction = (raw - raw.conj().swapaxes(1, 2)) / np.linalg.norm(raw)
    step = 1e-5
    up, down = (
        dense_local_cost(ansatz.with_gates(moved(ansatz.gates, sign * step * direction)), target)
        for sign in (1, -1)
    )
    slope = np.vdot(cost(ansatz.gates).gradient, direction).real
    assert slope == pytest.approx((up - down) / (2 * step), rel=1e-4, abs=1e-8)


def test_densities_are_hermitian_of_trace_one():
    _, ansatz, target = setup(4)
    densities = LocalCost(ansatz, target, max_angle=0.0)(ansatz.gates).densities
    np.testing.assert_allclose(densities, densities.conj().swapaxes(1, 2))
    np.testing.assert_allclose(np.trace(densities, axis1=1, axis2=2), 1.0, atol=1e-9)


def test_for_a_unitary_it_is_the_local_hilbert_schmidt_test():
    """Arithmetic on matrices: P_j projects pair j on a Bell pair, all others traced out."""
    rng, ansatz, _ = setup(6, num_qubits=3)
    operator = replace(ansatz, initial=np.tile(BELL_PAIR, (3, 1)))
    other = random_ansatz(rng, 3, 5)
    target = choi(ansatz_matrix(other))
    W = ansatz_matrix(operator).conj().T @ ansatz_matrix(other)
    total = 0.0
    for j in range(3):
        # Tr_j of W on its site, as a matrix on the other sites; its squared norm is the weight.
        axes = W.reshape((2,) * 6)
        partial = np.trace(axes, axis1=2 - j, axis2=5 - j)
        total += np.linalg.norm(partial) ** 2 / 2 / 8
    found = LocalCost(operator, target, max_angle=0.0)(operator.gates)
    assert found.cost == pytest.approx(1.0 - total / 3, abs=1e-9)


def choi(matrix):
    """The Choi state of a (8, 8) matrix as an MPS of sites (qubit, reference)."""
    state = matrix.reshape((2,) * 6) / np.sqrt(8.0)
    # Axes (out 2, out 1, out 0, in 2, in 1, in 0) to (out 0, in 0, out 1, in 1, out 2, in 2).
    rest = state.transpose(2, 5, 1, 4, 0, 3).reshape(1, -1)
    tensors = []
    for _ in range(2):
        u, s, v = np.linalg.svd(rest.reshape(rest.shape[0] * 4, -1), full_matrices=False)
        tensors.append(u.reshape(rest.shape[0], 4, -1))
        rest = s[:, None] * v
    tensors.append(rest.reshape(-1, 4, 1))
    return MPS(tensors=tuple(tensors))


def test_frozen_blocks_have_no_gradient():
    _, ansatz, target = setup(3, frozen=4)
    gradient = LocalCost(ansatz, target, max_angle=0.0)(ansatz.gates).gradient
    assert not gradient[:4].any()
    assert gradient[4:].any()


def test_cutting_is_estimated():
    """The estimated angle is of the size of the error it stands for."""
    _, ansatz, target = setup(7, num_qubits=8, num_blocks=30)
    sharp = LocalCost(ansatz, target, max_angle=0.0)(ansatz.gates)
    coarse = LocalCost(ansatz, target, max_angle=0.1)
    found = coarse(ansatz.gates)
    assert 0.0 < coarse.accuracy.angle < 0.2
    assert abs(found.cost - sharp.cost) < 4 * coarse.accuracy.angle


@given(seed=seeds)
@settings(max_examples=15)
def test_blocks_on_any_pairs_of_sites(seed):
    """Cost, infidelity and gradient against statevectors of the circuit as it was given."""
    rng = np.random.default_rng(seed)
    ansatz, target = random_graph_ansatz(rng, 5, 7), random_mps(rng, 5, 4)
    cost = LocalCost(ansatz, target, max_angle=0.0)
    found = cost(ansatz.gates)
    assert found.cost == pytest.approx(dense_local_cost(ansatz, target), abs=1e-9)
    F = fidelity(target.to_dense(), ansatz_state(ansatz))
    assert found.infidelity == pytest.approx(1.0 - F, abs=1e-9)
    raw = random_complex(rng, ansatz.gates.shape)
    direction = (raw - raw.conj().swapaxes(1, 2)) / np.linalg.norm(raw)
    up, down = (
        dense_local_cost(ansatz.with_gates(moved(ansatz.gates, sign * 1e-5 * direction)), target)
        for sign in (1, -1)
    )
    slope = np.vdot(found.gradient, direction).real
    assert slope == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-8)
