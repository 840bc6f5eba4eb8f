"""A cost with its gradient at one point, and what gives one: the language of fits.

A block moves as ``G -> G exp(X)`` with ``X`` anti-Hermitian. Every cost here changes by
``-2 Re tr(R X)`` with one (4, 4) matrix ``R`` per block, so its gradient in the inner product
``Re tr(A^dagger B)`` is twice the anti-Hermitian part of ``R``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import ComplexArray

Arrays = dict[str, NDArray[Any]]
"""Named arrays, as a checkpoint keeps them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One of several overlaps that make up a cost.

    Attributes:
        overlap: of the circuit with the target, something in it changed.
        reduced: (num_blocks, 4, 4), ``conj(overlap) E^T G`` with the environments ``E``.
    """

    overlap: complex
    reduced: ComplexArray

    @classmethod
    def of(cls, overlap: complex, environments: ComplexArray, gates: ComplexArray) -> "Part":
        """From what an engine gives; all arrays (num_blocks, 4, 4)."""
        reduced = np.matmul(environments.swapaxes(1, 2), gates) * overlap.conjugate()
        return cls(overlap=overlap, reduced=reduced)

    @property
    def fidelity(self) -> float:
        """``|overlap|^2``."""
        return abs(self.overlap) ** 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Cost, gradient and curvature model at one point.

    Attributes:
        overlap: ``<target|V|0>``.
        cost: what is minimised.
        gradient: (num_blocks, 4, 4), anti-Hermitian, zero for frozen blocks.
        densities: (num_blocks, 4, 4), Hermitian, about the state that each block acts on.
        parts: what a scheduled cost is put together from; empty for others.
        flips: (num_qubits,) fidelities with each qubit flipped; empty where nothing needs them.
    """

    overlap: complex
    cost: float
    gradient: ComplexArray
    densities: ComplexArray
    parts: tuple[Part, ...] = ()
    flips: tuple[float, ...] = ()

    @classmethod
    def of(
        cls,
        overlap: complex,
        cost: float,
        reduced: ComplexArray,
        *,
        frozen: int,
        scale: float = 1.0,
        parts: tuple[Part, ...] = (),
        flips: tuple[float, ...] = (),
    ) -> "Evaluation":
        """From ``R`` (num_blocks, 4, 4) of a cost that changes by ``-2 scale Re tr(R X)``."""
        adjoint = reduced.conj().swapaxes(1, 2)
        gradient = scale * (reduced - adjoint)
        gradient[:frozen] = 0.0
        return cls(
            overlap=overlap,
            cost=cost,
            gradient=gradient,
            densities=0.5 * (reduced + adjoint),
            parts=parts,
            flips=flips,
        )

    @property
    def infidelity(self) -> float:
        """``1 - |overlap|^2``."""
        return 1.0 - abs(self.overlap) ** 2

    def arrays(self) -> Arrays:
        """For a checkpoint; the parts are needed only until the schedule has moved on."""
        return {
            "overlap": np.array(self.overlap),
            "cost": np.array(self.cost),
            "gradient": self.gradient,
            "densities": self.densities,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Evaluation":
        """Out of :meth:`arrays`."""
        return cls(
            overlap=complex(arrays["overlap"]),
            cost=float(arrays["cost"]),
            gradient=arrays["gradient"],
            densities=arrays["densities"],
        )


class Cost(Protocol):
    """What an optimiser minimises."""

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at gates (num_blocks, 4, 4)."""

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """The part of anti-Hermitian ``directions`` (num_blocks, 4, 4) along which blocks move."""


@runtime_checkable
class Sweepable(Protocol):
    """A cost whose blocks can be replaced one after another.

    Attributes:
        sweep_pays: whether a sweep costs about as much as two evaluations, which it gains more
            than when the fit begins.
    """

    @property
    def sweep_pays(self) -> bool:
        """See the class."""

    def swept(self, gates: ComplexArray) -> ComplexArray | None:
        """The gates after one sweep there and back; None where the engine cannot sweep."""
