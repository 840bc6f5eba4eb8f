"""Fingerprints: blind to relabelling and commuting order, and to nothing else."""

import random
from itertools import permutations, product

import networkx as nx
import numpy as np
import pytest
from circuit_strategies import normal_circuits, random_normal
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.canonical import canonical_fingerprint, canonical_fingerprints
from qtools.circuits.normal import NormalCircuit, Operation
from qtools.circuits.qiskit_io import from_qiskit, to_qiskit
from qtools.circuits.wires import wire_table


def commute(one: Operation, other: Operation) -> bool:
    """By the wire letters: the rule that the fingerprint is built on."""
    if set(one.clbits) & set(other.clbits):
        return False
    letters = [
        dict(zip(op.qubits, ALPHABET[op.name].wires if op.name in ALPHABET else "*", strict=True))
        for op in (one, other)
    ]
    shared = set(letters[0]) & set(letters[1])
    return all(letters[0][q] == letters[1][q] != "*" for q in shared)


def disguised(circuit: NormalCircuit, seed: int) -> NormalCircuit:
    """The same circuit: relabelled, reordered, exchangeable operands exchanged."""
    rng = random.Random(seed)
    qubits = rng.sample(range(circuit.num_qubits), circuit.num_qubits)
    clbits = rng.sample(range(circuit.num_clbits), circuit.num_clbits)
    operations = [
        op._replace(
            qubits=tuple(qubits[q] for q in op.qubits), clbits=tuple(clbits[c] for c in op.clbits)
        )
        for op in circuit.operations
    ]
    for _ in range(4 * len(operations)):
        place = rng.randrange(max(1, len(operations) - 1))
        pair = operations[place : place + 2]
        if len(pair) == 2 and commute(*pair):
            operations[place : place + 2] = pair[::-1]
    exchanged = [
        op._replace(qubits=op.qubits[::-1])
        if op.name in ALPHABET and set(ALPHABET[op.name].roles) == {"a"} and rng.random() < 0.5
        else op
        for op in operations
    ]
    return NormalCircuit(
        num_qubits=circuit.num_qubits, cregs=circuit.cregs, operations=tuple(exchanged)
    )


@given(circuit=normal_circuits, seed=st.integers(0, 1 << 20))
@settings(max_examples=150, deadline=None)
def test_a_disguised_circuit_has_the_same_fingerprint(circuit: NormalCircuit, seed: int) -> None:
    other = disguised(circuit, seed)
    for angles in (True, False):
        one, two = (canonical_fingerprint(c, angles=angles) for c in (circuit, other))
        assert one.exhaustive
        assert one == two


@pytest.mark.parametrize("seed", range(10))
def test_the_commuting_rule_is_true(seed: int) -> None:
    circuit = random_normal(seed, num_qubits=4, num_gates=20)
    reordered = disguised(circuit, seed)
    # Undo the relabelling to compare unitaries.
    rng = random.Random(seed)
    qubits = rng.sample(range(4), 4)
    back = {new: old for old, new in enumerate(qubits)}
    operations = tuple(
        op._replace(qubits=tuple(back[q] for q in op.qubits)) for op in reordered.operations
    )
    restored = NormalCircuit(num_qubits=4, operations=operations)
    assert Operator(to_qiskit(restored)).equiv(Operator(to_qiskit(circuit)))


@given(circuit=normal_circuits, seed=st.integers(0, 1 << 20))
@settings(max_examples=100, deadline=None)
def test_a_changed_circuit_has_another_fingerprint(circuit: NormalCircuit, seed: int) -> None:
    rng = random.Random(seed)
    place = rng.randrange(len(circuit.operations))
    operations = list(circuit.operations)
    operations.insert(place, Operation("h", (rng.randrange(circuit.num_qubits),)))
    changed = NormalCircuit(
        num_qubits=circuit.num_qubits, cregs=circuit.cregs, operations=tuple(operations)
    )
    assert canonical_fingerprint(changed) != canonical_fingerprint(circuit)


