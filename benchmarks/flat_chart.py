"""Blocks as one flat vector of real numbers, for optimisers that know no manifolds.

``G_b = G0_b exp(i sum_a theta_ba P_a)`` with the fifteen two-qubit Paulis ``P_a`` and the starting
blocks ``G0``; the chart stays where it is, it is not re-centred.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.engine import OverlapEngine

FloatArray = NDArray[np.float64]

_PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
GENERATORS: ComplexArray = np.einsum("aij,bkl->abikjl", _PAULIS, _PAULIS).reshape(16, 4, 4)[1:]


def flat_objective(
    engine: OverlapEngine, ansatz: Ansatz, observe: Callable[[float], None]
) -> Callable[[FloatArray], tuple[float, FloatArray]]:
    """``-log F`` and its gradient by the angles; ``observe`` is told each infidelity.

    With ``exp(X) = V e^{ih} V^dagger`` the derivative of the exponential along ``dX`` is
    ``V (Phi o V^dagger dX V) V^dagger``, ``Phi`` the divided differences of ``e^{ih}`` (Daleckii
    and Krein), and ``d log F = 2 Re tr(E^T dG) / o``.
    """

    def objective(angles: FloatArray) -> tuple[float, FloatArray]:
        values, vectors = np.linalg.eigh(np.tensordot(angles.reshape(-1, 15), GENERATORS, axes=1))
        phases, adjoint = np.exp(1j * values), vectors.conj().swapaxes(1, 2)
        gates = np.matmul(ansatz.gates, np.matmul(vectors * phases[:, None, :], adjoint))
        overlap, environments = engine.value_and_environments(gates)
        fidelity = abs(overlap) ** 2
        observe(1.0 - fidelity)
        reduced = np.matmul(environments.swapaxes(1, 2), ansatz.gates) / overlap
        inside = np.matmul(np.matmul(adjoint, reduced), vectors) * _divided(values)
        carried = np.matmul(np.matmul(vectors, inside), adjoint)
        gradient = -2.0 * np.einsum("bij,aji->ba", carried, 1j * GENERATORS).real
        gradient[: ansatz.frozen] = 0.0
        return -float(np.log(fidelity)), gradient.reshape(-1)

    return objective


def _divided(values: FloatArray) -> ComplexArray:
    """``(e^{ix} - e^{iy}) / (ix - iy)`` for all pairs, its limit where they meet."""
    half = 0.5 * (values[:, :, None] - values[:, None, :])
    mean = 0.5 * (values[:, :, None] + values[:, None, :])
    divided: ComplexArray = np.exp(1j * mean) * np.sinc(half / np.pi)
    return divided
