"""Features against networkx, against listing all paths, and against circuits worked by hand."""

import networkx as nx
import numpy as np
import pytest
from circuit_strategies import random_normal
from qiskit import QuantumCircuit

from qtools.circuits.features import FEATURE_NAMES, features
from qtools.circuits.features.dependency import predecessors
from qtools.circuits.features.interaction import interaction_edges
from qtools.circuits.normal import NormalCircuit
from qtools.circuits.qiskit_io import from_qiskit, to_qiskit


def interaction_oracle(circuit: NormalCircuit) -> dict[str, float]:
    graph = nx.Graph()
    graph.add_nodes_from(range(circuit.num_qubits))
    for (a, b), weight in interaction_edges(circuit).items():
        graph.add_edge(a, b, weight=weight)
    lengths = [
        length
        for source, targets in nx.all_pairs_shortest_path_length(graph)
        for target, length in targets.items()
        if source != target
    ]
    central = nx.betweenness_centrality(graph).values()
    n = circuit.num_qubits
    return {
        "ig_average_shortest_path": float(np.mean(lengths)) if lengths else 0.0,
        "ig_adjacency_std": float(np.std(nx.to_numpy_array(graph))),
        "ig_diameter": max(lengths, default=0),
        "ig_central_dominance": max(central),
        "ig_average_degree": sum(d for _, d in graph.degree) / n,
        "ig_maximal_cliques": sum(1 for _ in nx.find_cliques(graph)),
        "ig_clustering": nx.average_clustering(graph),
    }


def dependency_oracle(circuit: NormalCircuit, *, list_paths: bool) -> dict[str, float]:
    before = predecessors(circuit)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(before)))
    graph.add_edges_from((source, gate) for gate, found in enumerate(before) for source in found)
    longest = nx.dag_longest_path_length(graph) + 1
    order = list(nx.topological_sort(graph))
    down = dict.fromkeys(order, 1)
    up = dict.fromkeys(order, 1)
    for node in order:
        down[node] = 1 + max((down[p] for p in graph.predecessors(node)), default=0)
    for node in reversed(order):
        up[node] = 1 + max((up[s] for s in graph.successors(node)), default=0)
    critical = sum(down[node] + up[node] - 1 == longest for node in order)
    found = {
        "gdg_critical_path_length": longest,
        "gdg_critical_path_fraction": critical / len(order),
    }
    if list_paths:
        sinks = [node for node in graph if not graph.out_degree(node)]
        sources = [node for node in graph if not graph.in_degree(node)]
        lengths = [
            len(path)
            for source in sources
            for sink in sinks
            for path in ([[source]] if source == sink else nx.all_simple_paths(graph, source, sink))
        ]
        found["gdg_path_length_mean"] = float(np.mean(lengths))
        found["gdg_path_length_std"] = float(np.std(lengths))
    return found


def check(circuit: NormalCircuit, *, list_paths: bool) -> None:
    found = features(circuit)
    expected = interaction_oracle(circuit) | dependency_oracle(circuit, list_paths=list_paths)
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-9), name
    plain = to_qiskit(circuit)
    plain.data = [item for item in plain.data if item.name != "barrier"]
    assert found.depth == plain.depth()
    assert found.num_gates == sum(1 for _ in circuit.gates())
    assert found.two_qubit_gates == sum(len(gate.qubits) == 2 for gate in circuit.gates())


@pytest.mark.parametrize("seed", range(200))
def test_random_circuits_agree_with_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    circuit = random_normal(
        seed,
        num_qubits=int(rng.integers(1, 9)),
        num_gates=int(rng.integers(1, 22)),
        measure=bool(rng.integers(2)),
    )
    check(circuit, list_paths=True)


def families() -> list[str]:
    benchmarks = pytest.importorskip("mqt.bench.benchmarks")
    return list(benchmarks.get_available_benchmark_names())


