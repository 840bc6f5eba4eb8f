import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import expm_multiply

from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, xyz
from qtools.compile.problem.pair_terms import pair_terms
from qtools.compile.target.evolve import conserved_charge, evolve, exponentials, trotter_state
from qtools.compile.target.integrators import METHODS
from qtools.compile.target.trotter_error import estimate_steps
from tests.compile.dense import fidelity, initial_state, random_complex, random_unitaries


def exact_state(problem):
    generator = problem.hamiltonian.to_sparse_pauli_op().to_matrix(sparse=True)
    return expm_multiply(-1j * problem.time * generator, initial_state(problem.initial))


def random_problem(rng, num_qubits, time, preparation=0):
    vectors = random_complex(rng, (num_qubits, 2))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    gates = tuple(
        (int(rng.integers(num_qubits - 1)), gate) for gate in random_unitaries(rng, preparation)
    )
    return EvolutionProblem(
        hamiltonian=xyz(
            num_qubits,
            coupling=tuple(rng.normal(size=3)),
            field=tuple(rng.normal(size=3)),
            disorder=0.5,
            seed=int(rng.integers(1000)),
        ),
        initial=InitialState(vectors=vectors, preparation=gates),
        time=time,
    )


@given(seed=st.integers(0, 2**32 - 1), num_qubits=st.integers(2, 9), log=st.integers(3, 8))
@settings(max_examples=20)
def test_target_is_within_its_own_error_bound(seed, num_qubits, log):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, num_qubits, time=0.6, preparation=3)
    target = evolve(problem, tolerance=10.0**-log)
    off = 1.0 - fidelity(exact_state(problem), target.mps.to_dense())
    assert off <= 10.0**-log
    # The Trotter part of the bound is an estimate; it has been within a factor two of the truth.
    assert off <= 4.0 * np.sin(target.angle) ** 2 + 1e-12
    assert target.mps.norm() == pytest.approx(1.0)


@pytest.mark.parametrize("order", METHODS)
def test_error_falls_with_the_order_of_the_method(order):
    """Twice the steps divide the angle to the true state by 2 ** order."""
    problem = random_problem(np.random.default_rng(3), 6, time=0.5)
    exact = exact_state(problem)

    def error(steps):
        state = trotter_state(problem, METHODS[order], steps, max_angle=1e-9).mps.to_dense()
        return np.linalg.norm(state - exact)

    assert np.log2(error(8) / error(16)) == pytest.approx(order, abs=0.2)


@pytest.mark.parametrize("order", METHODS)
def test_reported_trotter_error_is_the_true_one(order):
    problem = random_problem(np.random.default_rng(4), 8, time=0.8)
    target = evolve(problem, tolerance=1e-4, order=order)
    off = 1.0 - fidelity(exact_state(problem), target.mps.to_dense())
    assert off == pytest.approx(target.trotter_error + target.truncation_angle**2, rel=1.0)
    assert target.order == order


def test_phase_of_the_evolution_is_kept_energy_shift_included():
    hamiltonian = ChainHamiltonian.from_terms(
        [("XX", (0, 1), 0.4), ("Z", (1,), 0.3), ("", (), 0.7)], num_qubits=3
    )
    problem = EvolutionProblem(
        hamiltonian=hamiltonian, initial=InitialState.named("010", num_qubits=3), time=1.1
    )
    found = evolve(problem, tolerance=1e-10).mps.to_dense()
    np.testing.assert_allclose(found, exact_state(problem), atol=1e-5)


def test_long_chain_conserves_total_magnetisation():
    """Heisenberg evolution of 60 sites: <sum Z> stays zero, from the MPS itself."""
    n = 60
    problem = EvolutionProblem(
        hamiltonian=heisenberg(n, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=n),
        time=1.0,
    )
    target = evolve(problem, tolerance=1e-6)
    left = [np.ones((1, 1), dtype=complex)]
    for tensor in target.mps.tensors:
        left.append(np.einsum("ab,apc,bpd->cd", left[-1], tensor.conj(), tensor))
    # Right-canonical: everything on the right of a site contracts to one.
    z = np.array([1.0, -1.0])
    values = [
        np.einsum("ab,apc,p,bpc->", left[i], t.conj(), z, t).real
        for i, t in enumerate(target.mps.tensors)
    ]
    assert sum(values) == pytest.approx(0.0, abs=1e-4)
    assert max(abs(v) for v in values) < 0.9


@pytest.mark.parametrize(
    ("coupling", "field", "initial", "modulus"),
    [
        ((1.0, 1.0, 0.3), (0.0, 0.0, 0.2), "0110", 5),
        ((1.0, 0.5, 0.3), (0.0, 0.0, 0.2), "0110", 2),
        ((1.0, 1.0, 0.3), (0.1, 0.0, 0.0), "0110", 1),
    ],
)
def test_conserved_charge_is_found_and_the_state_is_right(coupling, field, initial, modulus):
    problem = EvolutionProblem(
        hamiltonian=xyz(4, coupling=coupling, field=field, disorder=0.5),
        initial=InitialState.named(initial, num_qubits=4),
        time=0.8,
    )
    assert conserved_charge(problem.initial, pair_terms(problem.hamiltonian).matrices) == modulus
    found = evolve(problem, tolerance=1e-10).mps.to_dense()
    assert 1.0 - fidelity(exact_state(problem), found) < 1e-10


def test_no_charge_is_sharp_in_a_superposition_or_after_a_preparation():
    matrices = pair_terms(heisenberg(3)).matrices
    tilted = InitialState(vectors=np.full((3, 2), np.sqrt(0.5), dtype=complex))
    prepared = InitialState(
        vectors=np.eye(2, dtype=complex)[[0, 1, 0]], preparation=((0, np.eye(4)),)
    )
    assert conserved_charge(tilted, matrices) == conserved_charge(prepared, matrices) == 1


def test_a_cap_on_the_bond_is_obeyed_and_owned_up_to():
    problem = random_problem(np.random.default_rng(6), 10, time=1.0)
    free, capped = evolve(problem, tolerance=1e-8), evolve(problem, tolerance=1e-8, max_bond=4)
    assert capped.max_bond == 4 < free.max_bond
    off = 1.0 - fidelity(exact_state(problem), capped.mps.to_dense())
    assert 1e-8 < off <= np.sin(min(np.pi / 2, capped.angle)) ** 2


def test_estimated_steps_suffice_for_the_whole_chain():
    problem = random_problem(np.random.default_rng(8), 10, time=1.0)
    for order, method in METHODS.items():
        terms = pair_terms(problem.hamiltonian)
        steps = estimate_steps(terms, problem.initial.vectors, problem.time, method, 1e-3)
        state = trotter_state(problem, method, steps, max_angle=1e-7).mps.to_dense()
        angle = np.arccos(np.sqrt(min(1.0, fidelity(state, exact_state(problem)))))
        assert angle < 3e-3, order


@given(seed=st.integers(0, 2**32 - 1), time=st.floats(-3, 3))
def test_exponentials_of_stacked_matrices(seed, time):
    half = random_complex(np.random.default_rng(seed), (3, 4, 4))
    matrices = half + half.conj().swapaxes(1, 2)
    expected = [expm_multiply(-1j * time * m, np.eye(4)) for m in matrices]
    np.testing.assert_allclose(exponentials(matrices, time), expected, atol=1e-10)
