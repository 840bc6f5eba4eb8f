import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import expm_multiply

from qtools.compile.geometry.lattices import square
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import xyz
from qtools.compile.target.dense_evolution import dense_evolution, krylov_evolved
from qtools.compile.target.evolve import evolve
from tests.compile.dense import fidelity, initial_state, random_complex, random_unitaries


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([2, 7, 40, 90]))
def test_krylov_spaces_stay_within_their_bound(seed, size):
    rng = np.random.default_rng(seed)
    matrix = random_complex(rng, (size, size))
    matrix = (matrix + matrix.conj().T) / np.sqrt(size)
    state = random_complex(rng, size)
    state /= np.linalg.norm(state)
    expected = expm_multiply(-3.0j * matrix, state)
    found, error, _ = krylov_evolved(csr_matrix(matrix), state, 3.0, max_distance=1e-6)
    assert np.linalg.norm(found - expected) <= max(error, 1e-12)
    assert error <= 1e-6


def test_a_lattice_with_a_preparation_and_a_phase():
    found = square(2, 3)
    gates = random_unitaries(np.random.default_rng(3), 2)
    start = InitialState.of_blocks(
        InitialState.named("010011", num_qubits=6).vectors,
        [((0, 4), gates[0]), ((5, 1), gates[1])],
    )
    hamiltonian = xyz(found, coupling=(0.3, -0.5, 0.8), field=(0.2, 0.4, 0.1), disorder=0.4)
    problem = EvolutionProblem(hamiltonian=hamiltonian, initial=start, time=0.8)
    matrix = hamiltonian.to_sparse_pauli_op().to_matrix(sparse=True)
    expected = expm_multiply(-0.8j * matrix, initial_state(start))
    evolution = dense_evolution(problem, max_distance=1e-9, max_weight=0.0)
    np.testing.assert_allclose(evolution.mps.to_dense(), expected, atol=1e-8)
    assert evolution.discarded_weight < 1e-14


def test_a_cap_on_the_bond_is_owned_up_to():
    problem = EvolutionProblem.on_qubits(
        hamiltonian=xyz(square(3, 3), coupling=(0.3, -0.5, 0.8)),
        initial=InitialState.named("neel", num_qubits=9),
        time=0.8,
    )
    whole, capped = evolve(problem, tolerance=1e-10), evolve(problem, tolerance=1e-10, max_bond=3)
    assert capped.max_bond == 3
    off = 1.0 - fidelity(whole.mps.to_dense(), capped.mps.to_dense())
    assert 1e-6 < off <= np.sin(min(np.pi / 2, capped.angle)) ** 2
    right = np.eye(1)
    for tensor in reversed(capped.mps.tensors[1:]):
        right = np.einsum("apb,cpb->ac", tensor, tensor.conj())
        np.testing.assert_allclose(right, np.eye(len(right)), atol=1e-10)
    with pytest.raises(ValueError, match="read-only"):
        problem.initial.vectors[0, 0] = 0.0
