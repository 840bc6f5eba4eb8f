"""OpenQASM 2 out and in: plain strict Qiskit reads it, and nothing changes."""

import math

import numpy as np
import pytest
from circuit_strategies import normal_circuits
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit import qasm2 as qiskit_qasm2
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator

from qtools.circuits import qasm2
from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import NormalCircuit, Operation
from qtools.circuits.qiskit_io import from_qiskit, to_qiskit
from qtools.errors import BadInputError

STANDARD = get_standard_gate_name_mapping()


def single(name: str) -> QuantumCircuit:
    spec = ALPHABET[name]
    angles = np.random.default_rng(7).uniform(-7, 7, spec.num_params)
    circuit = QuantumCircuit(spec.num_qubits)
    circuit.append(type(STANDARD[name])(*angles), range(spec.num_qubits))
    return circuit


@pytest.mark.parametrize("name", ALPHABET)
def test_every_gate_loads_in_strict_qiskit_with_its_own_unitary(name: str) -> None:
    circuit = single(name)
    text = qasm2.dumps(from_qiskit(circuit))
    plain = qiskit_qasm2.loads(text, strict=True)
    assert Operator(plain).equiv(Operator(circuit))
    assert qasm2.loads(text) == from_qiskit(circuit)
    assert Operator(to_qiskit(from_qiskit(circuit))).equiv(Operator(circuit))


@pytest.mark.parametrize("name", ALPHABET)
def test_wire_letters_say_which_paulis_a_gate_commutes_with(name: str) -> None:
    spec = ALPHABET[name]
    gate = Operator(single(name))
    for position, letter in enumerate(spec.wires):
        for pauli in "XYZ":
            other = QuantumCircuit(spec.num_qubits)
            getattr(other, pauli.lower())(position)
            commutes = gate.compose(Operator(other)) == Operator(other).compose(gate)
            if letter == pauli:
                assert commutes


@pytest.mark.parametrize("name", [n for n, g in ALPHABET.items() if g.num_qubits > 1])
def test_roles_say_which_operands_may_be_exchanged(name: str) -> None:
    spec = ALPHABET[name]
    gate = single(name).data[0].operation
    for a in range(spec.num_qubits):
        for b in range(a):
            order = list(range(spec.num_qubits))
            order[a], order[b] = order[b], order[a]
            swapped = QuantumCircuit(spec.num_qubits)
            swapped.append(gate, order)
            same = Operator(swapped) == Operator(gate)
            assert same == (spec.roles[a] == spec.roles[b])


@given(circuit=normal_circuits)
@settings(max_examples=60, deadline=None)
def test_round_trips_are_exact(circuit: NormalCircuit) -> None:
    circuit.validate()
    text = qasm2.dumps(circuit)
    assert qasm2.loads(text) == circuit
    assert qasm2.dumps(qasm2.loads(text)) == text
    assert from_qiskit(to_qiskit(circuit)) == circuit


@given(circuit=normal_circuits)
@settings(max_examples=30, deadline=None)
def test_plain_qiskit_reads_the_same_unitary(circuit: NormalCircuit) -> None:
    gates = NormalCircuit(num_qubits=circuit.num_qubits, operations=tuple(circuit.gates()))
    plain = qiskit_qasm2.loads(qasm2.dumps(gates), strict=True)
    assert Operator(plain).equiv(Operator(to_qiskit(gates)))


def test_the_text_is_what_a_reader_expects() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.rzz(3 * math.pi / 4, 0, 1)
    circuit.p(1e-5, 0)
    circuit.measure([0, 1], [0, 1])
    assert qasm2.dumps(from_qiskit(circuit), comments=("from: test",)) == (
        "// from: test\n"
        "OPENQASM 2.0;\n"
        'include "qelib1.inc";\n'
        "gate rzz(p0) a,b { cx a,b; rz(p0) b; cx a,b; }\n"
        "qreg q[2];\n"
        "creg c[2];\n"
        "rzz(3*pi/4) q[0],q[1];\n"
        "u1(1.0e-05) q[0];\n"
        "measure q[0] -> c[0];\n"
        "measure q[1] -> c[1];\n"
    )


def test_conditions_keep_their_register() -> None:
    text = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg a[2]; creg b[1]; creg d[3];'
        "measure q[0] -> a[1]; if(a==2) x q[1]; measure q[1] -> b[0]; measure q[1] -> d[2];"
    )
    normal = from_qiskit(qiskit_qasm2.loads(text))
    assert normal.cregs == (2, 4)
    assert normal.operations[1] == Operation("x", (1,), (), (), (0, 2))
    again = qasm2.loads(qasm2.dumps(normal))
    assert again == normal
    qiskit_qasm2.loads(qasm2.dumps(normal), strict=True)


def test_what_is_not_qasm_is_refused_with_one_sentence() -> None:
    with pytest.raises(BadInputError, match="expected OpenQASM 2"):
        qasm2.loads("hello")
