"""Evolution of whole statevectors, for few qubits with couplings that make bonds grow fast.

The exponential acts through Krylov spaces (Park and Light, J. Chem. Phys. 85 (1986), 5870): in the
space spanned by ``v, H v, ..., H^(m-1) v`` the Hamiltonian is a tridiagonal matrix ``T``, and
``exp(-i H t) v`` is about ``V exp(-i T t) e_1``. The last entry of ``exp(-i T t) e_1`` tells what
leaves the space; steps are as long as that allows.
"""

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh_tridiagonal

from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.target.dense_gates import apply_gate

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from qtools.compile.target.evolve import Evolvable

MOST_QUBITS = 20
"""Qubits of a statevector that is evolved whole."""

_SPACE = 30  # vectors of a Krylov space
_SHRINK = 0.7
_GROW = 1.3
_BREAKDOWN = 1e-13  # what is left of a vector is rounding


@dataclass(frozen=True, kw_only=True)
class DenseEvolution:
    """An evolved state.

    Attributes:
        mps: right-canonical, of norm one up to what was cut.
        discarded_weight: sum of the weights cut off.
        krylov_error: bound of the distance that the Krylov spaces put the state off.
        num_steps: Krylov spaces used.
    """

    mps: MPS
    discarded_weight: float
    krylov_error: float
    num_steps: int


def dense_evolution(
    problem: "Evolvable", *, max_distance: float, max_weight: float, max_bond: int | None = None
) -> DenseEvolution:
    """``exp(-i H t)|initial>`` of at most ``MOST_QUBITS`` qubits.

    Args:
        problem: what to evolve.
        max_distance: that the Krylov spaces may put the state off.
        max_weight: squared Schmidt values that each cut may drop.
        max_bond: no bond is left larger.
    """
    state = reduce(np.multiply.outer, problem.initial.vectors).reshape(-1)
    for pair, gate in problem.initial.blocks:
        state = apply_gate(state, pair, gate)
    # Qiskit's first qubit is the least significant one, so sites are named from the end.
    last = problem.num_qubits - 1
    reverse = [last - site for site in range(problem.num_qubits)]
    operator = problem.hamiltonian.relabelled(reverse).to_sparse_pauli_op()
    matrix = operator.to_matrix(sparse=True).tocsr()
    matrix.eliminate_zeros()
    evolved, error, steps = krylov_evolved(matrix, state, problem.time, max_distance=max_distance)
    mps, discarded = _as_mps(evolved, problem.num_qubits, max_weight, max_bond)
    return DenseEvolution(mps=mps, discarded_weight=discarded, krylov_error=error, num_steps=steps)


def krylov_evolved(
    matrix: "csr_matrix", state: ComplexArray, time: float, *, max_distance: float
) -> tuple[ComplexArray, float, int]:
    """``exp(-i H t)`` on ``state``, a bound of the distance that it is off, and the spaces used."""
    done, error, spaces, step = 0.0, 0.0, 0, time
    while done < time:
        basis, diagonal, off = _lanczos(matrix, state)
        spaces += 1
        values, vectors = eigh_tridiagonal(diagonal, off[:-1])
        while True:
            step = min(step, time - done)
            weights = vectors @ (np.exp(-1j * values * step) * vectors[0])
            # The integral of what leaks out of the space, its growth taken as linear at worst.
            leak = float(off[-1] * abs(weights[-1]) * step)
            if leak <= max_distance * step / time:
                break
            step *= _SHRINK
        state = np.linalg.norm(state) * (weights @ basis)
        done, error, step = done + step, error + leak, step * _GROW
        if done >= time * (1.0 - 1e-14):
            break
    return state, error, spaces


def _lanczos(
    matrix: "csr_matrix", state: ComplexArray
) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """Orthonormal vectors (m, dim) and the tridiagonal matrix, with the coupling that leaves it."""
    basis = [state / np.linalg.norm(state)]
    diagonal: list[float] = []
    off: list[float] = []
    for index in range(_SPACE):
        vector = matrix @ basis[index]
        diagonal.append(float(np.vdot(basis[index], vector).real))
        vector -= diagonal[-1] * basis[index]
        if index:
            vector -= off[-1] * basis[index - 1]
        # Once more against all: rounding brings back what was taken out.
        for earlier in basis:
            vector -= np.vdot(earlier, vector) * earlier
        norm = float(np.linalg.norm(vector))
        off.append(norm)
        if norm < _BREAKDOWN * max(1.0, abs(diagonal[0])):
            off[-1] = 0.0
            break
        if index < _SPACE - 1:
            basis.append(vector / norm)
    return np.array(basis), np.array(diagonal), np.array(off)


def _as_mps(
    state: ComplexArray, num_sites: int, max_weight: float, max_bond: int | None
) -> tuple[MPS, float]:
    """A statevector, site 0 most significant, cut from the last site to the first."""
    tensors: list[ComplexArray] = []
    total, discarded = float(np.linalg.norm(state)) ** 2, 0.0
    rest = state.reshape(-1, 1)
    for _ in range(num_sites - 1):
        right = rest.shape[1]
        wide = rest.reshape(-1, 2 * right)
        # Squared Schmidt values from a Gram matrix: an absolute error of 1e-16 is enough for cuts.
        weights, vectors = np.linalg.eigh(wide.T @ wide.conj())
        tails = np.cumsum(np.maximum(weights, 0.0))
        keep = max(1, int(np.count_nonzero(tails > max(max_weight, 1e-28) * total)))
        keep = min(keep, len(wide), max_bond or keep)
        kept = vectors[:, ::-1][:, :keep]
        discarded += float(tails[len(tails) - keep - 1] / total) if keep < len(tails) else 0.0
        tensors.append(np.ascontiguousarray(kept.T).reshape(keep, 2, right))
        rest = wide @ kept.conj()
    tensors.append(rest.reshape(1, 2, -1))
    return MPS(tensors=tuple(reversed(tensors))), discarded
