import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qtools.compile.ansatz import Ansatz
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.synthesis.circuit_metrics import two_qubit_count, two_qubit_depth
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, random_graph_ansatz
from tests.compile.states import brickwork, random_ansatz

BASES = [
    "cx,rz,sx,x",
    "cx,rz,sx",
    "cz,rz,sx,x",
    "ecr,rz,sx,x",
    "cx,u",
    "cz,u3",
    "ecr,u",
    "cx,rz,ry",
    "ecr,rz,rx",
    "cz,rz,rx,x",
    "cx,rz,h",
]


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize(("n", "layers", "first"), [(2, 1, 0), (3, 0, 0), (5, 4, 0), (6, 5, 1)])
def test_circuits_make_the_ansatz_state_with_its_phase(basis, n, layers, first):
    ansatz = random_ansatz(n, brickwork(n, layers, first=first), seed=n)
    names = tuple(basis.split(","))
    circuit = synthesize(ansatz, basis=names, phase=0.37)
    assert set(circuit.count_ops()) <= set(names)
    expected = np.exp(0.37j) * ansatz_state(ansatz)
    np.testing.assert_allclose(Statevector(circuit).data, expected, atol=1e-11)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 10), st.data())
def test_any_layout_of_blocks_is_exact(n, data):
    bonds = data.draw(st.lists(st.integers(0, n - 2), max_size=15))
    ansatz = random_ansatz(n, bonds, seed=data.draw(st.integers(0, 2**32 - 1)))
    circuit = synthesize(ansatz)
    np.testing.assert_allclose(Statevector(circuit).data, ansatz_state(ansatz), atol=1e-11)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 7), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_sites_become_the_qubits_that_they_are(n, num_blocks, seed):
    rng = np.random.default_rng(seed)
    ansatz, qubits = random_graph_ansatz(rng, n, num_blocks), rng.permutation(n).tolist()
    circuit = synthesize(ansatz, qubits=qubits)
    on_sites = QuantumCircuit(n)
    on_sites.compose(circuit, [qubits.index(qubit) for qubit in range(n)], inplace=True)
    np.testing.assert_allclose(Statevector(on_sites).data, ansatz_state(ansatz), atol=1e-11)
    edges = {frozenset((qubits[i], qubits[j])) for i, j in ansatz.pairs}
    for instruction in circuit.data:
        places = frozenset(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        assert len(places) == 1 or places in edges


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("angle", [0.0, 1e-13, 1e-9, math.pi / 2, math.pi, 1.5 * math.pi])
def test_special_angles_are_exact(basis, angle):
    c, s = math.cos(angle / 2), math.sin(angle / 2)
    turn = np.array([[c, -s], [s, c]]) @ np.diag([1, np.exp(1j * angle)])
    block = np.kron(turn, turn.conj())
    cx = np.eye(4)[[0, 1, 3, 2]]
    gates = np.array([block @ cx, cx @ block, block], dtype=complex)
    initial = np.array([[0, 1], [1, 0], [1j, 0]], dtype=complex)
    ansatz = Ansatz(initial=initial, bonds=(0, 1, 0), gates=gates)
    circuit = synthesize(ansatz, basis=tuple(basis.split(",")))
    np.testing.assert_allclose(Statevector(circuit).data, ansatz_state(ansatz), atol=1e-11)


def test_first_blocks_take_one_gate_and_half_fresh_blocks_two():
    ansatz = random_ansatz(5, (0, 2, 1, 3), seed=2)
    circuit = synthesize(ansatz)
    # (0,1) and (2,3) fresh: 1 each; (1,2) neither: 3; (3,4) with 4 fresh: 2.
    assert two_qubit_count(circuit) == 7
    assert two_qubit_depth(circuit) == 4


def test_a_basis_state_needs_only_flips():
    initial = np.array([[1, 0], [0, 1], [1, 0]], dtype=complex)
    ansatz = Ansatz(initial=initial, bonds=(), gates=np.zeros((0, 4, 4), dtype=complex))
    assert dict(synthesize(ansatz).count_ops()) == {"x": 1}
    assert synthesize(ansatz).global_phase == 0.0


@pytest.mark.parametrize(
    ("basis", "message"),
    [
        (("cx", "h", "t", "s"), "cannot make every rotation"),
        (("rz", "sx"), "exactly one two-qubit gate"),
        (("cx", "cz", "u"), "exactly one two-qubit gate"),
        (("cx", "sy"), "unknown basis gate 'sy'"),
        ((), "exactly one"),
    ],
)
def test_bases_that_are_not_universal_are_refused(basis, message):
    with pytest.raises(BadInputError, match=message):
        synthesize(random_ansatz(2, (0,), seed=0), basis=basis)


@pytest.mark.parametrize("factor", [1.1, np.nan])
def test_blocks_that_are_not_unitary_are_refused(factor):
    ansatz = random_ansatz(3, (0, 1), seed=0)
    with pytest.raises(BadInputError, match="not unitary"):
        synthesize(ansatz.with_gates(ansatz.gates * factor))


@pytest.mark.parametrize("seed", range(20))
def test_blocks_that_rounding_has_moved_off_the_unitaries_are_written(seed):
    """Qiskit's decomposition refuses some matrices that are off by 1e-12."""
    rng = np.random.default_rng(seed)
    ansatz = random_ansatz(3, (0, 1, 0, 1), seed=seed)
    off = 1e-11 * rng.normal(size=ansatz.gates.shape)
    circuit = synthesize(ansatz.with_gates(ansatz.gates + off))
    np.testing.assert_allclose(Statevector(circuit).data, ansatz_state(ansatz), atol=1e-9)
