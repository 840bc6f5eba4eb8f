from qiskit import QuantumCircuit

from qtools.compile.synthesis.circuit_metrics import two_qubit_count, two_qubit_depth


def test_only_two_qubit_gates_count_and_depth_is_the_longest_path():
    circuit = QuantumCircuit(4, 1)
    circuit.cx(0, 1)
    circuit.h(1)
    circuit.cx(2, 3)
    circuit.cx(1, 2)
    circuit.measure(0, 0)
    assert two_qubit_count(circuit) == 3
    assert two_qubit_depth(circuit) == 2
    assert two_qubit_depth(QuantumCircuit(2)) == 0
