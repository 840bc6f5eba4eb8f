import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import random_unitary
from scipy.linalg import expm

from qtools.compile.synthesis.two_qubit_blocks import block_circuit, isometry_circuit, state_circuit

CX = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
QUARTER = math.pi / 4


def dense(circuit):
    matrix = np.kron(*circuit.locals[0])
    for pair in circuit.locals[1:]:
        matrix = np.kron(*pair) @ CX @ matrix
    return np.exp(1j * circuit.phase) * matrix


def canonical(a, b, c):
    return expm(1j * (a * np.kron(X, X) + b * np.kron(Y, Y) + c * np.kron(Z, Z)))


def local(rng):
    return np.kron(random_unitary(2, seed=rng).data, random_unitary(2, seed=rng).data)


@pytest.mark.parametrize(
    ("coordinates", "num_cx"),
    [
        ((0.0, 0.0, 0.0), 0),
        ((QUARTER, 0.0, 0.0), 1),
        ((0.3, 0.0, 0.0), 2),
        ((1e-9, 0.0, 0.0), 2),
        ((QUARTER - 1e-9, 0.0, 0.0), 2),
        ((0.3, 0.2, 0.0), 2),
        ((QUARTER, QUARTER, 0.0), 2),
        ((0.3, 0.2, 1e-9), 3),
        ((0.3, 0.2, -0.1), 3),
        ((-0.025, -0.025, -0.025), 3),
        ((QUARTER, QUARTER, QUARTER), 3),
    ],
)
def test_a_block_takes_the_fewest_cx_it_allows(coordinates, num_cx):
    rng = np.random.default_rng(0)
    for _ in range(5):
        matrix = local(rng) @ canonical(*coordinates) @ local(rng)
        circuit = block_circuit(matrix)
        assert circuit.num_cx == num_cx
        np.testing.assert_allclose(dense(circuit), matrix, atol=1e-11)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_blocks_states_and_isometries_are_exact(seed):
    matrix = random_unitary(4, seed=seed).data
    np.testing.assert_allclose(dense(block_circuit(matrix)), matrix, atol=1e-11)
    state = state_circuit(matrix[:, 0])
    assert state.num_cx == 1
    np.testing.assert_allclose(dense(state)[:, 0], matrix[:, 0], atol=1e-13)
    for fresh, columns in ((0, [0, 1]), (1, [0, 2])):
        isometry = isometry_circuit(matrix, fresh=fresh)
        assert isometry.num_cx == 2
        np.testing.assert_allclose(dense(isometry)[:, columns], matrix[:, columns], atol=1e-11)


def test_product_states_and_trivial_isometries_need_no_cx():
    rng = np.random.default_rng(1)
    matrix = local(rng)
    assert state_circuit(matrix[:, 0]).num_cx == 0
    assert isometry_circuit(matrix, fresh=0).num_cx == 0
    np.testing.assert_allclose(dense(state_circuit(matrix[:, 0]))[:, 0], matrix[:, 0], atol=1e-13)
