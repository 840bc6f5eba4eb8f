"""Into normal form: nothing changes but the form, and what does not fit says why."""

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2, transpile
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.classical import expr
from qiskit.circuit.library import C3XGate, UnitaryGate, XGate
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, Statevector, random_unitary

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import UnsupportedCircuitError, without_idle_qubits
from qtools.circuits.qiskit_io import from_qiskit, to_qiskit


@pytest.mark.parametrize("seed", range(25))
def test_random_qiskit_circuits_keep_their_unitary(seed: int) -> None:
    circuit = random_circuit(5, 6, max_operands=4, seed=seed)
    normal = from_qiskit(circuit)
    assert {gate.name for gate in normal.gates()} <= set(ALPHABET)
    assert Operator(to_qiskit(normal)).equiv(Operator(circuit))


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_transpiled_circuits_keep_their_unitary(level: int) -> None:
    circuit = random_circuit(4, 5, max_operands=3, seed=level)
    basis = ["rz", "sx", "x", "ecr"]
    native = transpile(circuit, basis_gates=basis, optimization_level=level, seed_transpiler=1)
    normal = from_qiskit(native)
    assert {gate.name for gate in normal.gates()} <= {*basis, "id"}
    assert Operator(to_qiskit(normal)).equiv(Operator(circuit))


def test_controls_on_zero_matrices_and_nested_gates_are_inlined() -> None:
    inner = QuantumCircuit(3, name="inner")
    inner.append(XGate().control(2, ctrl_state=0), [0, 1, 2])
    inner.append(UnitaryGate(random_unitary(4, seed=3)), [2, 0])
    outer = QuantumCircuit(4)
    outer.append(inner.to_gate(), [3, 1, 0])
    outer.append(C3XGate(), [0, 1, 2, 3])
    assert Operator(to_qiskit(from_qiskit(outer))).equiv(Operator(outer))


def test_registers_merge_in_order() -> None:
    from qiskit import ClassicalRegister, QuantumRegister

    a, b = QuantumRegister(2, "a"), QuantumRegister(1, "b")
    c, d = ClassicalRegister(1, "c"), ClassicalRegister(2, "d")
    circuit = QuantumCircuit(a, b, c, d)
    circuit.x(b[0])
    circuit.measure(b[0], d[1])
    normal = from_qiskit(circuit)
    assert normal.cregs == (3,)
    assert normal.operations[0].qubits == (2,)
    assert normal.operations[1].clbits == (2,)


def test_idle_qubits_can_be_left_out() -> None:
    circuit = QuantumCircuit(6)
    circuit.h(1)
    circuit.cx(1, 4)
    circuit.barrier()
    compact = without_idle_qubits(from_qiskit(circuit))
    assert compact.num_qubits == 2
    assert [op.qubits for op in compact.operations] == [(0,), (0, 1), (0, 1)]
    bell = Statevector([2**-0.5, 0, 0, 2**-0.5])
    assert Statevector(to_qiskit(compact)).equiv(bell)


def conditional(kind: str) -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    circuit.measure(0, 0)
    if kind == "else":
        with circuit.if_test((circuit.clbits[0], 1)) as otherwise:
            circuit.x(1)
        with otherwise:
            circuit.z(1)
    elif kind == "expression":
        with circuit.if_test(expr.logic_not(circuit.clbits[0])):
            circuit.x(1)
    elif kind == "self-modifying":
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.measure(1, 0)
            circuit.x(1)
    elif kind == "overlapping":
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.x(1)
        with circuit.if_test((circuit.cregs[0], 1)):
            circuit.x(1)
    elif kind == "while":
        with circuit.while_loop((circuit.clbits[0], 1)):
            circuit.measure(0, 0)
    return circuit


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("else", "control-flow-else-or-nested"),
        ("expression", "control-flow-expression"),
        ("self-modifying", "control-flow-self-modifying"),
        ("overlapping", "control-flow-overlapping-conditions"),
        ("while", "control-flow-while_loop"),
    ],
)
def test_other_control_flow_is_refused_by_name(kind: str, reason: str) -> None:
    with pytest.raises(UnsupportedCircuitError) as caught:
        from_qiskit(conditional(kind))
    assert caught.value.reason == reason


def test_unbound_opaque_infinite_and_endless_are_refused() -> None:
    free = QuantumCircuit(1)
    free.rx(Parameter("t"), 0)
    opaque = QuantumCircuit(1)
    opaque.append(Gate("mystery", 1, []), [0])
    infinite = QuantumCircuit(1)
    infinite.rx(np.inf, 0)
    long = QuantumCircuit(1)
    for _ in range(20):
        long.h(0)
    cases = [
        (free, 100, "unbound-parameters"),
        (opaque, 100, "opaque-gate"),
        (infinite, 100, "angle-not-finite"),
        (long, 10, "too-many-operations"),
    ]
    for circuit, limit, reason in cases:
        with pytest.raises(UnsupportedCircuitError) as caught:
            from_qiskit(circuit, max_operations=limit)
        assert caught.value.reason == reason


def test_a_tower_of_definitions_is_cut_off() -> None:
    levels = "".join(f"gate g{i + 1} a {{ g{i} a; g{i} a; }} " for i in range(60))
    bomb = qasm2.loads(f"OPENQASM 2.0; gate g0 a {{ U(1,0,0) a; }} {levels} qreg q[1]; g60 q[0];")
    with pytest.raises(UnsupportedCircuitError) as caught:
        from_qiskit(bomb, max_operations=1000)
    assert caught.value.reason == "too-many-operations"
