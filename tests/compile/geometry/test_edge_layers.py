import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.geometry.edge_layers import bouncing, edge_layers
from qtools.compile.geometry.lattices import chain, heavy_hex, ring, square

graphs = st.sets(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda e: e[0] < e[1]), max_size=20
).map(sorted)


@given(graphs)
def test_layers_are_disjoint_and_hold_every_edge_once(edges):
    layers = edge_layers(edges)
    assert sorted(k for layer in layers for k in layer) == list(range(len(edges)))
    for layer in layers:
        sites = [site for k in layer for site in edges[k]]
        assert len(sites) == len(set(sites))
    graph = nx.Graph(edges)
    degree = max((d for _, d in graph.degree), default=0)
    assert len(layers) <= max(2, degree + (0 if not edges or nx.is_bipartite(graph) else 1))


def test_known_lattices_take_as_many_layers_as_their_degree():
    assert edge_layers(chain(6).edges) == ((0, 2, 4), (1, 3))
    assert edge_layers(chain(5).edges) == ((0, 2), (1, 3))
    counts = [len(edge_layers(x.edges)) for x in (ring(10), ring(9), square(4, 4), heavy_hex(2, 2))]
    assert counts == [2, 3, 4, 3]


def test_colours_of_brick_layers_bounce():
    assert bouncing(7, 3) == [0, 1, 2, 1, 0, 1, 2]
    assert bouncing(5, 2) == [0, 1, 0, 1, 0]
    assert bouncing(3, 1) == [0, 0, 0]
