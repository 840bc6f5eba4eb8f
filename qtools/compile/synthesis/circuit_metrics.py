"""How deep and how large a circuit is, counted in two-qubit gates."""

from qiskit import QuantumCircuit
from qiskit.circuit import Gate


def two_qubit_depth(circuit: QuantumCircuit) -> int:
    """The longest path through ``circuit``, counting gates on two or more qubits."""
    return int(circuit.depth(lambda instruction: _is_entangling(instruction.operation)))


def two_qubit_count(circuit: QuantumCircuit) -> int:
    """The number of gates on two or more qubits."""
    return sum(_is_entangling(instruction.operation) for instruction in circuit.data)


def gate_counts(circuit: QuantumCircuit) -> dict[str, int]:
    """How often each gate occurs, by name."""
    return {name: int(count) for name, count in sorted(circuit.count_ops().items())}


def _is_entangling(operation: object) -> bool:
    return isinstance(operation, Gate) and operation.num_qubits > 1
