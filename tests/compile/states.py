"""Dense states and random ansatzes for the tests of this folder."""

import numpy as np
from qiskit.quantum_info import random_unitary

from qtools.compile.ansatz import Ansatz


def brickwork(num_qubits, layers, *, first=0):
    """Bonds of a brickwork whose first layer starts on site ``first``."""
    starts = [(layer + first) % 2 for layer in range(layers)]
    return tuple(bond for start in starts for bond in range(start, num_qubits - 1, 2))


def random_ansatz(num_qubits, bonds, *, seed):
    """Haar-random blocks on ``bonds`` and random initial vectors."""
    rng = np.random.default_rng(seed)
    initial = rng.normal(size=(num_qubits, 2)) + 1j * rng.normal(size=(num_qubits, 2))
    initial /= np.linalg.norm(initial, axis=1)[:, None]
    gates = [random_unitary(4, seed=rng).data for _ in bonds]
    return Ansatz(
        initial=initial, bonds=tuple(bonds), gates=np.array(gates, dtype=complex).reshape(-1, 4, 4)
    )


def dense_state(ansatz):
    """The state of ``ansatz`` in Qiskit's bit order (qubit 0 least significant)."""
    n = ansatz.num_qubits
    psi = np.ones(1, dtype=complex)
    for vector in ansatz.initial:
        psi = np.kron(psi, vector)
    psi = psi.reshape((2,) * n)
    for bond, gate in zip(ansatz.bonds, ansatz.gates, strict=True):
        moved = np.moveaxis(psi, (bond, bond + 1), (0, 1)).reshape(4, -1)
        moved = (gate @ moved).reshape((2, 2) + (2,) * (n - 2))
        psi = np.moveaxis(moved, (0, 1), (bond, bond + 1))
    return psi.transpose().ravel()