def forms(circuit: NormalCircuit, *, angles: bool) -> set[tuple[object, ...]]:
    """The circuit under every relabelling, each as a sorted list of operations on runs.

    The slow plain twin of the fingerprint: two circuits are the same exactly when they share one
    of these, and then they share all.
    """
    table = wire_table(circuit)
    labels = table.labels if angles else table.shapes
    found = set()
    for qubits, clbits in product(
        permutations(range(table.num_qubits)), permutations(range(table.num_clbits))
    ):
        names = [*qubits, *(table.num_qubits + bit for bit in clbits)]
        operations = [
            (label, tuple(sorted((role, names[vertex], run) for vertex, role, run in ends)))
            for label, ends in zip(labels, table.operands, strict=True)
        ]
        found.add(tuple(sorted(operations)))
    return found


def crowded(seed: int) -> NormalCircuit:
    """A few gates of a few kinds on few qubits, so that equal circuits and symmetries abound."""
    rng = random.Random(seed)
    num_qubits = rng.randint(3, 4)
    operations = []
    for _ in range(rng.randint(2, 5)):
        name = rng.choice(["h", "rz", "cx", "cz", "rzz", "measure", "ccx"])
        width = ALPHABET[name].num_qubits if name in ALPHABET else 1
        operations.append(
            Operation(
                name,
                tuple(rng.sample(range(num_qubits), width)),
                (rng.choice([0.25, 0.5]),) if name in ("rz", "rzz") else (),
                (rng.randrange(2),) if name == "measure" else (),
                # A bit may be read by the statement that writes it.
                (0, rng.randrange(2)) if rng.random() < 0.1 else None,
            )
        )
    return NormalCircuit(num_qubits=num_qubits, cregs=(2,), operations=tuple(operations))


@pytest.mark.parametrize("angles", [True, False])
def test_fingerprints_agree_exactly_when_a_relabelling_exists(angles: bool) -> None:
    circuits = [crowded(seed) for seed in range(1500)]
    prints = [canonical_fingerprint(circuit, angles=angles) for circuit in circuits]
    plain = [
        (circuit.num_qubits, min(forms(circuit, angles=angles), key=repr)) for circuit in circuits
    ]
    assert all(one.exhaustive for one in prints)
    classes = len(set(plain))
    assert classes < len(circuits) - 100  # there are equal ones among them
    assert len(set(prints)) == classes == len(set(zip(prints, plain, strict=True)))


@pytest.mark.parametrize("seed", range(12))
def test_regular_graph_states_of_many_qubits_are_canonical(seed: int) -> None:
    graph = nx.random_regular_graph(3 + seed % 2, 16 + 4 * seed, seed=seed)
    names = dict(enumerate(np.random.default_rng(seed).permutation(len(graph)).tolist()))
    one, two = (
        canonical_fingerprint(graph_state(g)) for g in (graph, nx.relabel_nodes(graph, names))
    )
    assert one.exhaustive
    assert one == two


@pytest.mark.parametrize("seed", range(20))
def test_angles_tell_apart_what_the_structure_leaves_alike(seed: int) -> None:
    rng = random.Random(seed)
    n = rng.choice([6, 8])

    def ring(angles: list[float]) -> NormalCircuit:
        pairs = [Operation("cz", (q, (q + 1) % n)) for q in range(n)]
        turns = [Operation("rx", (q,), (angle,)) for q, angle in enumerate(angles)]
        return NormalCircuit(num_qubits=n, operations=tuple(turns + pairs))

    def turned(angles: list[float]) -> set[tuple[float, ...]]:
        shifts = [tuple(angles[k:] + angles[:k]) for k in range(n)]
        return {*shifts, *(shift[::-1] for shift in shifts)}

    one, two = ([rng.choice([0.25, 0.5]) for _ in range(n)] for _ in "ab")
    for other in (two, rng.choice(sorted(turned(one)))):
        same = tuple(other) in turned(one)
        pair = canonical_fingerprints(ring(one)), canonical_fingerprints(ring(list(other)))
        assert pair[0].structure == pair[1].structure
        assert (pair[0].circuit == pair[1].circuit) == same


