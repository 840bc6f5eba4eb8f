"""What the public tests of qiskit-addon-aqc-tensor ask of it, asked of this package.

Read there, written anew: random circuits give an ansatz whose starting parameters reproduce them;
gradients agree with finite differences; barriers, idle qubits, gates on three qubits (which the
addon refuses and this package decomposes), dynamic circuits, and a large circuit of CX gates.
"""

from functools import partial

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, n_local
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, Statevector

from qtools.compile.compiler import compile_problem
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.inputs.circuit_input import circuit_problem, given_circuit
from qtools.compile.mps import MPS
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.circuit_start import circuit_ansatz
from qtools.compile.synthesis.circuit_parameters import parametrized
from qtools.compile.synthesis.native_basis import DEFAULT_BASIS
from qtools.errors import BadInputError
from tests.compile.dense import random_complex


def started(circuit):
    """The compilation of a circuit with all the depth it has, hardly begun."""
    problem = circuit_problem(given_circuit(circuit).circuit, basis=DEFAULT_BASIS, tolerance=1e-12)
    return compile_problem(problem, CompileSettings(layers=1000, max_iterations=1, fidelity=0.5))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("operands", [2, 3])
def test_starting_parameters_reproduce_random_circuits(seed, operands):
    circuit = random_circuit(6, 4, max_operands=operands, seed=100 * operands + seed)
    result = started(circuit)
    bound = result.ansatz.assign_parameters(result.parameters)
    # Not up to a phase: amplitude by amplitude.
    np.testing.assert_allclose(Statevector(bound).data, Statevector(circuit).data, atol=1e-7)


@pytest.mark.parametrize("seed", [7994855845011355715, 4692760228210974079])
def test_any_circuit_of_gates_can_be_parametrised(seed):
    circuit = given_circuit(random_circuit(6, 12, max_operands=3, seed=seed)).circuit
    template, angles = parametrized(circuit)
    assert len(template.parameters) == len(angles) > 0
    assert Operator(template.assign_parameters(angles)) == Operator(circuit)


def layered_circuit(rng, num_qubits):
    """Rotations and entangling layers in random order, with barriers, as the addon tests."""
    names = ["h", "x", "y", "z", "rx", "ry", "rz"]
    circuit = QuantumCircuit(num_qubits)
    for part in range(2):
        rng.shuffle(names)
        circuit.compose(
            n_local(
                num_qubits,
                rotation_blocks=list(names),
                entanglement_blocks=["cx", "cz"],
                entanglement="linear",
                reps=1,
                parameter_prefix="ab"[part],
                insert_barriers=bool(part),
            ),
            inplace=True,
        )
    circuit.compose(efficient_su2(num_qubits, reps=1, insert_barriers=True), inplace=True)
    return circuit.assign_parameters(rng.uniform(-np.pi, np.pi, circuit.num_parameters))


@pytest.mark.parametrize("make", [ExactOverlap, partial(TruncatedOverlap, max_angle=1e-10)])
@pytest.mark.parametrize("seed", range(3))
def test_gradients_of_the_fidelity_agree_with_finite_differences(make, seed):
    """One derivative per block and Pauli generator, against a product state."""
    rng = np.random.default_rng(seed)
    problem = circuit_problem(
        given_circuit(layered_circuit(rng, 4)).circuit, basis=DEFAULT_BASIS, tolerance=1e-12
    )
    ansatz = circuit_ansatz(problem.leading)
    vectors = random_complex(rng, (4, 2))
    target = MPS.product(vectors / np.linalg.norm(vectors, axis=1)[:, None])
    engine = make(ansatz, target)
    overlap, environments = engine.value_and_environments(ansatz.gates)
    paulis = [
        np.eye(2),
        np.array([[0, 1], [1, 0]]),
        np.diag([1, -1]),
        np.array([[0, -1j], [1j, 0]]),
    ]
    for block in range(ansatz.num_blocks):
        for left in paulis:
            for right in paulis:
                step = np.zeros_like(ansatz.gates)
                step[block] = 1j * np.kron(left, right)
                slope = 2 * np.real(
                    np.conj(overlap)
                    * np.sum(environments[block] * (ansatz.gates[block] @ step[block]))
                )
                ahead, behind = (
                    abs(engine.value(moved(ansatz.gates, h * step))) ** 2 for h in (1e-4, -1e-4)
                )
                assert slope == pytest.approx((ahead - behind) / 2e-4, abs=1e-6)


def test_barriers_leave_no_trace():
    circuit = random_circuit(6, 4, max_operands=2, seed=1)
    circuit.barrier()
    circuit.compose(random_circuit(6, 4, max_operands=2, seed=2), inplace=True)
    assert "barrier" not in started(circuit).ansatz.count_ops()


def test_an_idle_qubit_gets_no_gate():
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    ansatz = started(circuit).ansatz
    used = {ansatz.find_bit(qubit).index for item in ansatz.data for qubit in item.qubits}
    assert used == {0, 1}


def test_dynamic_circuits_are_refused_by_name_and_position():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.x(0)
    with pytest.raises(BadInputError, match=r"instruction 1 \(if_else on qubits 0\)"):
        given_circuit(circuit)


def test_many_cx_gates_on_fifty_qubits():
    circuit = QuantumCircuit(50)
    for _ in range(10):
        for first in (0, 1):
            for qubit in range(first, 49, 2):
                circuit.cx(qubit, qubit + 1)
    result = started(circuit)
    assert result.fidelity == pytest.approx(1.0, abs=1e-9)
