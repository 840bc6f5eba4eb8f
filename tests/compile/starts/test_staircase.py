import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.mps import compress
from qtools.compile.starts.staircase import staircase_ansatz
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from tests.compile.dense import ansatz_state, fidelity, random_mps

seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, num_sites=st.integers(2, 8))
@settings(max_examples=40)
def test_one_staircase_prepares_a_state_of_bond_two(seed, num_sites):
    state = random_mps(np.random.default_rng(seed), num_sites, 2)
    ansatz = staircase_ansatz(state, 1)
    assert ansatz.bonds == tuple(range(num_sites - 1))
    assert fidelity(state.to_dense(), ansatz_state(ansatz)) == pytest.approx(1.0, abs=1e-10)
    products = ansatz.gates @ ansatz.gates.conj().swapaxes(1, 2)
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(4), products.shape), atol=1e-12)


@given(seed=seeds)
@settings(max_examples=20)
def test_one_staircase_prepares_the_best_part_of_bond_two(seed):
    state = random_mps(np.random.default_rng(seed), 7, 5)
    part = compress(state, max_bond=2).mps
    ansatz = staircase_ansatz(state, 1)
    assert fidelity(part.to_dense(), ansatz_state(ansatz)) == pytest.approx(1.0, abs=1e-9)


def test_more_staircases_come_nearer():
    state = random_mps(np.random.default_rng(1), 8, 4)
    found = [
        fidelity(state.to_dense(), ansatz_state(staircase_ansatz(state, k))) for k in (1, 2, 4, 8)
    ]
    assert found == sorted(found)
    assert found[-1] > 0.9 > found[0]


def test_each_staircase_is_refined_with_those_before_it():
    state = random_mps(np.random.default_rng(2), 5, 4)
    seen = []

    def refine(ansatz):
        seen.append(ansatz.num_blocks)
        return ansatz

    assert staircase_ansatz(state, 3, refine=refine).num_blocks == 12
    assert seen == [4, 8, 12]


def test_depth_grows_with_the_chain():
    depths = []
    for num_sites in (8, 16):
        state = random_mps(np.random.default_rng(3), num_sites, 2)
        depths.append(two_qubit_depth(synthesize(staircase_ansatz(state, 1))))
    assert depths[1] - depths[0] == 16  # two CX per further site: the right qubit is fresh
