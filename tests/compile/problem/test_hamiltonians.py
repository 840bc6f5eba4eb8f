import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qtools.compile.problem.hamiltonians import ChainHamiltonian, PauliTerm
from qtools.compile.problem.pair_terms import pair_terms
from qtools.errors import BadInputError
from tests.compile.dense import apply_block


@st.composite
def sparse_lists(draw):
    num_qubits = draw(st.integers(2, 5))
    real = st.floats(-2, 2, allow_subnormal=False)
    one_site = st.tuples(st.sampled_from("XYZ"), st.integers(0, num_qubits - 1).map(lambda i: [i]))
    letters = st.text("IXYZ", min_size=2, max_size=2)
    pair = st.permutations(range(num_qubits)).map(lambda sites: sites[:2])
    placed = st.one_of(one_site, st.tuples(letters, pair))
    terms = draw(st.lists(st.tuples(placed, real), max_size=8))
    return [(label, sites, x) for (label, sites), x in terms], num_qubits


def summed_pairs(hamiltonian):
    """The dense sum of the matrices on pairs, Qiskit's bit order."""
    terms = pair_terms(hamiltonian)
    total = np.zeros((2**hamiltonian.num_qubits,) * 2, dtype=complex)
    for (i, j), matrix in zip(terms.pairs, terms.matrices, strict=True):
        columns = [apply_block(column, i, matrix, j) for column in np.eye(len(total))]
        total += np.stack(columns, axis=1)
    return total


@given(sparse_lists())
def test_a_sparse_list_means_what_it_means_in_qiskit(case):
    terms, n = case
    expected = SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=n).to_matrix()
    hamiltonian = ChainHamiltonian.from_terms(terms, num_qubits=n)
    np.testing.assert_allclose(hamiltonian.to_sparse_pauli_op().to_matrix(), expected, atol=1e-12)
    again = ChainHamiltonian.from_sparse_pauli_op(hamiltonian.to_sparse_pauli_op())
    assert again == hamiltonian


@given(sparse_lists())
def test_pair_terms_add_up_to_the_hamiltonian_without_its_shift(case):
    terms, n = case
    hamiltonian = ChainHamiltonian.from_terms(terms, num_qubits=n)
    dense = hamiltonian.to_sparse_pauli_op().to_matrix()
    shifted = dense - hamiltonian.energy_shift * np.eye(2**n)
    np.testing.assert_allclose(summed_pairs(hamiltonian), shifted, atol=1e-12)


def test_one_site_terms_are_shared_half_and_half_and_whole_at_the_ends():
    hamiltonian = ChainHamiltonian.from_terms([("Z", [0], 1.0), ("Z", [1], 1.0)], num_qubits=3)
    bonds = pair_terms(hamiltonian).matrices
    np.testing.assert_array_equal(np.diag(bonds[0]), [1.5, 0.5, -0.5, -1.5])
    np.testing.assert_array_equal(np.diag(bonds[1]), [0.5, 0.5, -0.5, -0.5])


def test_repeats_add_up_identities_shift_and_zero_sums_vanish():
    terms = [("XX", [1, 0], 1.0), ("XX", [0, 1], 0.5), ("IZ", [0, 1], 1.0), ("Z", [1], -1.0)]
    hamiltonian = ChainHamiltonian.from_terms([*terms, ("II", [0, 2], 0.25)], num_qubits=3)
    assert hamiltonian.terms == (PauliTerm(label="XX", sites=(0, 1), coefficient=1.5),)
    assert hamiltonian.energy_shift == 0.25


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (("X", [4], 1.0), "names site 4, but a chain of 4 qubits has sites 0 to 3"),
        (("X", [-1], 1.0), "names site -1"),
        (("X", [True], 1.0), "names the site True"),
        (("XX", [1, 1], 1.0), "names a site twice"),
        (("XX", [1], 1.0), "one letter per site"),
        (("XQ", [0, 1], 1.0), "letters I, X, Y and Z, got 'XQ'"),
        (("X", [0], 1j), "not Hermitian"),
        (("X", [0], math.nan), "finite real number"),
        (("X", [0], math.inf), "finite real number"),
        (("X", [0], "one"), "expected a real number"),
    ],
)
def test_a_bad_term_is_refused_by_name(term, message):
    with pytest.raises(BadInputError, match=message):
        ChainHamiltonian.from_terms([term], num_qubits=4)


def test_coefficients_that_overflow_in_their_sum_are_refused():
    with pytest.raises(BadInputError, match="sum of X terms"):
        ChainHamiltonian.from_terms([("X", [0], 1e308)] * 2, num_qubits=2)


@pytest.mark.parametrize("num_qubits", [0, 1, -3, 10**9, 2.0, True])
def test_a_chain_needs_a_sensible_number_of_sites(num_qubits):
    with pytest.raises(BadInputError, match="sites"):
        ChainHamiltonian.from_terms([], num_qubits=num_qubits)


def test_the_constructor_refuses_terms_out_of_canonical_form():
    term = PauliTerm(label="XX", sites=(1, 0), coefficient=1.0)
    with pytest.raises(BadInputError, match="from_terms"):
        ChainHamiltonian(num_qubits=2, terms=(term,))


def test_free_parameters_and_complex_operators_are_refused():
    with pytest.raises(BadInputError, match="free parameters"):
        ChainHamiltonian.from_sparse_pauli_op(SparsePauliOp(["XX"], np.array([Parameter("J")])))
    with pytest.raises(BadInputError, match="not Hermitian"):
        ChainHamiltonian.from_sparse_pauli_op(SparsePauliOp(["XX"], [0.5 + 0.1j]))
