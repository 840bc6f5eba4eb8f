"""How many steps a splitting method needs, from a short piece of the chain done exactly."""

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.compile.target.integrators import SplittingMethod

# Long enough to hold the nested commutators that make up the error of an order-4 method, short
# enough for dense matrices in milliseconds.
_WINDOW = 7
_OPERATOR_WINDOW = 6

_MAX_STEPS = 100_000


def estimate_steps(
    bonds: ComplexArray,
    vectors: ComplexArray,
    time: float,
    method: SplittingMethod,
    max_angle: float,
) -> int:
    """Steps of ``method`` for an angle error of about ``max_angle`` radians on the whole chain.

    The error of the piece of the chain with the strongest couplings is scaled up by the root of
    the number of bonds, since errors far apart on the chain are orthogonal. The caller measures the
    error that results.

    Args:
        bonds: (n - 1, 4, 4), the Hamiltonian.
        vectors: (n, 2), the product state to evolve; for an operator (n, 4), see
            :class:`qtools.compile.ansatz.Ansatz`.
        time: to evolve.
        method: of splitting.
        max_angle: allowed.
    """
    window = min(_WINDOW if vectors.shape[1] == 2 else _OPERATOR_WINDOW, len(vectors))
    first = _strongest(bonds, window - 1)
    pieces = bonds[first : first + window - 1]
    start = _product(vectors[first : first + window])
    exact = _exact(pieces, start, time)
    allowed = max_angle / np.sqrt(len(bonds) / len(pieces))
    steps = 1
    while steps < _MAX_STEPS:
        error = _angle(exact, _split(pieces, start, time, method, steps))
        if error <= allowed:
            break
        # Never trust the asymptotic order far away from where it holds.
        steps = max(steps + 1, round(steps * min(2.0, (error / allowed) ** (1 / method.order))))
    return steps


def _strongest(bonds: ComplexArray, width: int) -> int:
    norms = np.concatenate([[0.0], np.cumsum(np.linalg.norm(bonds, axis=(1, 2)))])
    return int(np.argmax(norms[width:] - norms[:-width]))


def _exact(bonds: ComplexArray, start: ComplexArray, time: float) -> ComplexArray:
    dimension = len(start)
    hamiltonian = np.zeros((dimension, dimension), dtype=complex)
    for site, matrix in enumerate(bonds):
        left, right = np.eye(2**site), np.eye(2 ** (len(bonds) - 1 - site))
        hamiltonian += np.kron(np.kron(left, matrix), right)
    energies, states = np.linalg.eigh(hamiltonian)
    phases = np.exp(-1j * energies * time)[:, None]
    evolved: ComplexArray = states @ (phases * (states.conj().T @ start))
    return evolved


def _split(
    bonds: ComplexArray, start: ComplexArray, time: float, method: SplittingMethod, steps: int
) -> ComplexArray:
    values, states = np.linalg.eigh(bonds)
    state = start
    for parity, fraction in method.layers(steps):
        phases = np.exp(-1j * values * (fraction * time / steps))
        gates = np.matmul(states * phases[:, None, :], states.conj().swapaxes(1, 2))
        for site in range(parity, len(bonds), 2):
            state = np.matmul(gates[site], state.reshape(2**site, 4, -1))
    return state.reshape(start.shape)


def _product(vectors: ComplexArray) -> ComplexArray:
    """The state (2 ** n, r) of qubits and references, site 0 most significant."""
    state = np.ones((1, 1), dtype=complex)
    for vector in vectors:
        state = np.kron(state, vector.reshape(2, -1))
    return state


def _angle(a: ComplexArray, b: ComplexArray) -> float:
    return float(np.arcsin(np.sqrt(max(0.0, 1.0 - abs(complex(np.vdot(a, b))) ** 2))))
