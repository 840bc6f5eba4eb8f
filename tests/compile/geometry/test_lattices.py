import networkx as nx
import pytest

from qtools.compile.geometry.lattices import chain, heavy_hex, ladder, lattice, ring, square
from qtools.errors import BadInputError


def graph(found):
    built = nx.Graph(found.edges)
    built.add_nodes_from(range(found.num_sites))
    assert built.number_of_edges() == len(found.edges)
    return built


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (chain(7), nx.path_graph(7)),
        (ring(6), nx.cycle_graph(6)),
        (ladder(5), nx.ladder_graph(5)),
        (square(3, 4), nx.grid_2d_graph(3, 4)),
        (heavy_hex(1, 1), nx.cycle_graph(12)),
    ],
)
def test_lattices_are_those_of_networkx(found, expected):
    assert nx.is_isomorphic(graph(found), expected)


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (2, 2), (3, 2), (4, 3)])
def test_heavy_hex_is_a_hexagonal_lattice_with_a_site_on_every_side(size):
    hexagons = nx.hexagonal_lattice_graph(*size)
    if size[1] > 1 or size[0] > 1:
        assert max(degree for _, degree in graph(heavy_hex(*size)).degree) == 3
    faces = [c for c in nx.minimum_cycle_basis(graph(heavy_hex(*size))) if len(c) == 12]
    assert len(faces) == size[0] * size[1] == len(nx.minimum_cycle_basis(hexagons))


def test_square_is_numbered_row_by_row():
    assert square(2, 3).edges == ((0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (4, 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "sqare", "size": (4, 4)}, "did you mean 'square'"),
        ({"kind": "square", "sites": 16}, "give its size"),
        ({"kind": "ring", "size": (3, 3)}, "give its number of sites"),
        ({"kind": "ring", "sites": 2}, "at least 3, got 2"),
        ({"kind": "ladder", "sites": 7}, "give its size"),
        ({"kind": "chain"}, "either the number of sites or a size"),
        ({"kind": "heavy-hex", "size": (0, 2)}, "at least 1, got 0"),
        ({"kind": "square", "size": (10**6, 10**6)}, "at most 100000"),
    ],
)
def test_sizes_that_a_lattice_does_not_have_are_refused(arguments, message):
    with pytest.raises(BadInputError, match=message):
        lattice(**arguments)


def test_the_same_lattice_by_either_way():
    assert lattice("ladder", sites=20) == lattice("ladder", size=(2, 10)) == ladder(10)
    assert lattice("ladder", size=(10, 2)) == ladder(10)
