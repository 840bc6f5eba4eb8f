import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.target import chain as chain_module
from qtools.compile.target.chain import Chain, Truncation, apply_gates
from qtools.compile.target.evolve import exponentials
from tests.compile.dense import (
    apply_block,
    fidelity,
    kron_sites,
    random_complex,
    random_unitaries,
)

EXACT = Truncation(max_weight=0.0)
seeds = st.integers(0, 2**32 - 1)


def random_product(rng, num_sites):
    vectors = random_complex(rng, (num_sites, 2))
    return vectors / np.linalg.norm(vectors, axis=1)[:, None]


def random_layers(rng, num_sites, depth):
    for layer in range(depth):
        sites = np.arange(layer % 2, num_sites - 1, 2)
        yield sites, random_unitaries(rng, len(sites))


@given(seed=seeds, num_sites=st.integers(2, 8), depth=st.integers(1, 6))
def test_layers_without_truncation_equal_the_statevector(seed, num_sites, depth):
    rng = np.random.default_rng(seed)
    vectors = random_product(rng, num_sites)
    chain, state = Chain.product(vectors), kron_sites(vectors)
    for sites, gates in random_layers(rng, num_sites, depth):
        if len(sites) == 0:
            continue
        chain, lost = apply_gates(chain, sites, gates, EXACT)
        assert lost < 1e-12
        for site, gate in zip(sites, gates, strict=True):
            state = apply_block(state, site, gate)
    np.testing.assert_allclose(chain.to_mps().to_dense(), state, atol=1e-10)


def test_single_gates_in_any_order():
    rng = np.random.default_rng(2)
    vectors = random_product(rng, 5)
    chain, state = Chain.product(vectors), kron_sites(vectors)
    for site in (2, 1, 3, 0, 2, 2, 1):
        gate = random_unitaries(rng, 1)
        chain, _ = apply_gates(chain, np.array([site]), gate, EXACT)
        state = apply_block(state, site, gate[0])
    np.testing.assert_allclose(chain.to_mps().to_dense(), state, atol=1e-10)


@given(seed=seeds, max_weight=st.floats(1e-8, 1e-3))
def test_the_bound_of_the_moved_angle_holds(seed, max_weight):
    """Angles of layers add up: the state is never further off than the sum of their roots."""
    rng = np.random.default_rng(seed)
    vectors = random_product(rng, 8)
    exact = cut = Chain.product(vectors)
    moved = 0.0
    for sites, gates in random_layers(rng, 8, 6):
        exact, _ = apply_gates(exact, sites, gates, EXACT)
        cut, lost = apply_gates(cut, sites, gates, Truncation(max_weight=max_weight))
        moved += np.sqrt(lost)
    state = cut.to_mps().to_dense()
    off = 1.0 - fidelity(exact.to_mps().to_dense(), state / np.linalg.norm(state))
    assert np.sqrt(max(0.0, off)) <= moved + 1e-6


def test_schmidt_values_are_those_of_the_state():
    rng = np.random.default_rng(4)
    chain = Chain.product(random_product(rng, 6))
    for sites, gates in random_layers(rng, 6, 5):
        chain, _ = apply_gates(chain, sites, gates, EXACT)
    state = chain.to_mps().to_dense()
    for cut in range(1, 6):
        expected = np.linalg.svd(state.reshape(2 ** (6 - cut), 2**cut), compute_uv=False)
        found = chain.schmidt[cut]
        np.testing.assert_allclose(found[: len(expected)], expected[: len(found)], atol=1e-9)


def test_max_bond_is_obeyed():
    rng = np.random.default_rng(5)
    chain = Chain.product(random_product(rng, 8))
    total = 0.0
    for sites, gates in random_layers(rng, 8, 8):
        chain, lost = apply_gates(chain, sites, gates, Truncation(max_weight=0.0, max_bond=4))
        total += lost
    assert chain.to_mps().max_bond == 4
    assert total > 0.01


@given(seed=seeds, modulus=st.sampled_from([9, 2]))
def test_a_conserved_charge_changes_nothing_but_the_cost(seed, modulus):
    rng = np.random.default_rng(seed)
    bits = rng.integers(2, size=8)
    vectors = np.eye(2, dtype=complex)[bits]
    ones = np.array([0, 1, 1, 2]) % modulus
    conserves = ones[:, None] == ones[None, :]
    plain, charged = Chain.product(vectors), Chain.product(vectors, modulus=modulus)
    truncation = Truncation(max_weight=1e-4)
    for layer in range(6):
        sites = np.arange(layer % 2, 7, 2)
        half = random_complex(rng, (len(sites), 4, 4)) * conserves
        gates = exponentials(half + half.conj().swapaxes(1, 2), 0.7) * conserves
        plain, lost = apply_gates(plain, sites, gates, truncation)
        charged, lost_charged = apply_gates(charged, sites, gates, truncation)
        assert lost_charged == pytest.approx(lost, abs=1e-12)
    np.testing.assert_allclose(charged.schmidt, plain.schmidt, atol=1e-7)
    np.testing.assert_allclose(charged.to_mps().to_dense(), plain.to_mps().to_dense(), atol=1e-9)
    allowed = (
        charged.charges[:-1, :, None, None]
        + np.arange(2)[:, None]
        - charged.charges[1:, None, None]
    ) % modulus == 0
    assert np.all(charged.tensors[~allowed] == 0.0)


@pytest.mark.parametrize("modulus", [2, 9])
def test_a_conserved_charge_changes_no_state(monkeypatch, modulus):
    """Products sector by sector, which wide bonds are worth, against the statevector."""
    monkeypatch.setattr(chain_module, "_SECTORS_FROM", 1)
    rng = np.random.default_rng(6)
    vectors = np.eye(2, dtype=complex)[[0, 1] * 4]
    chain, state = Chain.product(vectors, modulus=modulus), kron_sites(vectors)
    ones = np.array([0, 1, 1, 2]) % modulus
    for layer in range(6):
        sites = np.arange(layer % 2, 7, 2)
        hermitian = random_complex(rng, (len(sites), 4, 4))
        hermitian = (hermitian + hermitian.conj().swapaxes(1, 2)) * (ones[:, None] == ones)
        gates = np.where(ones[:, None] == ones, exponentials(hermitian, 1.0), 0.0)
        chain, _ = apply_gates(chain, sites, gates, EXACT)
        for site, gate in zip(sites, gates, strict=True):
            state = apply_block(state, site, gate)
    np.testing.assert_allclose(chain.to_mps().to_dense(), state, atol=1e-10)
