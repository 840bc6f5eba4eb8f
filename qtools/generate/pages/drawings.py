"""Circuits and their interaction graphs as figures of a gallery."""

from collections import Counter

from qtools.circuits.normal import NormalCircuit
from qtools.report.figures.circuit_diagram import circuit_diagram
from qtools.report.figures.network import network
from qtools.report.page import Figure

_WIDEST = 24  # qubits that a diagram has room for


def diagram(circuit: NormalCircuit, *, title: str, more: str = "") -> Figure:
    """The circuit diagram, or the interaction graph of a circuit too wide for one."""
    if circuit.num_qubits > _WIDEST:
        return interaction_graph(circuit, title=title, more=more)
    size = _size(circuit)
    svg = circuit_diagram(
        circuit.operations,
        num_qubits=circuit.num_qubits,
        title=title,
        description=f"circuit diagram, {size}",
    )
    return Figure(title=title, svg=svg, caption=f"{size}{more}", wide=True)


def interaction_graph(circuit: NormalCircuit, *, title: str, more: str = "") -> Figure:
    """A node per qubit, an edge where gates on two qubits act; strong for many of them."""
    weights: Counter[tuple[int, int]] = Counter()
    for gate in circuit.gates():
        if len(gate.qubits) == 2:
            low, high = sorted(gate.qubits)
            weights[low, high] += 1
    svg = network(
        weights,
        _places(circuit.num_qubits, weights),
        title=title,
        description=f"interaction graph with {circuit.num_qubits} qubits and {len(weights)} edges",
    )
    return Figure(title=title, svg=svg, caption=f"{_size(circuit)}{more}")


def _places(count: int, weights: Counter[tuple[int, int]]) -> list[tuple[float, float]]:
    """Coordinates that bring connected qubits together, the same at every call."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(weights)
    ring = nx.circular_layout(graph)
    found = nx.kamada_kawai_layout(graph, pos=ring, weight=None) if weights else ring
    return [(float(found[node][0]), float(found[node][1])) for node in range(count)]


def _size(circuit: NormalCircuit) -> str:
    return f"{circuit.num_qubits} qubits, {sum(1 for _ in circuit.gates())} gates"
