"""What the optimiser minimises: ``-log F`` of the fidelity ``F = |<target|V|0>|^2``.

The logarithm makes the cost a sum over the chain, so that its curvature does not depend on the
number of qubits, nor on how small the fidelity still is.

A block moves as ``G -> G exp(X)`` with ``X`` anti-Hermitian. With the environment ``E`` of a block
(``o = sum(E * G)``) and ``R = conj(o) G^T E / F`` transposed, ``dF / F = 2 Re tr(R X)``, so the
gradient in the inner product ``Re tr(A^dagger B)`` is twice the anti-Hermitian part of ``R``. The
Hermitian part of ``R``, of trace one, becomes the reduced density matrix of the state that the
block acts on when the fidelity approaches one, and with it the curvature of the cost.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qtools.compile.mps import ComplexArray


class OverlapEngine(Protocol):
    """Gives the overlap of a circuit with a target, and its derivatives.

    Attributes:
        error_angle: estimate of the angle, in radians, by which the last evaluation was off.
    """

    error_angle: float

    def value(self, gates: ComplexArray) -> complex:
        """``<target|V|0>`` for gates (num_blocks, 4, 4)."""

    def value_and_environments(self, gates: ComplexArray) -> tuple[complex, ComplexArray]:
        """The overlap and its derivatives (num_blocks, 4, 4) by the entries of the gates."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Cost, gradient and curvature model at one point.

    Attributes:
        overlap: ``<target|V|0>``.
        cost: ``-log |overlap|^2``.
        gradient: (num_blocks, 4, 4), anti-Hermitian, zero for frozen blocks.
        densities: (num_blocks, 4, 4), Hermitian, about the state that each block acts on.
    """

    overlap: complex
    cost: float
    gradient: ComplexArray
    densities: ComplexArray

    @property
    def infidelity(self) -> float:
        """``1 - |overlap|^2``."""
        return -float(np.expm1(-self.cost))


@dataclass(frozen=True, kw_only=True, eq=False)
class LogInfidelity:
    """The cost ``-log F`` of the blocks of a circuit.

    Attributes:
        engine: contracts the overlap.
        frozen: the first blocks, which do not move.
    """

    engine: OverlapEngine
    frozen: int = 0

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at gates (num_blocks, 4, 4)."""
        overlap, environments = self.engine.value_and_environments(gates)
        fidelity = abs(overlap) ** 2
        reduced = np.matmul(environments.swapaxes(1, 2), gates) * (overlap.conjugate() / fidelity)
        gradient = reduced - reduced.conj().swapaxes(1, 2)
        gradient[: self.frozen] = 0.0
        return Evaluation(
            overlap=overlap,
            cost=-float(np.log(fidelity)),
            gradient=gradient,
            densities=0.5 * (reduced + reduced.conj().swapaxes(1, 2)),
        )
