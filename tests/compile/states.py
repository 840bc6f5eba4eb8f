"""Ansatzes of chosen layout for the tests of this folder."""

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS
from tests.compile.dense import random_complex, random_unitaries


def brickwork(num_qubits, layers, *, first=0):
    """Bonds of a brickwork whose first layer starts on site ``first``."""
    starts = [(layer + first) % 2 for layer in range(layers)]
    return tuple(bond for start in starts for bond in range(start, num_qubits - 1, 2))


def random_ansatz(num_qubits, bonds, *, seed):
    """Haar-random blocks on ``bonds`` and random initial vectors."""
    rng = np.random.default_rng(seed)
    initial = random_complex(rng, (num_qubits, 2))
    initial /= np.linalg.norm(initial, axis=1)[:, None]
    return Ansatz(
        initial=initial, bonds=tuple(bonds), gates=random_unitaries(rng, len(tuple(bonds)))
    )


def mps_of(state):
    """A statevector, qubit 0 least significant, as a matrix product state."""
    n = int(np.log2(len(state)))
    tensors, rest = [], state.reshape((2,) * n).transpose(range(n)[::-1]).reshape(1, -1)
    for _ in range(n - 1):
        u, s, v = np.linalg.svd(rest.reshape(rest.shape[0] * 2, -1), full_matrices=False)
        tensors.append(u.reshape(rest.shape[0], 2, -1))
        rest = s[:, None] * v
    tensors.append(rest.reshape(-1, 2, 1))
    return MPS(tensors=tuple(tensors))
