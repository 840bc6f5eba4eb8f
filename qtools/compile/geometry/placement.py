"""Where the qubits of a problem go on a device, so that no gate needs a swap.

Where the device's graph contains that of the problem's couplings, the problem goes there, on the
copy with the smallest errors among those found. Where it does not, the qubits go to a connected
part of the device with coupled qubits as near to each other as is found, and the circuit's blocks
act on the device's edges instead of the Hamiltonian's.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import rustworkx as rx

from qtools.compile.geometry.device import Device
from qtools.compile.geometry.lattices import Pair
from qtools.errors import BadInputError

_COPIES = 200  # of the problem's graph that are compared
_VISITS = 200_000  # nodes that the search for a copy may visit
_SEEDS = 40  # qubits of the device around which a part is grown
_ROUNDS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Placement:
    """Where a problem's qubits are on a device.

    Attributes:
        device: the device.
        qubits: the device's qubit for each of the problem's.
        circuit_edges: the pairs of the problem's qubits on which blocks act; None for those that
            its Hamiltonian couples.
    """

    device: Device
    qubits: tuple[int, ...]
    circuit_edges: tuple[Pair, ...] | None

    @property
    def name(self) -> str:
        """Tells one placement from another."""
        return f"{self.device.name} {sorted(self.device.pairs.items())} {self.qubits}"


def placed_on(device: Device, num_qubits: int, couplings: Sequence[Pair]) -> Placement:
    """Where a problem goes on ``device``.

    Args:
        device: where to.
        num_qubits: of the problem.
        couplings: pairs of its qubits that its Hamiltonian couples.

    Raises:
        BadInputError: when no connected part of the device has as many qubits.
    """
    largest = len(device.components[0])
    if largest < num_qubits:
        raise BadInputError(
            f"the problem has {num_qubits} qubits, but the largest connected part of "
            f"{device.name} has {largest}; expected a device that holds them all"
        )
    copy = _best_copy(device, num_qubits, couplings)
    if copy is not None:
        return Placement(device=device, qubits=copy, circuit_edges=None)
    qubits = _nearby(device, num_qubits, couplings)
    site = {qubit: index for index, qubit in enumerate(qubits)}
    edges = [(site[i], site[j]) for i, j in device.pairs if i in site and j in site]
    ordered = sorted((min(edge), max(edge)) for edge in edges)
    return Placement(device=device, qubits=qubits, circuit_edges=tuple(ordered))


def line_on(device: Device, num_qubits: int) -> Placement:
    """A line of qubits on ``device``, for circuits with blocks on the neighbours of a chain.

    Raises:
        BadInputError: when none is found.
    """
    line = [(i, i + 1) for i in range(num_qubits - 1)]
    placement = placed_on(device, num_qubits, line)
    if placement.circuit_edges is not None:
        raise BadInputError(
            f"found no line of {num_qubits} qubits on {device.name}; expected a device with one"
        )
    return placement


def _graph(num_nodes: int, edges: Sequence[Pair]) -> rx.PyGraph:
    graph = rx.PyGraph()
    graph.add_nodes_from(range(num_nodes))
    graph.add_edges_from_no_data(list(edges))
    return graph


def _best_copy(
    device: Device, num_qubits: int, couplings: Sequence[Pair]
) -> tuple[int, ...] | None:
    """The qubits of the copy of the couplings with the smallest error; None when none is found."""
    whole, part = _graph(device.num_qubits, list(device.pairs)), _graph(num_qubits, couplings)
    pairs = device.pairs
    best, least = None, math.inf
    for id_order in (False, True):
        found = rx.vf2_mapping(
            whole, part, subgraph=True, induced=False, id_order=id_order, call_limit=_VISITS
        )
        for mapping in islice(found, _COPIES):
            qubit = {problem: on_device for on_device, problem in mapping.items()}
            placed = [(qubit[i], qubit[j]) for i, j in couplings]
            loss = -sum(math.log1p(-pairs[min(pair), max(pair)]) for pair in placed)
            if loss < least:
                best, least = tuple(qubit[index] for index in range(num_qubits)), loss
        if best is not None:
            break
    return best


def _nearby(device: Device, num_qubits: int, couplings: Sequence[Pair]) -> tuple[int, ...]:
    """Qubits of a connected part, coupled ones near to each other."""
    graph = _graph(device.num_qubits, list(device.pairs))
    distance = rx.graph_distance_matrix(graph, null_value=math.inf)

    def length(qubits: Sequence[int]) -> float:
        return float(sum(distance[qubits[i], qubits[j]] ** 2 for i, j in couplings))

    best: list[int] = []
    least = math.inf
    for seed in device.components[0][:_SEEDS]:
        part = _grown(graph, seed, num_qubits, device)
        placed = _exchanged(_in_step(graph, part, num_qubits, couplings), length)
        if length(placed) < least:
            best, least = placed, length(placed)
    return tuple(best)


def _grown(graph: rx.PyGraph, seed: int, size: int, device: Device) -> list[int]:
    """A connected part around a qubit that takes well-connected qubits with small errors first."""
    pairs = device.pairs
    part = [seed]
    while len(part) < size:
        pull: dict[int, float] = {}
        for qubit in part:
            for other in graph.neighbors(qubit):
                if other not in part:
                    error = pairs[min(qubit, other), max(qubit, other)]
                    pull[other] = pull.get(other, 0.0) + 1.0 - error
        part.append(max(pull, key=lambda qubit: (pull[qubit], -qubit)))
    return part


def _in_step(
    graph: rx.PyGraph, part: list[int], num_qubits: int, couplings: Sequence[Pair]
) -> list[int]:
    """The problem's qubits on the part, both in breadth-first order."""
    inside = graph.subgraph(part)
    on_device = [inside[node] for node in _breadth_first(inside)]
    problem = _breadth_first(_graph(num_qubits, couplings))
    placed = [0] * num_qubits
    for index, qubit in zip(problem, on_device, strict=True):
        placed[index] = qubit
    return placed


def _breadth_first(graph: rx.PyGraph) -> list[int]:
    """All nodes, breadth first from one with the fewest neighbours, part by part."""
    nodes = sorted(graph.node_indices(), key=lambda node: (graph.degree(node), node))
    order: list[int] = []
    seen: set[int] = set()
    for start in nodes:
        queue = [] if start in seen else [start]
        seen.update(queue)
        while queue:
            node = queue.pop(0)
            order.append(node)
            fresh = [n for n in sorted(graph.neighbors(node)) if n not in seen]
            seen.update(fresh)
            queue += fresh
    return order


def _exchanged(placed: list[int], length: Callable[[Sequence[int]], float]) -> list[int]:
    """Exchange pairs of qubits as long as that brings coupled ones nearer."""
    best, least = list(placed), length(placed)
    for _ in range(_ROUNDS):
        before = least
        for i in range(len(best)):
            for j in range(i):
                best[i], best[j] = best[j], best[i]
                found = length(best)
                if found < least:
                    least = found
                else:
                    best[i], best[j] = best[j], best[i]
        if least == before:
            break
    return best
