"""Edges sorted into as few layers of disjoint pairs as are found: an edge colouring."""

from collections.abc import Sequence

import rustworkx as rx

from qtools.compile.geometry.lattices import Pair


def edge_layers(edges: Sequence[Pair]) -> tuple[tuple[int, ...], ...]:
    """Indices of the edges of each layer, the fullest layer first; at least two layers.

    A bipartite graph needs as many layers as its largest degree (König), any other at most one more
    (Vizing; Misra and Gries, Inf. Process. Lett. 41 (1992), 131). On an open chain the layers are
    the even and the odd bonds.
    """
    graph = rx.PyGraph()
    sites = sorted({site for edge in edges for site in edge})
    graph.add_nodes_from(sites)
    node = {site: index for index, site in enumerate(sites)}
    graph.add_edges_from([(node[i], node[j], None) for i, j in edges])
    colours = (
        rx.graph_bipartite_edge_color(graph)
        if rx.is_bipartite(graph)
        else rx.graph_misra_gries_edge_color(graph)
    )
    layers: dict[int, list[int]] = {}
    for index in range(len(edges)):
        layers.setdefault(colours[index], []).append(index)
    fullest_first = sorted(layers.values(), key=lambda layer: (-len(layer), layer[0]))
    filled = [tuple(layer) for layer in fullest_first]
    return tuple(filled + [()] * (2 - len(filled)))


def bouncing(layers: int, colours: int) -> list[int]:
    """The colour of each of ``layers`` brick layers: ``0, 1, ..., m - 1, ..., 1, 0, 1, ...``.

    A palindromic product of ``m`` exponentials has ``2 (m - 1)`` layers per step, since layers of
    equal colour that meet join.
    """
    period = max(1, 2 * (colours - 1))
    return [min(layer % period, (period - layer % period) % period) for layer in range(layers)]