def test_fingerprints_are_the_same_on_every_machine() -> None:
    # A corpus keeps them; a change of them is a change of the corpus format.
    symmetric = canonical_fingerprints(graph_state(nx.cycle_graph(5)))
    told_apart = canonical_fingerprints(random_normal(1, num_qubits=3, num_gates=12, measure=True))
    assert [p.circuit.fingerprint for p in (symmetric, told_apart)] == [
        "5cc0f27d7253d051ab73e1c53d122e8a",
        "4dcad5d81c53c2bd5b89f4149d14d993",
    ]


def test_angles_matter_unless_they_are_left_out() -> None:
    def rotation(angle: float) -> NormalCircuit:
        return NormalCircuit(num_qubits=1, operations=(Operation("rx", (0,), (angle,)),))

    one, two = rotation(0.3), rotation(0.3 + 1e-12)
    assert canonical_fingerprint(one) != canonical_fingerprint(two)
    assert canonical_fingerprint(one, angles=False) == canonical_fingerprint(two, angles=False)


def graph_state(graph: nx.Graph) -> NormalCircuit:
    circuit = QuantumCircuit(len(graph))
    circuit.h(range(len(graph)))
    for a, b in graph.edges:
        circuit.cz(a, b)
    circuit.measure_all()
    return from_qiskit(circuit)


@pytest.mark.parametrize("seed", range(20))
def test_graph_states_agree_exactly_when_their_graphs_are_isomorphic(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, degree = int(rng.choice([6, 8, 10])), int(rng.choice([2, 3]))
    one, two = (nx.random_regular_graph(degree, n, seed=int(rng.integers(1 << 30))) for _ in "ab")
    names = dict(enumerate(rng.permutation(n).tolist()))
    renamed = nx.relabel_nodes(one, names)
    prints = [canonical_fingerprint(graph_state(graph)) for graph in (one, renamed, two)]
    assert prints[0] == prints[1]
    assert (prints[0] == prints[2]) == nx.is_isomorphic(one, two)


@pytest.mark.parametrize(
    "graph",
    [
        nx.complete_graph(20),
        nx.star_graph(40),
        nx.cycle_graph(60),
        nx.petersen_graph(),
        nx.hypercube_graph(4),
        nx.empty_graph(60),
        nx.disjoint_union_all([nx.cycle_graph(4)] * 6),
        nx.complete_bipartite_graph(8, 8),
    ],
)
def test_highly_symmetric_circuits_are_canonical_too(graph: nx.Graph) -> None:
    plain = nx.convert_node_labels_to_integers(graph)
    names = dict(enumerate(np.random.default_rng(5).permutation(len(plain)).tolist()))
    one = canonical_fingerprint(graph_state(plain))
    two = canonical_fingerprint(graph_state(nx.relabel_nodes(plain, names)))
    assert one.exhaustive
    assert one == two


def test_regular_graphs_that_refinement_cannot_tell_apart_differ() -> None:
    hexagon = nx.cycle_graph(6)
    triangles = nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3))
    assert canonical_fingerprint(graph_state(hexagon)) != canonical_fingerprint(
        graph_state(triangles)
    )


def test_runs_worked_by_hand() -> None:
    circuit = QuantumCircuit(2)
    circuit.rz(0.1, 0)  # run 0 on qubit 0 (Z)
    circuit.cx(0, 1)  # run 0 on qubit 0 (Z), run 0 on qubit 1 (X)
    circuit.h(0)  # run 1 on qubit 0
    circuit.x(1)  # run 0 on qubit 1 (X)
    table = wire_table(from_qiskit(circuit))
    assert table.labels == ("rz(0.1)", "cx", "h", "x")
    assert table.shapes == ("rz", "cx", "h", "x")
    # Per operand: vertex, role, run.
    assert table.operands == (((0, 0, 0),), ((0, 0, 0), (1, 1, 0)), ((0, 0, 1),), ((1, 0, 0),))
