import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import Statevector, random_unitary

from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.preparation import initial_state_from_circuit, read_initial_state
from qtools.errors import BadInputError
from tests.compile.dense import initial_state


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_a_preparation_circuit_keeps_its_state_and_phase(n, seed):
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n, global_phase=rng.uniform(0, 6))
    for _ in range(12):
        i = int(rng.integers(n - 1))
        pair = [i, i + 1] if rng.random() < 0.5 else [i + 1, i]
        if rng.random() < 0.5:
            circuit.append(UnitaryGate(random_unitary(2, seed=rng)), [int(rng.integers(n))])
        else:
            circuit.append(UnitaryGate(random_unitary(4, seed=rng)), pair)
    state = initial_state_from_circuit(circuit)
    np.testing.assert_allclose(initial_state(state), Statevector(circuit).data, atol=1e-10)


def test_gates_fuse_into_vectors_and_blocks():
    circuit = QuantumCircuit(4)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.barrier()
    circuit.rz(0.3, 1)
    circuit.cx(1, 0)
    circuit.x(3)
    state = initial_state_from_circuit(circuit)
    assert [bond for bond, _ in state.preparation] == [0]
    np.testing.assert_allclose(state.vectors[3], [0, 1])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda c: c.measure(1, 0), r"instruction 1 \(measure on qubits 1\)"),
        (lambda c: c.reset(2), r"instruction 1 \(reset on qubits 2\)"),
        (lambda c: c.ccx(0, 1, 2), r"instruction 1 \(ccx on qubits 0,1,2\) acts on 3 qubits"),
        (lambda c: c.rx(Parameter("a"), 0), "free parameters"),
    ],
)
def test_what_is_no_chain_circuit_is_refused_by_name_and_position(build, message):
    circuit = QuantumCircuit(3, 1)
    circuit.h(0)
    build(circuit)
    with pytest.raises(BadInputError, match=message):
        initial_state_from_circuit(circuit)


def test_gates_between_any_two_qubits_are_kept_as_they_are():
    circuit = QuantumCircuit(4)
    circuit.h(3)
    circuit.cx(3, 0)
    circuit.rzz(0.3, 1, 3)
    circuit.sx(0)
    found = initial_state_from_circuit(circuit)
    assert [pair for pair, _ in found.blocks] == [(0, 3), (1, 3)]
    expected = Statevector(circuit).data
    np.testing.assert_allclose(initial_state(found), expected, atol=1e-14)
    np.testing.assert_allclose(initial_state(found.on_neighbours()), expected, atol=1e-14)
    assert found.on_neighbours().rights is None


def test_classical_control_is_refused():
    circuit = QuantumCircuit(2, 1)
    with circuit.if_test((0, 1)):
        circuit.x(0)
    with pytest.raises(BadInputError, match="if_else"):
        initial_state_from_circuit(circuit)


def test_a_qasm_file_is_read_and_a_cut_one_refused(tmp_path):
    path = tmp_path / "prep.qasm"
    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0];\ncx q[0],q[1];\n'
    path.write_text(text)
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    np.testing.assert_allclose(initial_state(read_initial_state(path)), bell, atol=1e-15)
    path.write_text(text[:-4])
    with pytest.raises(BadInputError, match="not readable as OpenQASM 2"):
        read_initial_state(path)


@pytest.mark.parametrize(
    ("name", "bits"),
    [("zero", "00000"), ("neel", "01010"), ("domain-wall", "00111"), ("10010", "10010")],
)
def test_named_states_are_in_site_order(name, bits):
    state = InitialState.named(name, num_qubits=5)
    assert Statevector(initial_state(state)).probabilities_dict() == {bits[::-1]: 1.0}


@pytest.mark.parametrize("name", ["0101", "010101", "neal", "", "01012"])
def test_bad_names_and_lengths_are_refused(name):
    with pytest.raises(BadInputError):
        InitialState.named(name, num_qubits=5)


def test_bad_arrays_are_refused():
    vectors = np.tile([1.0 + 0j, 0.0], (3, 1))
    for bad in (vectors[0], 2 * vectors, vectors[:1]):
        with pytest.raises(BadInputError):
            InitialState(vectors=bad)
    for bond, matrix in [(2, np.eye(4)), (0, np.eye(2)), (0, 2 * np.eye(4)), (-1, np.eye(4))]:
        with pytest.raises(BadInputError):
            InitialState(vectors=vectors, preparation=((bond, matrix),))
