"""Evolution where couplings reach further than the next site, against whole statevectors."""

import numpy as np
import pytest
from scipy.sparse.linalg import expm_multiply

from qtools.compile.ansatz import circuit_terms, layers_of_trotter_steps, trotter_ansatz
from qtools.compile.geometry.lattices import heavy_hex, ladder, ring, square
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.target.evolve import conserved_charge, evolve, trotter_state
from qtools.compile.target.integrators import METHODS, STRANG
from tests.compile.dense import ansatz_state, fidelity, initial_state, random_unitaries


def hamiltonian(num_sites, edges, *, seed=0, conserving=False):
    rng = np.random.default_rng(seed)
    terms = []
    for edge in edges:
        x, z = rng.uniform(-1, 1, 2)
        terms += [("XX", edge, x), ("YY", edge, x if conserving else -x / 2), ("ZZ", edge, z)]
    for site in range(num_sites):
        terms.append(("Z", (site,), rng.uniform(-1, 1)))
        terms.append(("X", (site,), 0.0 if conserving else rng.uniform(-1, 1)))
    return ChainHamiltonian.from_terms(terms, num_qubits=num_sites)


def exact_state(problem):
    generator = problem.hamiltonian.to_sparse_pauli_op().to_matrix(sparse=True)
    return expm_multiply(-1j * problem.time * generator, initial_state(problem.initial))


def problem(num_sites, edges, *, time=0.5, state="neel", **more):
    return EvolutionProblem(
        hamiltonian=hamiltonian(num_sites, edges, **more),
        initial=InitialState.named(state, num_qubits=num_sites),
        time=time,
    )


LONG_RANGE = [(0, 5), (1, 3), (2, 5), (0, 3), (4, 5), (1, 4)]
GEOMETRIES = [ring(8), ladder(4), square(3, 3), heavy_hex(1, 1)]


@pytest.mark.parametrize("found", GEOMETRIES, ids=lambda lattice: lattice.name)
@pytest.mark.parametrize("dense_qubits", [0, 20])
def test_lattices_evolve_within_their_error_account(found, dense_qubits):
    given = EvolutionProblem.on_qubits(
        hamiltonian=hamiltonian(found.num_sites, found.edges),
        initial=InitialState.named("neel", num_qubits=found.num_sites),
        time=0.4,
    )
    target = evolve(given, tolerance=1e-6, dense_qubits=dense_qubits)
    assert (target.order == 0) == (dense_qubits > 0)
    off = 1.0 - fidelity(exact_state(given), target.mps.to_dense())
    rounding = 1e-12
    assert off - rounding <= np.sin(target.angle) ** 2 < 2e-6


@pytest.mark.parametrize("dense_qubits", [0, 20])
@pytest.mark.parametrize("conserving", [False, True])
def test_long_range_terms(conserving, dense_qubits):
    given = problem(6, LONG_RANGE, time=0.7, conserving=conserving)
    matrices = circuit_terms(given).matrices
    assert conserved_charge(given.initial, matrices) == (7 if conserving else 1)
    target = evolve(given, tolerance=1e-8, dense_qubits=dense_qubits)
    assert 1.0 - fidelity(exact_state(given), target.mps.to_dense()) < 1e-8


def test_the_phase_of_an_evolution_is_kept():
    given = problem(5, ring(5).edges, time=0.3)
    found = trotter_state(given, METHODS[4], 8, max_angle=1e-9).mps.to_dense()
    np.testing.assert_allclose(found, exact_state(given), atol=1e-6)


@pytest.mark.parametrize("order", [2, 4])
def test_methods_keep_their_order_with_more_than_two_layers_of_pairs(order):
    given = problem(6, LONG_RANGE, time=0.6)
    assert len(circuit_terms(given).layers) > 2
    exact = exact_state(given)
    errors = [
        np.linalg.norm(
            trotter_state(given, METHODS[order], n, max_angle=1e-12).mps.to_dense() - exact
        )
        for n in (2, 4)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.5)


@pytest.mark.parametrize("steps", [1, 2])
def test_an_ansatz_starts_as_trotter_steps_on_any_geometry(steps):
    found = square(2, 3)
    gates = random_unitaries(np.random.default_rng(1), 2)
    start = InitialState.of_blocks(
        InitialState.named("neel", num_qubits=6).vectors, [((0, 4), gates[0]), ((5, 1), gates[1])]
    )
    given = EvolutionProblem(hamiltonian=hamiltonian(6, found.edges), initial=start, time=0.4)
    ansatz = trotter_ansatz(given, layers_of_trotter_steps(given, steps))
    expected = trotter_state(given, STRANG, steps, max_angle=1e-10).mps.to_dense()
    np.testing.assert_allclose(ansatz_state(ansatz), expected, atol=1e-8)


def test_a_layout_of_its_own_keeps_the_terms_that_it_has():
    given = EvolutionProblem.on_qubits(
        hamiltonian=hamiltonian(4, [(0, 1), (1, 2), (2, 3), (0, 3)]),
        initial=InitialState.named("zero", num_qubits=4),
        time=0.1,
        circuit_edges=[(0, 1), (1, 2), (2, 3)],
    )
    pairs = {tuple(sorted(given.order[s] for s in pair)) for pair in trotter_ansatz(given, 3).pairs}
    assert pairs == {(0, 1), (1, 2), (2, 3)}


def test_relabelled_problems_are_the_same_problem():
    found = ring(7)
    initial = InitialState.named("1001010", num_qubits=7)
    h = hamiltonian(7, found.edges)
    plain = EvolutionProblem(hamiltonian=h, initial=initial, time=0.3)
    placed = EvolutionProblem.on_qubits(hamiltonian=h, initial=initial, time=0.3)
    assert placed.qubits is not None
    moved = exact_state(placed).reshape((2,) * 7)  # axis k is site 6 - k
    axes = [6 - placed.order.index(6 - axis) for axis in range(7)]
    np.testing.assert_allclose(moved.transpose(axes).ravel(), exact_state(plain), atol=1e-10)
    assert placed.content_id() != plain.content_id()
