"""Estimate an observable after a time evolution: exactly, by plain Trotter, and by qtools.

    python examples/estimate_observable.py

A domain wall melts in a Heisenberg chain of 12 qubits; the observable is the magnetisation of one
qubit beside the wall. All circuits are given to Qiskit's ``StatevectorEstimator``; on a device,
give them to its estimator instead.
"""

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import UnitaryGate
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

from qtools.compile import compile_evolution

QUBITS, TIME = 12, 2.0
BASIS = ["cx", "rz", "sx", "x"]


def hamiltonian() -> SparsePauliOp:
    """``-1/4 sum (XX + YY + ZZ)`` on neighbours."""
    bonds = [(i, i + 1) for i in range(QUBITS - 1)]
    terms = [(pauli, list(bond), -0.25) for bond in bonds for pauli in ("XX", "YY", "ZZ")]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=QUBITS)


def domain_wall() -> QuantumCircuit:
    """Ones on the second half of the chain."""
    circuit = QuantumCircuit(QUBITS)
    circuit.x(range(QUBITS // 2, QUBITS))
    return circuit


def two_qubit_depth(circuit: QuantumCircuit) -> int:
    """Longest path, counting two-qubit gates."""
    return circuit.depth(lambda instruction: len(instruction.qubits) == 2)


def exact_value(observable: SparsePauliOp) -> float:
    """By the exponential of a sparse matrix: feasible for a few qubits only."""
    start = Statevector(domain_wall()).data
    state = expm_multiply(-1j * TIME * hamiltonian().to_matrix(sparse=True), start)
    return float(np.real(np.vdot(state, observable.to_matrix(sparse=True) @ state)))


def trotter_circuit(steps: int) -> QuantumCircuit:
    """Second-order steps of one block per bond: ``2 steps + 1`` layers, the fewest for Trotter."""
    bond = SparsePauliOp(["XX", "YY", "ZZ"], [-0.25] * 3)
    circuit = domain_wall()
    for layer in range(2 * steps + 1):
        duration = TIME / steps if 0 < layer < 2 * steps else TIME / (2 * steps)
        block = UnitaryGate(expm(-1j * duration * bond.to_matrix()))
        for left in range(layer % 2, QUBITS - 1, 2):
            circuit.append(block, [left, left + 1])
    return transpile(circuit, basis_gates=BASIS, optimization_level=3, seed_transpiler=1)


def main() -> dict[str, tuple[float, int]]:
    """Print the table; per row the value and the two-qubit depth (0 for no circuit)."""
    observable = SparsePauliOp.from_sparse_list([("Z", [QUBITS // 2], 1.0)], num_qubits=QUBITS)
    result = compile_evolution(
        hamiltonian(), time=TIME, initial_state="domain-wall", steps=2, basis=tuple(BASIS)
    )
    # As many layers of blocks as two Trotter steps have.
    ours = (result.ansatz, observable, result.parameters)
    trotter = trotter_circuit(steps=2)
    job = StatevectorEstimator().run([ours, (trotter, observable)])
    found = [float(pub.data.evs) for pub in job.result()]
    rows = {
        "exact": (exact_value(observable), 0),
        "plain Trotter": (found[1], two_qubit_depth(trotter)),
        "qtools": (found[0], result.two_qubit_depth),
    }
    exact = rows["exact"][0]
    print(f"{'':18}{'<Z>':>10}{'error':>10}{'2q depth':>10}")
    for name, (value, depth) in rows.items():
        print(f"{name:18}{value:10.5f}{abs(value - exact):10.1e}{depth or '':>10}")
    print(f"fidelity of the compiled state: at least {result.fidelity_lower_bound:.6f}")
    return rows


if __name__ == "__main__":
    main()
