import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.mps import MPS, angle, compress, overlap
from tests.compile.dense import fidelity, kron_sites, random_complex, random_mps

seeds = st.integers(0, 2**32 - 1)


def test_product_state_has_qubit_0_least_significant():
    up, down = np.array([1, 0]), np.array([0, 1])
    state = MPS.product([down, up, up]).to_dense()
    assert np.flatnonzero(state).tolist() == [1]


@given(seed=seeds, num_sites=st.integers(1, 7), bond=st.integers(1, 6))
def test_overlap_equals_the_dense_inner_product(seed, num_sites, bond):
    rng = np.random.default_rng(seed)
    a, b = random_mps(rng, num_sites, bond), random_mps(rng, num_sites, 3)
    assert overlap(a, b) == pytest.approx(np.vdot(a.to_dense(), b.to_dense()), abs=1e-12)
    assert a.norm() == pytest.approx(1.0)


@given(seed=seeds, factor=st.complex_numbers(min_magnitude=0.1, max_magnitude=10))
def test_scaling(seed, factor):
    mps = random_mps(np.random.default_rng(seed), 4, 3)
    np.testing.assert_allclose(mps.scaled(factor).to_dense(), factor * mps.to_dense(), atol=1e-12)


@given(seed=seeds, num_sites=st.integers(1, 7))
def test_compression_without_loss_keeps_state_phase_and_norm(seed, num_sites):
    mps = random_mps(np.random.default_rng(seed), num_sites, 8).scaled(1.7j)
    cut = compress(mps)
    np.testing.assert_allclose(cut.mps.to_dense(), mps.to_dense(), atol=1e-12)
    assert cut.discarded_weight < 1e-24


@given(seed=seeds, max_weight=st.floats(1e-6, 1e-1))
def test_compression_loses_no_more_than_it_reports(seed, max_weight):
    mps = random_mps(np.random.default_rng(seed), 8, 16)
    cut = compress(mps, max_weight=max_weight)
    lost = 1.0 - fidelity(cut.mps.to_dense(), mps.to_dense())
    assert lost <= cut.discarded_weight + 1e-12
    assert cut.discarded_weight <= 7 * max_weight
    assert cut.mps.norm() == pytest.approx(mps.norm())


def test_compression_removes_bonds_that_carry_nothing():
    rng = np.random.default_rng(3)
    a = random_mps(rng, 6, 2)
    padded = MPS(
        tensors=tuple(
            np.pad(t, ((0, 0 if i == 0 else 3), (0, 0), (0, 0 if i == 5 else 3)))
            for i, t in enumerate(a.tensors)
        )
    )
    assert compress(padded).mps.bond_dimensions == a.bond_dimensions


def test_max_bond_is_obeyed_and_charged():
    mps = random_mps(np.random.default_rng(5), 8, 16)
    cut = compress(mps, max_bond=3)
    assert cut.mps.max_bond == 3
    lost = 1.0 - fidelity(cut.mps.to_dense(), mps.to_dense())
    # Sequential cuts are orthogonal projections, so their weights add up exactly.
    assert lost == pytest.approx(cut.discarded_weight, abs=1e-12)
    assert lost > 0.01


def test_compressed_state_is_right_canonical():
    cut = compress(random_mps(np.random.default_rng(6), 6, 8), max_weight=1e-3).mps
    for tensor in cut.tensors[1:]:
        matrix = tensor.reshape(tensor.shape[0], -1)
        np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(len(matrix)), atol=1e-12)


@given(seed=seeds)
def test_angle_of_dense_states_whatever_their_norm(seed):
    rng = np.random.default_rng(seed)
    a, b = random_mps(rng, 4, 3), random_mps(rng, 4, 3)
    expected = np.arccos(np.sqrt(fidelity(a.to_dense(), b.to_dense())))
    assert angle(a.scaled(2.0), b.scaled(3.0j)) == pytest.approx(expected, abs=1e-7)


def test_bond_dimensions_include_the_outer_ones():
    mps = MPS.product(random_complex(np.random.default_rng(0), (3, 2)))
    assert mps.bond_dimensions == (1, 1, 1, 1)
    np.testing.assert_allclose(mps.to_dense(), kron_sites([t[0, :, 0] for t in mps.tensors]))
