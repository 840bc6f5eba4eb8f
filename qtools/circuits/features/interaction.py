"""Metrics of the qubit interaction graph (Bandic et al., arXiv:2212.06640 and 2407.12640).

Nodes are all qubits; two qubits are joined when a gate acts on both (a gate on k qubits joins all
pairs); the weight of an edge is the number of such gates. Two metrics can be expensive and have a
work limit; over it they are None. The limits count steps, not seconds, so that a corpus does not
depend on the speed of the machine that built it.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import rustworkx as rx
from numpy.typing import NDArray

from qtools.circuits.normal import NormalCircuit

#: Nodes times edges up to which betweenness and distances are computed (about 1 s).
MAX_DISTANCE_WORK = 20_000_000
#: Branches of the clique search after which it is given up (about 0.1 s).
MAX_CLIQUE_BRANCHES = 20_000
_NO_THREADS = 1 << 30


@dataclass(frozen=True, kw_only=True)
class InteractionMetrics:
    """Metrics of the interaction graph with n nodes.

    Attributes:
        average_shortest_path: mean hop distance over the pairs of qubits that are connected.
        adjacency_std: standard deviation over all n^2 entries of the weighted adjacency matrix.
        diameter: largest hop distance between connected qubits.
        central_dominance: largest betweenness of a qubit, normalised to [0, 1]: 0 for a complete
            graph, 1 for a star. (Freeman's measure of that name takes the mean of the differences
            to the largest instead; the authors' published scripts take the largest.)
        average_degree: mean number of neighbours.
        maximal_cliques: number of maximal cliques, single nodes included.
        clustering: mean local clustering coefficient.
    """

    average_shortest_path: float | None
    adjacency_std: float
    diameter: int | None
    central_dominance: float | None
    average_degree: float
    maximal_cliques: int | None
    clustering: float


def interaction_edges(circuit: NormalCircuit) -> dict[tuple[int, int], int]:
    """Edge (lower qubit, higher qubit) -> number of gates that act on both."""
    weights: dict[tuple[int, int], int] = {}
    for gate in circuit.gates():
        if len(gate.qubits) > 1:
            for pair in combinations(sorted(gate.qubits), 2):
                weights[pair] = weights.get(pair, 0) + 1
    return weights


def interaction_metrics(circuit: NormalCircuit) -> InteractionMetrics:
    """All metrics of the circuit's interaction graph."""
    n = circuit.num_qubits
    edges = interaction_edges(circuit)
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(n))
    graph.add_edges_from([(a, b, None) for a, b in edges])
    cheap = n * (len(edges) + n) <= MAX_DISTANCE_WORK
    mean, diameter = _distances(graph) if cheap else (None, None)
    neighbours = _neighbour_masks(n, edges)
    return InteractionMetrics(
        average_shortest_path=mean,
        adjacency_std=_adjacency_std(n, edges),
        diameter=diameter,
        central_dominance=_central_dominance(graph) if cheap else None,
        average_degree=2 * len(edges) / n if n else 0.0,
        maximal_cliques=_count_maximal_cliques(neighbours),
        clustering=_clustering(neighbours, edges),
    )


def _adjacency_std(n: int, edges: dict[tuple[int, int], int]) -> float:
    if not n:
        return 0.0
    # Two entries per edge, the rest zero: the matrix itself is never needed.
    mean = 2 * sum(edges.values()) / n**2
    square = 2 * sum(weight * weight for weight in edges.values()) / n**2
    return float(np.sqrt(max(square - mean * mean, 0.0)))


def _distances(graph: "rx.PyGraph[int, None]") -> tuple[float, int]:
    hops: NDArray[np.float64] = rx.distance_matrix(
        graph, parallel_threshold=_NO_THREADS, null_value=0.0
    )
    connected = hops[hops > 0]
    if not connected.size:
        return 0.0, 0
    return float(connected.mean()), int(connected.max())


def _central_dominance(graph: "rx.PyGraph[int, None]") -> float:
    if len(graph) < 3:
        return 0.0
    scores = rx.betweenness_centrality(graph, normalized=True, parallel_threshold=_NO_THREADS)
    return float(max(scores.values()))


def _neighbour_masks(n: int, edges: dict[tuple[int, int], int]) -> list[int]:
    masks = [0] * n
    for a, b in edges:
        masks[a] |= 1 << b
        masks[b] |= 1 << a
    return masks


def _clustering(neighbours: list[int], edges: dict[tuple[int, int], int]) -> float:
    if not neighbours:
        return 0.0
    corners = [0] * len(neighbours)
    for a, b in edges:
        shared = (neighbours[a] & neighbours[b]).bit_count()
        corners[a] += shared
        corners[b] += shared
    total = 0.0
    for mask, corner in zip(neighbours, corners, strict=True):
        degree = mask.bit_count()
        if degree > 1:
            # Every triangle at a node is counted once from each of its two edges there.
            total += corner / (degree * (degree - 1))
    return total / len(neighbours)


def _count_maximal_cliques(neighbours: list[int]) -> int | None:
    """Bron and Kerbosch's search with pivots, on bit sets; None over the work limit."""
    if not neighbours:
        return 0
    count = branches = 0
    stack = [((1 << len(neighbours)) - 1, 0)]
    while stack:
        candidates, excluded = stack.pop()
        if not candidates:
            count += not excluded
            continue
        branches += 1
        if branches > MAX_CLIQUE_BRANCHES:
            return None
        pivot = max(_bits(candidates | excluded), key=lambda v: _shared(neighbours, v, candidates))
        for vertex in _bits(candidates & ~neighbours[pivot]):
            stack.append((candidates & neighbours[vertex], excluded & neighbours[vertex]))
            candidates &= ~(1 << vertex)
            excluded |= 1 << vertex
    return count


def _shared(neighbours: list[int], vertex: int, candidates: int) -> int:
    return (neighbours[vertex] & candidates).bit_count()


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
