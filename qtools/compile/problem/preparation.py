"""Preparation circuits as initial states: Qiskit circuits and QASM files in, blocks out."""

from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitError, Gate, Operation
from qiskit.quantum_info import Operator

from qtools.compile.geometry.lattices import Pair
from qtools.compile.geometry.routing import flipped
from qtools.compile.mps import ComplexArray
from qtools.compile.output.circuit_files import read_circuit
from qtools.compile.problem.initial_state import InitialState
from qtools.errors import BadInputError


def read_initial_state(path: Path) -> InitialState:
    """The state that the QASM 2 file ``path`` prepares from |0...0>.

    Raises:
        BadInputError: when the file cannot be read, or as :func:`initial_state_from_circuit`.
    """
    circuit = read_circuit(path)
    try:
        return initial_state_from_circuit(circuit)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from None


def initial_state_from_circuit(circuit: QuantumCircuit) -> InitialState:
    """``circuit|0...0>`` as a product state and as few two-qubit blocks as its gates fuse into.

    One-qubit gates are absorbed by the vectors or by the last block on their qubit, gates on the
    same pair become one block, and the global phase goes into the vector of qubit 0.

    Raises:
        BadInputError: for anything but unitary gates on one qubit or two; the message names the
            gate and its position in the circuit.
    """
    if circuit.parameters:
        names = ", ".join(sorted(p.name for p in circuit.parameters)[:3])
        raise BadInputError(f"the circuit has free parameters ({names}); assign them first")
    fused = _FusedBlocks(circuit.num_qubits)
    site_of = {qubit: site for site, qubit in enumerate(circuit.qubits)}
    for position, instruction in enumerate(circuit.data):
        operation = instruction.operation
        if operation.name == "barrier":
            continue
        sites = [site_of[qubit] for qubit in instruction.qubits]
        _refuse_unsupported(operation, sites, position, has_clbits=bool(instruction.clbits))
        matrix = _matrix(operation)
        if len(sites) == 0:
            fused.vectors[0] *= matrix[0, 0]
        elif len(sites) == 1:
            fused.apply_one(sites[0], matrix)
        else:
            # Qiskit's first qubit is the less significant bit; a block's first site the more.
            in_order = sites[0] > sites[1]
            pair = min(sites), max(sites)
            fused.apply_two(pair, matrix if in_order else flipped(matrix))
    fused.vectors[0] *= np.exp(1j * float(circuit.global_phase))
    blocks = zip(fused.pairs, fused.matrices, strict=True)
    return InitialState.of_blocks(fused.vectors, blocks)


class _FusedBlocks:
    """A product state and blocks on it, with every gate fused as early as it can be."""

    def __init__(self, num_qubits: int) -> None:
        self.vectors: ComplexArray = np.tile(np.array([1.0, 0.0], dtype=complex), (num_qubits, 1))
        self.pairs: list[Pair] = []
        self.matrices: list[ComplexArray] = []
        self._last: list[int | None] = [None] * num_qubits

    def apply_one(self, site: int, matrix: ComplexArray) -> None:
        block = self._last[site]
        if block is None:
            self.vectors[site] = matrix @ self.vectors[site]
        elif self.pairs[block][0] == site:
            self.matrices[block] = (matrix @ self.matrices[block].reshape(2, 8)).reshape(4, 4)
        else:
            self.matrices[block] = (matrix @ self.matrices[block].reshape(2, 2, 4)).reshape(4, 4)

    def apply_two(self, pair: Pair, matrix: ComplexArray) -> None:
        block = self._last[pair[0]]
        if block is not None and block == self._last[pair[1]]:
            self.matrices[block] = matrix @ self.matrices[block]
            return
        self._last[pair[0]] = self._last[pair[1]] = len(self.pairs)
        self.pairs.append(pair)
        self.matrices.append(matrix)


def _matrix(gate: Gate) -> ComplexArray:
    """The matrix of ``gate``, from its definition where it has none of its own."""
    try:
        return np.asarray(gate.to_matrix(), dtype=complex)
    except CircuitError:
        return np.asarray(Operator(gate).data)


def _refuse_unsupported(
    operation: Operation, sites: list[int], position: int, *, has_clbits: bool
) -> None:
    if isinstance(operation, Gate) and not has_clbits and len(sites) < 2:
        return
    name = f"instruction {position} ({operation.name} on qubits {','.join(map(str, sites))})"
    if not isinstance(operation, Gate) or has_clbits:
        raise BadInputError(
            f"{name} is not a unitary gate; expected gates only, without measurement, reset or "
            "classical control"
        )
    if len(sites) > 2:
        raise BadInputError(
            f"{name} acts on {len(sites)} qubits; decompose it into gates on one qubit or two"
        )
