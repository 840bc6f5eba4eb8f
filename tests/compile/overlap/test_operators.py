"""Overlaps of operators, ``Tr(U^dagger V) / 2^n``, by both engines against dense matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.ansatz import BELL_PAIR, Ansatz
from qtools.compile.mps import MPS
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from tests.compile.dense import (
    ansatz_matrix,
    random_complex,
    random_graph_ansatz,
    random_unitaries,
)


def random_operator(rng, num_sites, max_bond) -> MPS:
    bonds = [min(max_bond, 4**i, 4 ** (num_sites - i)) for i in range(num_sites + 1)]
    tensors = [random_complex(rng, (bonds[i], 4, bonds[i + 1])) for i in range(num_sites)]
    mps = MPS(tensors=tuple(tensors))
    return mps.scaled(1.0 / mps.norm())


def matrix_of(operator: MPS):
    """Its matrix, qubit 0 least significant, from the Choi state of norm one."""
    matrix = np.ones((1, 1, 1), dtype=complex)  # (out, in, bond)
    for tensor in operator.tensors:
        left, _, right = tensor.shape
        site = tensor.reshape(left, 2, 2, right)
        matrix = np.einsum("xya,asrb->sxryb", matrix, site)
        matrix = matrix.reshape(matrix.shape[0] * matrix.shape[1], -1, right)
    return matrix[:, :, 0]


@given(seed=st.integers(0, 2**32 - 1), num_qubits=st.integers(2, 5), num_blocks=st.integers(0, 8))
def test_both_engines_equal_the_trace(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz = Ansatz(
        initial=np.tile(BELL_PAIR, (num_qubits, 1)),
        bonds=tuple(int(b) for b in rng.integers(0, num_qubits - 1, num_blocks)),
        gates=random_unitaries(rng, num_blocks),
    )
    target = random_operator(rng, num_qubits, 4)

    def trace(gates):
        return np.vdot(matrix_of(target), ansatz_matrix(ansatz, gates)) / 2 ** (num_qubits / 2)

    expected = trace(ansatz.gates)
    exact = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    truncated = TruncatedOverlap(ansatz, target, max_angle=0.0).value_and_environments(ansatz.gates)
    assert exact[0] == pytest.approx(expected, abs=1e-11)
    assert truncated[0] == pytest.approx(expected, abs=1e-9)
    for block in range(num_blocks):
        change = random_complex(rng, (4, 4))
        gates = ansatz.gates.copy()
        gates[block] += change
        difference = trace(gates) - expected
        assert np.sum(exact[1][block] * change) == pytest.approx(difference, abs=1e-10)
        assert np.sum(truncated[1][block] * change) == pytest.approx(difference, abs=1e-7)


@given(seed=st.integers(0, 2**32 - 1), num_qubits=st.integers(2, 5), num_blocks=st.integers(0, 8))
def test_blocks_between_any_two_sites(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz = random_graph_ansatz(rng, num_qubits, num_blocks, is_operator=True)
    target = random_operator(rng, num_qubits, 4)
    expected = np.vdot(matrix_of(target), ansatz_matrix(ansatz)) / 2 ** (num_qubits / 2)
    overlap, environments = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    assert overlap == pytest.approx(expected, abs=1e-11)
    np.testing.assert_allclose(
        np.sum(environments * ansatz.gates, axis=(1, 2)), overlap, atol=1e-11
    )
