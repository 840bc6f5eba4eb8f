import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.overlap.exact import ExactOverlap
from tests.compile.dense import (
    ansatz_state,
    random_ansatz,
    random_graph_ansatz,
    random_mps,
    random_unitaries,
)

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("random", [random_ansatz, random_graph_ansatz])
@given(seed=seeds, num_qubits=st.integers(2, 6), num_blocks=st.integers(1, 9))
@settings(max_examples=25)
def test_each_block_is_seen_among_the_present_others(random, seed, num_qubits, num_blocks):
    rng = np.random.default_rng(seed)
    ansatz, target = random(rng, num_qubits, num_blocks), random_mps(rng, num_qubits, 4)
    present, visits = ansatz.gates.copy(), []

    def replace(block, environment):
        visits.append(block)
        overlap = np.vdot(target.to_dense(), ansatz_state(ansatz, present))
        assert np.sum(environment * present[block]) == pytest.approx(overlap, abs=1e-11)
        present[block] = random_unitaries(rng, 1)[0]
        return present[block]

    engine = ExactOverlap(ansatz, target)
    engine.swept(ansatz.gates, replace)
    assert sorted(visits) == sorted(2 * list(range(num_blocks)))
    assert visits == visits[::-1]
    # The engine is none the worse for it.
    again = engine.value_and_environments(ansatz.gates)
    fresh = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    assert again[0] == pytest.approx(fresh[0], abs=1e-13)
    np.testing.assert_allclose(again[1], fresh[1], atol=1e-13)
