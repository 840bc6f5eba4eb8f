import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.target import sectors
from qtools.compile.target.sectors import (
    NO_CHARGE,
    gathered,
    sector_product,
    singular_weights,
)
from tests.compile.dense import random_complex

seeds = st.integers(0, 2**32 - 1)


def charged(rng, m, d, e, num_charges):
    """Matrices that vanish between different charges, and where a charge is missing."""
    rows = rng.integers(NO_CHARGE, num_charges, (m, d))
    columns = rng.integers(NO_CHARGE, num_charges, (m, e))
    allowed = (rows[:, :, None] == columns[:, None, :]) & (rows[:, :, None] != NO_CHARGE)
    return random_complex(rng, (m, d, e)) * allowed, rows, columns


@given(seed=seeds, m=st.integers(1, 4), d=st.integers(1, 12), e=st.integers(1, 12),
       num_charges=st.integers(1, 4))  # fmt: skip
def test_weights_and_vectors_are_those_of_the_whole_matrix(seed, m, d, e, num_charges):
    rng = np.random.default_rng(seed)
    matrices, rows, columns = charged(rng, m, d, e, num_charges)
    scale = rng.uniform(0.5, 2.0, (m, d))
    weights, found = singular_weights(matrices, scale, rows, columns)
    scaled = scale[:, :, None] * matrices
    for j in range(m):
        expected = np.zeros(e)
        expected[: min(d, e)] = np.linalg.svd(scaled[j], compute_uv=False) ** 2
        np.testing.assert_allclose(np.sort(weights[j]), np.sort(expected), atol=1e-10)
    places = np.tile(np.arange(e), (m, 1))
    vectors = gathered(found, places, e)
    # Where a weight is not zero, its vector is normalised, and orthogonal to the others.
    for j in range(m):
        live = weights[j] > 1e-9
        chosen = vectors[j][:, live]
        np.testing.assert_allclose(chosen.conj().T @ chosen, np.eye(live.sum()), atol=1e-10)
        norms = np.linalg.norm(scaled[j] @ chosen, axis=0) ** 2
        np.testing.assert_allclose(norms, weights[j][live], atol=1e-9)


@given(seed=seeds)
def test_each_vector_has_the_charge_of_the_column_whose_place_it_takes(seed):
    rng = np.random.default_rng(seed)
    matrices, rows, columns = charged(rng, 3, 10, 8, 3)
    weights, found = singular_weights(matrices, np.ones((3, 10)), rows, columns)
    vectors = gathered(found, np.tile(np.arange(8), (3, 1)), 8)
    for j, k in np.argwhere(weights > 1e-9):
        other = columns[j] != columns[j, k]
        assert np.all(vectors[j][other, k] == 0.0)


def test_dropped_vectors_are_left_out():
    rng = np.random.default_rng(1)
    matrices, rows, columns = charged(rng, 1, 6, 6, 1)
    rows[:], columns[:] = 0, 0
    matrices = random_complex(rng, (1, 6, 6))
    weights, found = singular_weights(matrices, np.ones((1, 6)), rows, columns)
    order = np.argsort(-weights[0])
    places = np.full((1, 6), 2)
    places[0, order[:2]] = [0, 1]
    leading = gathered(found, places, 2)[0]
    assert leading.shape == (6, 2)
    left = np.linalg.norm(matrices[0] - matrices[0] @ leading @ leading.conj().T) ** 2
    assert left == pytest.approx(weights[0, order[2:]].sum())


def test_eigenvectors_do_not_depend_on_the_number_of_threads(monkeypatch):
    rng = np.random.default_rng(6)
    half = random_complex(rng, (7, 6, 6))
    grams = np.matmul(half.conj().transpose(0, 2, 1), half)
    alone = np.linalg.eigh(grams)
    monkeypatch.setattr(sectors, "_PARALLEL_SIZE", 0)
    monkeypatch.setattr(sectors, "cores", lambda: 3)
    values, vectors = sectors.stacked_eigh(grams)
    np.testing.assert_array_equal(values, alone[0])
    np.testing.assert_array_equal(vectors, alone[1])


@given(seed=seeds, m=st.integers(1, 3), sizes=st.tuples(*[st.integers(1, 9)] * 3),
       num_charges=st.integers(1, 4))  # fmt: skip
def test_products_are_those_of_the_whole_matrices(seed, m, sizes, num_charges):
    rng = np.random.default_rng(seed)
    left, rows, middles = charged(rng, m, *sizes[:2], num_charges)
    columns = rng.integers(NO_CHARGE, num_charges, (m, sizes[2]))
    right = random_complex(rng, (m, *sizes[1:])) * (middles[:, :, None] == columns[:, None, :])
    product = sector_product(left, right, rows, middles, columns)
    np.testing.assert_allclose(product, np.matmul(left, right), atol=1e-12)
