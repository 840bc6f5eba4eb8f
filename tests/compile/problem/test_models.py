import math

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qtools.compile.geometry.lattices import ring, square
from qtools.compile.problem.models import MODELS, heisenberg, lattice_model, tfim, xxz, xyz
from qtools.errors import BadInputError


def dense(n, J, h):
    terms = [(2 * c, [i, i + 1], x) for i in range(n - 1) for c, x in zip("XYZ", J, strict=True)]
    terms += [(c, [i], x) for i in range(n) for c, x in zip("XYZ", h, strict=True)]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=n).to_matrix()


@pytest.mark.parametrize(
    ("hamiltonian", "J", "h"),
    [
        (heisenberg(4, coupling=-0.25), (-0.25, -0.25, -0.25), (0, 0, 0)),
        (heisenberg(3, field=0.5), (1, 1, 1), (0, 0, 0.5)),
        (xxz(4, coupling=(0.5, 0.5, 1), field=(1, 2, 3)), (0.5, 0.5, 1), (1, 2, 3)),
        (xyz(3, coupling=(1, 2, 3)), (1, 2, 3), (0, 0, 0)),
        (tfim(4, coupling=0.7, field=0.3), (0, 0, 0.7), (0.3, 0, 0)),
        (tfim(3, coupling=(0, 0, 2), field=(1, 0, 0.5)), (0, 0, 2), (1, 0, 0.5)),
    ],
)
def test_a_model_is_its_formula(hamiltonian, J, h):
    expected = dense(hamiltonian.num_qubits, J, h)
    np.testing.assert_allclose(hamiltonian.to_sparse_pauli_op().to_matrix(), expected, atol=1e-14)


def test_disorder_is_the_documented_formula():
    rng = np.random.default_rng(7)
    u, v = rng.uniform(-1, 1, 4), rng.uniform(-1, 1, 5)
    hamiltonian = xxz(5, coupling=(0.5, 0.5, 1.0), disorder=(0.5, 2.0), seed=7)
    got = {(term.label, term.sites): term.coefficient for term in hamiltonian.terms}
    for i in range(4):
        assert got["XX", (i, i + 1)] == pytest.approx(0.5 * (1 + 0.5 * u[i]))
        assert got["ZZ", (i, i + 1)] == pytest.approx(1 + 0.5 * u[i])
    for i in range(5):
        assert got["Z", (i,)] == pytest.approx(2.0 * v[i])


def test_a_model_lives_on_the_edges_of_its_lattice():
    found = square(2, 3)
    hamiltonian = xxz(found, coupling=(0.5, 0.5, 1.0), disorder=(0.5, 0.0), seed=3)
    assert hamiltonian.couplings == found.edges
    u = np.random.default_rng(3).uniform(-1, 1, len(found.edges))
    got = {(term.label, term.sites): term.coefficient for term in hamiltonian.terms}
    for edge, draw in zip(found.edges, u, strict=True):
        assert got["ZZ", edge] == pytest.approx(1 + 0.5 * draw)


def test_a_closed_chain_is_a_ring():
    assert lattice_model("tfim", 5, periodic=True) == tfim(ring(5))


def test_disorder_depends_on_the_seed_only():
    assert tfim(6, disorder=0.3, seed=1) == tfim(6, disorder=0.3, seed=1)
    assert tfim(6, disorder=0.3, seed=1) != tfim(6, disorder=0.3, seed=2)


@pytest.mark.parametrize("name", list(MODELS))
def test_models_by_name_take_their_defaults(name):
    assert lattice_model(name, 4) == MODELS[name](4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "heisenburg"}, "did you mean 'heisenberg'"),
        ({"periodic": True, "sites": square(2, 2)}, "only a chain can be closed"),
        ({"periodic": True, "sites": 2}, "ring of at least 3"),
        ({"sites": 0}, "sites"),
        ({"sites": 10**9}, "sites"),
        ({"coupling": (1.0, 2.0, 3.0)}, "one coupling"),
        ({"name": "xxz", "coupling": (1.0, 2.0, 3.0)}, "Jx = Jy"),
        ({"name": "tfim", "coupling": (1.0, 0.0, 3.0)}, "ZZ only"),
        ({"coupling": math.nan}, "finite"),
        ({"field": math.inf}, "finite"),
        ({"field": (1.0, 2.0)}, "one number or three"),
        ({"disorder": -1.0}, "not negative"),
        ({"disorder": (1.0, 2.0, 3.0)}, "one number or two"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_models_are_refused(arguments, message):
    with pytest.raises(BadInputError, match=message):
        lattice_model(**{"name": "heisenberg", "sites": 4, **arguments})
