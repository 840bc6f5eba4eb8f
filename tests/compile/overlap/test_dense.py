"""The dense engine and the routed truncated one against statevectors and the exact engine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.overlap.dense import DenseOverlap
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.routed import RoutedOverlap, on_neighbours
from qtools.compile.overlap.truncated import TruncatedOverlap
from tests.compile.dense import ansatz_state, random_complex, random_graph_ansatz, random_mps
from tests.compile.overlap.test_operators import random_operator

seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, num_qubits=st.integers(2, 7), num_blocks=st.integers(0, 9))
def test_value_and_derivatives_are_those_of_statevectors(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz = random_graph_ansatz(rng, num_qubits, num_blocks)
    target = random_mps(rng, num_qubits, 4)

    def overlap_of(gates):
        return np.vdot(target.to_dense(), ansatz_state(ansatz, gates))

    engine = DenseOverlap(ansatz, target)
    overlap, environments = engine.value_and_environments(ansatz.gates)
    assert overlap == pytest.approx(overlap_of(ansatz.gates), abs=1e-12)
    assert engine.value(ansatz.gates) == pytest.approx(overlap, abs=1e-13)
    for block in range(num_blocks):
        change = random_complex(rng, (4, 4))
        gates = ansatz.gates.copy()
        gates[block] += change
        difference = overlap_of(gates) - overlap
        assert np.sum(environments[block] * change) == pytest.approx(difference, abs=1e-11)


@given(seed=seeds, num_qubits=st.integers(2, 4), num_blocks=st.integers(0, 8))
def test_operators_as_in_the_exact_engine(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz = random_graph_ansatz(rng, num_qubits, num_blocks, is_operator=True)
    target = random_operator(rng, num_qubits, 4)
    dense = DenseOverlap(ansatz, target).value_and_environments(ansatz.gates)
    exact = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    assert dense[0] == pytest.approx(exact[0], abs=1e-12)
    np.testing.assert_allclose(dense[1], exact[1], atol=1e-12)


@given(seed=seeds, num_qubits=st.integers(2, 6), num_blocks=st.integers(0, 7))
def test_truncated_engine_on_a_route_agrees_when_nothing_is_cut(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz = random_graph_ansatz(rng, num_qubits, num_blocks)
    target = random_mps(rng, num_qubits, 4)
    routed = RoutedOverlap(ansatz, lambda chain: TruncatedOverlap(chain, target, max_angle=0.0))
    overlap, environments = routed.value_and_environments(ansatz.gates)
    exact = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    assert overlap == pytest.approx(exact[0], abs=1e-9)
    assert routed.value(ansatz.gates) == pytest.approx(exact[0], abs=1e-9)
    np.testing.assert_allclose(environments, exact[1], atol=1e-7)
    np.testing.assert_allclose(
        ansatz_state(on_neighbours(ansatz)), ansatz_state(ansatz), atol=1e-12
    )
