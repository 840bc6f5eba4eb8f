import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from qtools.compile.problem.hamiltonians import ChainHamiltonian, PauliTerm
from qtools.compile.problem.pauli_strings import StringGates, disjoint
from qtools.compile.target.dense_gates import apply_gate, apply_string
from tests.compile.dense import hamiltonian_matrix


@st.composite
def strings(draw):
    sites = draw(st.sets(st.integers(0, 5), min_size=3, max_size=6))
    label = draw(st.text("XYZ", min_size=len(sites), max_size=len(sites)))
    coefficient = draw(st.floats(-2, 2).filter(lambda c: abs(c) > 1e-3))
    return PauliTerm(label=label, sites=tuple(sorted(sites)), coefficient=coefficient)


def from_site_0_first(matrix, num_qubits=6):
    """A matrix with qubit 0 least significant, as one with site 0 most significant."""
    axes = [*range(num_qubits)[::-1], *(num_qubits + k for k in range(num_qubits)[::-1])]
    return matrix.reshape((2,) * (2 * num_qubits)).transpose(axes).reshape(matrix.shape)


@settings(max_examples=40)
@given(strings(), st.floats(-3, 3))
def test_the_gates_make_the_exponential_of_the_string(term, time):
    hamiltonian = ChainHamiltonian.from_terms(
        [(term.label, term.sites, term.coefficient)], num_qubits=6
    )
    dense = from_site_0_first(hamiltonian_matrix(hamiltonian))
    gates = StringGates(term=term)
    made = np.eye(64, dtype=complex)
    for position, pair in enumerate(gates.pairs):
        made = apply_gate(made, pair, gates.matrix(position, time))
    np.testing.assert_allclose(made, expm(-1j * time * dense), atol=1e-10)
    assert gates.pairs == gates.pairs[::-1]
    applied = term.coefficient * apply_string(np.eye(64, dtype=complex), term)
    np.testing.assert_allclose(applied, dense, atol=1e-12)


def test_terms_on_different_sites_come_together():
    terms = [PauliTerm(label="XYZ", sites=(i, i + 1, i + 2), coefficient=1.0) for i in range(6)]
    assert [term.sites[0] for term in disjoint(tuple(terms))] == [0, 3, 1, 4, 2, 5]
