import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.ansatz import Ansatz
from qtools.compile.overlap import exact
from qtools.compile.overlap.exact import ExactOverlap
from tests.compile.dense import (
    ansatz_state,
    random_ansatz,
    random_complex,
    random_graph_ansatz,
    random_mps,
)

seeds = st.integers(0, 2**32 - 1)


def dense_overlap(ansatz, target, gates=None):
    return np.vdot(target.to_dense(), ansatz_state(ansatz, gates))


def brickwork(rng, num_qubits, layers):
    bonds = tuple(b for layer in range(layers) for b in range(layer % 2, num_qubits - 1, 2))
    random = random_ansatz(rng, num_qubits, len(bonds))
    return Ansatz(initial=random.initial, bonds=bonds, gates=random.gates)


@given(seed=seeds, num_qubits=st.integers(2, 7), num_blocks=st.integers(0, 9))
def test_any_order_of_blocks_gives_the_dense_overlap_and_derivatives(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz, target = random_ansatz(rng, num_qubits, num_blocks), random_mps(rng, num_qubits, 4)
    engine = ExactOverlap(ansatz, target)
    overlap, environments = engine.value_and_environments(ansatz.gates)
    expected = dense_overlap(ansatz, target)
    assert overlap == pytest.approx(expected, abs=1e-12)
    assert engine.value(ansatz.gates) == pytest.approx(expected, abs=1e-12)
    # The overlap is linear in each block, so a finite difference is exact.
    for block in range(num_blocks):
        change = random_complex(rng, (4, 4))
        gates = ansatz.gates.copy()
        gates[block] += change
        difference = dense_overlap(ansatz, target, gates) - expected
        assert np.sum(environments[block] * change) == pytest.approx(difference, abs=1e-11)


@given(seed=seeds, num_qubits=st.integers(2, 7), num_blocks=st.integers(0, 9))
def test_blocks_between_any_two_sites(seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz, target = (
        random_graph_ansatz(rng, num_qubits, num_blocks),
        random_mps(rng, num_qubits, 4),
    )
    engine = ExactOverlap(ansatz, target)
    overlap, environments = engine.value_and_environments(ansatz.gates)
    expected = dense_overlap(ansatz, target)
    assert overlap == pytest.approx(expected, abs=1e-12)
    for block in range(num_blocks):
        change = random_complex(rng, (4, 4))
        gates = ansatz.gates.copy()
        gates[block] += change
        difference = dense_overlap(ansatz, target, gates) - expected
        assert np.sum(environments[block] * change) == pytest.approx(difference, abs=1e-11)


@given(seed=seeds, num_qubits=st.integers(2, 8), layers=st.integers(1, 7))
@settings(max_examples=30)
def test_brickwork(seed, num_qubits, layers):
    rng = np.random.default_rng(seed)
    ansatz, target = brickwork(rng, num_qubits, layers), random_mps(rng, num_qubits, 5)
    overlap, environments = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    assert overlap == pytest.approx(dense_overlap(ansatz, target), abs=1e-12)
    sums = np.sum(environments * ansatz.gates, axis=(1, 2))
    np.testing.assert_allclose(sums, overlap, atol=1e-12)


def test_an_engine_can_be_used_again_with_other_gates():
    rng = np.random.default_rng(7)
    ansatz, target = brickwork(rng, 6, 4), random_mps(rng, 6, 4)
    engine = ExactOverlap(ansatz, target)
    first = engine.value_and_environments(ansatz.gates)
    other = brickwork(rng, 6, 4)
    engine.value_and_environments(other.gates)
    again = engine.value_and_environments(ansatz.gates)
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])


def test_two_threads_give_the_same_as_one(monkeypatch):
    rng = np.random.default_rng(8)
    ansatz, target = brickwork(rng, 8, 5), random_mps(rng, 8, 8)
    one = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    monkeypatch.setattr(exact, "THREADING_FLOPS", 0)
    two = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    assert one[0] == two[0]
    np.testing.assert_array_equal(one[1], two[1])


def test_long_chain_against_the_norm_of_a_product_of_local_overlaps():
    """300 sites: blocks that do nothing leave the overlap of two product states."""
    n = 300
    rng = np.random.default_rng(9)
    ansatz = brickwork(rng, n, 3)
    idle = np.broadcast_to(np.eye(4, dtype=complex), ansatz.gates.shape).copy()
    target = random_mps(rng, n, 1)
    expected = np.prod(
        [np.vdot(t[0, :, 0], v) for t, v in zip(target.tensors, ansatz.initial, strict=True)]
    )
    assert ExactOverlap(ansatz, target).value(idle) == pytest.approx(expected, rel=1e-9)


def test_plan_counts_what_it_allocates():
    rng = np.random.default_rng(11)
    ansatz, target = brickwork(rng, 10, 5), random_mps(rng, 10, 8)
    plan = ExactOverlap(ansatz, target).plan
    assert 0 < plan.middle < len(plan.steps)
    assert plan.memory >= 16 * sum(step.size_out for step in plan.steps)
    before = sum(step.flops for step in plan.steps[: plan.middle])
    assert before == pytest.approx(sum(s.flops for s in plan.steps) / 2, rel=0.25)
