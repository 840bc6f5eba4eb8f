"""Slow plain twins: everything as statevectors, qubit 0 least significant."""

import numpy as np

from qtools.compile.ansatz import BELL_PAIR, Ansatz
from qtools.compile.mps import MPS
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState


def kron_sites(vectors):
    """The product of one vector per site, site 0 least significant."""
    state = np.ones(1, dtype=complex)
    for vector in vectors:
        state = np.kron(vector, state)
    return state


def apply_block(state, bond, gate, right=None):
    """Apply a (4, 4) block, site ``bond`` its more significant bit, to a statevector."""
    n = int(np.log2(len(state)))
    # Axis k of the reshaped state is qubit n - 1 - k.
    i, j = n - 1 - bond, n - 1 - (bond + 1 if right is None else right)
    tensor = np.tensordot(gate.reshape(2, 2, 2, 2), state.reshape((2,) * n), axes=((2, 3), (i, j)))
    return np.moveaxis(tensor, (0, 1), (i, j)).reshape(-1)


def ansatz_state(ansatz: Ansatz, gates=None):
    """The state that the blocks of an ansatz prepare."""
    state = kron_sites(ansatz.initial)
    for (i, j), gate in zip(ansatz.pairs, ansatz.gates if gates is None else gates, strict=True):
        state = apply_block(state, i, gate, j)
    return state


def initial_state(initial: InitialState):
    """The state that an evolution starts from."""
    state = kron_sites(initial.vectors)
    for (i, j), gate in initial.blocks:
        state = apply_block(state, i, gate, j)
    return state


def hamiltonian_matrix(hamiltonian: ChainHamiltonian):
    """The matrix of a Hamiltonian, by Qiskit."""
    return hamiltonian.to_sparse_pauli_op().to_matrix()


def random_mps(rng, num_sites, max_bond) -> MPS:
    """A normalised random state whose bonds are as large as allowed."""
    bonds = [min(max_bond, 2**i, 2 ** (num_sites - i)) for i in range(num_sites + 1)]
    tensors = tuple(random_complex(rng, (bonds[i], 2, bonds[i + 1])) for i in range(num_sites))
    mps = MPS(tensors=tensors)
    return mps.scaled(1.0 / mps.norm())


def random_unitaries(rng, count, dimension=4):
    """(count, dimension, dimension) unitaries."""
    return np.linalg.qr(random_complex(rng, (count, dimension, dimension)))[0]


def random_complex(rng, shape):
    """Gaussian complex numbers."""
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def random_ansatz(rng, num_qubits, num_blocks, frozen=0) -> Ansatz:
    """Blocks on random bonds behind a random product state."""
    initial = random_complex(rng, (num_qubits, 2))
    initial /= np.linalg.norm(initial, axis=1)[:, None]
    return Ansatz(
        initial=initial,
        bonds=tuple(int(b) for b in rng.integers(0, num_qubits - 1, num_blocks)),
        gates=random_unitaries(rng, num_blocks),
        frozen=frozen,
    )


def random_graph_ansatz(rng, num_qubits, num_blocks, *, is_operator=False) -> Ansatz:
    """Blocks on random pairs of sites behind a random product state, or Bell pairs."""
    pairs = [sorted(rng.choice(num_qubits, 2, replace=False).tolist()) for _ in range(num_blocks)]
    initial = random_complex(rng, (num_qubits, 2))
    initial /= np.linalg.norm(initial, axis=1)[:, None]
    return Ansatz(
        initial=np.tile(BELL_PAIR, (num_qubits, 1)) if is_operator else initial,
        bonds=tuple(i for i, _ in pairs),
        rights=tuple(j for _, j in pairs),
        gates=random_unitaries(rng, num_blocks),
    )


def fidelity(a, b):
    """``|<a|b>|^2`` of normalised statevectors."""
    return abs(np.vdot(a, b)) ** 2


def ansatz_matrix(ansatz: Ansatz, gates=None):
    """The blocks of an ansatz as a matrix, qubit 0 least significant."""
    columns = []
    for basis_state in np.eye(2**ansatz.num_qubits, dtype=complex):
        state = basis_state
        pairs = zip(ansatz.pairs, ansatz.gates if gates is None else gates, strict=True)
        for (i, j), gate in pairs:
            state = apply_block(state, i, gate, j)
        columns.append(state)
    return np.stack(columns, axis=1)
