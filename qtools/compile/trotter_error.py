"""How many steps a splitting method needs, from a short piece of the chain done exactly."""

import numpy as np

from qtools.compile.integrators import SplittingMethod
from qtools.compile.mps import ComplexArray
from qtools.compile.problem import EvolutionProblem

# Long enough to hold the nested commutators that make up the error of an order-4 method, short
# enough for dense matrices in milliseconds.
_WINDOW = 7

_MAX_STEPS = 100_000


def estimate_steps(problem: EvolutionProblem, method: SplittingMethod, max_angle: float) -> int:
    """Steps of ``method`` for an angle error of about ``max_angle`` radians on the whole chain.

    The error of the piece of the chain with the strongest couplings is scaled up by the root of
    the number of bonds, since errors far apart on the chain are orthogonal. The caller measures the
    error that results.
    """
    bonds = problem.hamiltonian.bond_matrices()
    window = min(_WINDOW, problem.num_qubits)
    start = _strongest(bonds, window - 1)
    pieces = bonds[start : start + window - 1]
    vectors = problem.initial.vectors[start : start + window]
    exact = _exact(pieces, vectors, problem.time)
    allowed = max_angle / np.sqrt(len(bonds) / len(pieces))
    steps = 1
    while steps < _MAX_STEPS:
        error = _angle(exact, _split(pieces, vectors, problem.time, method, steps))
        if error <= allowed:
            break
        # Never trust the asymptotic order far away from where it holds.
        steps = max(steps + 1, round(steps * min(2.0, (error / allowed) ** (1 / method.order))))
    return steps


def _strongest(bonds: ComplexArray, width: int) -> int:
    norms = np.concatenate([[0.0], np.cumsum(np.linalg.norm(bonds, axis=(1, 2)))])
    return int(np.argmax(norms[width:] - norms[:-width]))


def _exact(bonds: ComplexArray, vectors: ComplexArray, time: float) -> ComplexArray:
    dimension = 2 ** len(vectors)
    hamiltonian = np.zeros((dimension, dimension), dtype=complex)
    for site, matrix in enumerate(bonds):
        left, right = np.eye(2**site), np.eye(2 ** (len(bonds) - 1 - site))
        hamiltonian += np.kron(np.kron(left, matrix), right)
    energies, states = np.linalg.eigh(hamiltonian)
    start = _product(vectors).reshape(-1)
    evolved: ComplexArray = states @ (np.exp(-1j * energies * time) * (states.conj().T @ start))
    return evolved


def _split(
    bonds: ComplexArray, vectors: ComplexArray, time: float, method: SplittingMethod, steps: int
) -> ComplexArray:
    values, states = np.linalg.eigh(bonds)
    state = _product(vectors)
    for parity, fraction in method.layers(steps):
        phases = np.exp(-1j * values * (fraction * time / steps))
        gates = np.matmul(states * phases[:, None, :], states.conj().swapaxes(1, 2))
        for site in range(parity, len(bonds), 2):
            state = np.matmul(gates[site], state.reshape(2**site, 4, -1))
    return state.reshape(-1)


def _product(vectors: ComplexArray) -> ComplexArray:
    """The product state, site 0 most significant."""
    state = np.ones(1, dtype=complex)
    for vector in vectors:
        state = np.kron(state, vector)
    return state


def _angle(a: ComplexArray, b: ComplexArray) -> float:
    return float(np.arcsin(np.sqrt(max(0.0, 1.0 - abs(complex(np.vdot(a, b))) ** 2))))
