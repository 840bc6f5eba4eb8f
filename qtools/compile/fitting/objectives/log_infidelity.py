"""The global cost: ``-log F`` of the fidelity ``F = |<target|V|0>|^2``.

The logarithm makes the cost a sum over the chain, so that its curvature does not depend on the
number of qubits, nor on how small the fidelity still is.

With the environment ``E`` of a block (``o = sum(E * G)``) and ``R = conj(o) E^T G / F``,
``dF / F = 2 Re tr(R X)``. The Hermitian part of ``R``, of trace one, becomes the reduced density
matrix of the state that the block acts on when the fidelity approaches one, and with it the
curvature of the cost.
"""

from dataclasses import dataclass

import numpy as np

from qtools.compile.fitting.evaluation import Evaluation, Part
from qtools.compile.fitting.objectives.objective import without_frozen
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.accuracy import Accuracy
from qtools.compile.overlap.engine import OverlapEngine, SweepingEngine

SMALLEST_FIDELITY = 1e-300
"""Fidelities below this have no gradient that a double could hold."""


_INERTIA = 0.02  # of a block in a sweep, as a share of the overlap


@dataclass(frozen=True, kw_only=True, eq=False)
class LogInfidelity:
    """The cost ``-log F`` of the blocks of a circuit.

    Attributes:
        engine: contracts the overlap.
        frozen: the first blocks, which do not move.
    """

    engine: OverlapEngine
    frozen: int = 0

    @property
    def accuracy(self) -> Accuracy:
        """That of the engine."""
        return self.engine.accuracy

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at gates (num_blocks, 4, 4)."""
        part = Part.of(*self.engine.value_and_environments(gates), gates)
        fidelity = max(part.fidelity, SMALLEST_FIDELITY)
        return Evaluation.of(
            part.overlap, -float(np.log(fidelity)), part.reduced / fidelity, frozen=self.frozen
        )

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """``directions`` without those of frozen blocks."""
        return without_frozen(directions, self.frozen)

    @property
    def sweep_pays(self) -> bool:
        """Whether the engine sweeps, and cheaply."""
        return isinstance(self.engine, SweepingEngine) and self.engine.sweep_pays

    def swept(self, gates: ComplexArray) -> ComplexArray | None:
        """All blocks but frozen ones replaced by their best, one after another, there and back.

        None where the engine does not walk along the chain.
        """
        if not isinstance(self.engine, SweepingEngine):
            return None
        swept = gates.copy()

        def best(block: int, environment: ComplexArray) -> ComplexArray:
            if block >= self.frozen:
                swept[block] = nearest_best(swept[block], environment)
            replaced: ComplexArray = swept[block]
            return replaced

        self.engine.swept(gates, best)
        return swept

    def after(
        self, gates: ComplexArray, evaluation: Evaluation
    ) -> tuple["LogInfidelity", Evaluation, int]:
        """The same: nothing is scheduled."""
        return self, evaluation, 0


def nearest_best(gate: ComplexArray, environment: ComplexArray) -> ComplexArray:
    """The unitary that raises ``|sum(E * G)|`` most, held back a little towards ``gate``.

    Where the block acts on a part of the space that its input hardly populates, the environment
    says nothing, and without the weight on ``gate`` noise would decide. With it, the overlap
    still never falls.
    """
    overlap = complex(np.sum(environment * gate))
    size = abs(overlap)
    if size == 0.0:
        return gate
    u, _, v = np.linalg.svd(environment.conj() * (overlap / size**2) + _INERTIA * gate)
    best: ComplexArray = u @ v
    return best
