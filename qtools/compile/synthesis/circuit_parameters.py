"""Circuits with their angles as free parameters."""

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ParameterVector


def parametrized(circuit: QuantumCircuit) -> tuple[QuantumCircuit, tuple[float, ...]]:
    """``circuit`` with a parameter for every angle, and the angles in radians.

    The parameters are the elements of one vector, so that their order is that of the angles.
    """
    angles = [float(x) for i in circuit.data for x in i.operation.params]
    vector = iter(ParameterVector("angle", len(angles)))
    template = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.params:
            operation = operation.to_mutable()
            operation.params = [next(vector) for _ in operation.params]
        template.append(CircuitInstruction(operation, instruction.qubits, instruction.clbits))
    return template, tuple(angles)