@pytest.mark.parametrize(
    "family",
    [pytest.param(name, marks=pytest.mark.slow if name == "shor" else ()) for name in families()],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_circuit_of_every_family_agrees_with_networkx(family: str) -> None:
    from qtools.datasets.levels import Variant, lower
    from qtools.datasets.sources import Instance, source

    made = source("mqt_bench")
    sizes = made.sizes(family)
    # shor comes in one size, of 31,068 gates before expansion.
    limit = 200_000 if family == "shor" else 5_000
    size = min(sizes, key=lambda n: abs(n - 6)) if family != "ghz_dynamic" else 2
    arguments = made.draw(family, size, np.random.default_rng(1))
    circuit = made.circuit(Instance(family=family, arguments=arguments, seed=3))
    check(lower(circuit, Variant(level="alg"), max_operations=limit), list_paths=False)


def test_a_circuit_worked_by_hand() -> None:
    # h on 0; cx 01; cx 12; x on 1 beside it is not possible: 1 is busy, so it comes after.
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.barrier()
    circuit.cx(1, 2)
    circuit.x(0)
    circuit.measure([0, 1, 2], [0, 1, 2])
    found = features(from_qiskit(circuit))
    assert (found.num_qubits, found.num_gates, found.two_qubit_gates) == (3, 4, 2)
    assert found.depth == 4  # h, cx, cx, measure; x runs beside the second cx
    assert found.ig_average_shortest_path == pytest.approx(4 / 3)
    assert found.ig_adjacency_std == pytest.approx(np.std([0, 1, 0, 1, 0, 1, 0, 1, 0]))
    assert found.ig_central_dominance == 1.0
    assert found.ig_maximal_cliques == 2
    assert found.gdg_critical_path_length == 3
    # Paths h-cx-cx and h-cx-x.
    assert (found.gdg_path_length_mean, found.gdg_path_length_std) == (3.0, 0.0)
    assert found.gdg_critical_path_fraction == 1.0
    assert found.density_score == pytest.approx((6 / 3 - 1) / 2)
    assert found.idling_score == pytest.approx(1 - 6 / 9)
    # SupermarQ, without the final measurements: 4 operations in 3 layers.
    assert found.sq_program_communication == pytest.approx((1 + 2 + 1) / 6)
    assert found.sq_critical_depth == 1.0
    assert found.sq_entanglement_ratio == pytest.approx(2 / 4)
    assert found.sq_parallelism == pytest.approx((4 / 3 - 1) / 2)
    assert found.sq_liveness == pytest.approx(6 / 9)
    assert found.sq_measurement == 0.0


def test_paths_of_three_dependency_graphs_worked_by_hand() -> None:
    """Lengths count gates; mean and deviation are over all paths from a first to a last gate."""
    branched = QuantumCircuit(3)
    branched.x(2)
    branched.cx(0, 2)
    branched.cx(2, 1)
    branched.h(0)
    branched.t(1)
    found = features(from_qiskit(branched))
    assert found.gdg_critical_path_length == 4  # x, cx, cx, t
    assert (found.gdg_path_length_mean, found.gdg_path_length_std) == (3.5, 0.5)  # and x, cx, h
    assert found.gdg_critical_path_fraction == 4 / 5
    chain = QuantumCircuit(4)
    chain.cx(0, 2)
    chain.cx(0, 1)
    chain.cx(1, 3)
    found = features(from_qiskit(chain))
    assert found.gdg_critical_path_length == 3
    assert (found.gdg_path_length_mean, found.gdg_path_length_std) == (3.0, 0.0)
    # Edges 02, 01, 13: the path 2-0-1-3, whose inner qubits lie between 2 of 3 pairs.
    assert found.ig_central_dominance == pytest.approx(2 / 3)
    assert found.ig_diameter == 3
    assert found.ig_average_shortest_path == pytest.approx((3 * 1 + 2 * 2 + 3) / 6)
    apart = QuantumCircuit(2)
    apart.h(0)
    apart.h(0)
    apart.h(1)
    found = features(from_qiskit(apart))
    assert (found.gdg_path_length_mean, found.gdg_path_length_std) == (1.5, 0.5)
    assert found.density_score == pytest.approx(3 / 2 - 1)
    assert found.idling_score == pytest.approx(1 / 4)


def test_central_dominance_of_a_star_and_of_a_complete_graph() -> None:
    star = QuantumCircuit(5)
    for leaf in range(1, 5):
        star.cz(0, leaf)
    complete = QuantumCircuit(5)
    for pair in nx.complete_graph(5).edges:
        complete.cz(*pair)
    assert features(from_qiskit(star)).ig_central_dominance == 1.0
    assert features(from_qiskit(complete)).ig_central_dominance == 0.0


def test_mid_circuit_measurement_and_three_qubit_gates_worked_by_hand() -> None:
    circuit = QuantumCircuit(3, 2)
    circuit.ccx(0, 1, 2)
    circuit.measure(0, 0)
    circuit.reset(0)
    circuit.h(0)
    circuit.measure(0, 1)  # final: left out by SupermarQ
    before = [item.name for item in circuit.data]
    found = features(from_qiskit(circuit))
    assert [item.name for item in circuit.data] == before
    assert found.sq_entanglement_ratio == pytest.approx(1 / 4)
    assert found.sq_critical_depth == 1.0
    assert found.sq_measurement == pytest.approx(2 / 4)
    assert found.sq_liveness == pytest.approx((3 + 1 + 1 + 1) / (3 * 4))
    assert found.sq_parallelism == 0.0
    assert found.ig_average_degree == 2.0


def test_nothing_is_divided_by_zero() -> None:
    empty = features(NormalCircuit(num_qubits=1, operations=()))
    assert {name: getattr(empty, name) for name in FEATURE_NAMES if getattr(empty, name)} == {
        "num_qubits": 1,
        "ig_maximal_cliques": 1,
    }


def test_expensive_metrics_give_up_deterministically() -> None:
    # Moon and Moser: 3^(n/3) maximal cliques, the most possible.
    graph = nx.complete_multipartite_graph(*[3] * 14)
    circuit = QuantumCircuit(42)
    for a, b in graph.edges:
        circuit.cz(a, b)
    assert features(from_qiskit(circuit)).ig_maximal_cliques is None
