"""The stages of a fit: a cut of the target and an engine, as sharp as the fit is good.

Far from the optimum the details of the target do not matter, and a target with smaller bonds is
cheaper to contract. A stage is made for an infidelity; it is over when the infidelity has fallen
well below it, when truncation drowns the gradient, or when the gates have gone far from those
around which its engine was made.
"""

from dataclasses import dataclass

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.blocks.structure import FactoredObjective, Structure
from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.objectives.choice import ObjectiveName
from qtools.compile.fitting.objectives.local import LocalCost
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.objectives.objective import Objective
from qtools.compile.fitting.objectives.surrogate import Schedule, surrogate
from qtools.compile.mps import MPS, ComplexArray, compress
from qtools.compile.overlap.arrays import Arrays
from qtools.compile.overlap.choice import (
    Engine,
    Prediction,
    build,
    choose,
    precise_overlap,
    predict_exact,
)

# A cut of the target may be off by this fraction of the infidelity at which it is made. The angle
# by which an engine that truncates may put the state off counts squared, as does its effect on the
# overlap; it pays more for being exact.
_CUT_SHARPNESS = 0.01
_ENGINE_SHARPNESS = 0.3

# A stage ends when the infidelity has fallen to this fraction of that at which it began ...
_STAGE_GAIN = 0.1
# ... or when the error of the gradient is this much of the gradient, or less where no progress is
# made, unless the stage is sharper than the infidelity by this factor already.
_DROWNED = 0.7
_STALLING = 0.1
_SHARPEST = 0.05

# Infidelities below this are rounding; below this, single precision begins to show.
_ROUNDING = 1e-14
_SINGLE_ENOUGH = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class StageMark:
    """All that it takes to build a stage again.

    Attributes:
        infidelity: for which the stage is made sharp.
        first: history entries before its first.
        point: of the optimiser when the stage began; an engine that truncates is made around it.
        objective: the cost, never ``auto``.
        schedule: where the surrogate stands; None for the other costs.
    """

    infidelity: float
    first: int
    point: ComplexArray
    objective: ObjectiveName = ObjectiveName.GLOBAL
    schedule: Schedule | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """The cost against a cut of the target, as sharp as the infidelity at its beginning needs.

    Attributes:
        cost: of the circuit against the cut.
        prediction: which engine contracts the overlap, and why.
        began_at: the infidelity for which the stage was made sharp.
        cut_error: infidelity between the target and its cut, at most.
        bond: largest bond of the cut.
    """

    cost: Objective
    prediction: Prediction
    began_at: float
    cut_error: float
    bond: int

    @property
    def is_exact(self) -> bool:
        """Whether neither the cut nor the engine approximates anything."""
        return self.cut_error == 0.0 and self.cost.accuracy.is_exact

    def is_used_up(self, infidelity: float) -> bool:
        """Whether a sharper stage would see more."""
        return not self.is_exact and infidelity < _STAGE_GAIN * self.began_at

    def is_drowned(self, evaluation: Evaluation, *, stalled: bool) -> bool:
        """Whether truncation hides where the cost falls, and a sharper stage would show it."""
        found = float(np.linalg.norm(evaluation.gradient)) * abs(evaluation.overlap)
        hidden = self.cost.accuracy.gradient > (_STALLING if stalled else _DROWNED) * found
        return hidden and self.began_at > _SHARPEST * evaluation.infidelity


@dataclass(frozen=True, kw_only=True, eq=False)
class StageMaking:
    """What all stages of a fit share.

    Attributes:
        ansatz: the circuit, its gates those at the beginning.
        target: the whole target.
        structure: how its blocks are made of factors.
        engine: contracts the overlaps, or ``auto``.
        max_memory: bytes that an engine may take.
        arrays: where to compute, and how precisely as long as the fit is coarse.
        sweeps: whether an engine that can replace blocks one after another is preferred.
    """

    ansatz: Ansatz
    target: MPS
    structure: Structure
    engine: Engine
    max_memory: int
    arrays: Arrays
    sweeps: bool = False

    def stage(self, mark: StageMark) -> Stage:
        """A stage that is sharp enough around the infidelity of its mark."""
        infidelity = max(mark.infidelity, _ROUNDING)
        allowed = _CUT_SHARPNESS * infidelity
        cut = compress(self.target, max_weight=allowed / max(1, self.target.num_sites - 1))
        mps = cut.mps if cut.mps.max_bond < self.target.max_bond else self.target
        prediction = self._prediction(mark.objective, mps)
        angle = float(np.sqrt(_ENGINE_SHARPNESS * infidelity))
        return Stage(
            cost=self._cost(mark, mps, prediction, angle),
            prediction=prediction,
            began_at=infidelity,
            cut_error=0.0 if mps is self.target else cut.discarded_weight,
            bond=mps.max_bond,
        )

    def precise_infidelity(self, point: ComplexArray, about: float) -> float:
        """The infidelity to the whole target at a point of the optimiser, known to be ``about``."""
        circuit = self.ansatz.with_gates(self.structure.composed(point))
        overlap = precise_overlap(
            circuit,
            self.target,
            engine=self.engine,
            max_memory=self.max_memory,
            infidelity=min(1.0, max(0.0, about)),
        )
        return max(0.0, 1.0 - abs(overlap) ** 2)

    def _prediction(self, objective: ObjectiveName, mps: MPS) -> Prediction:
        engine, memory = self.engine, self.max_memory
        if self.sweeps and engine is Engine.AUTO and objective is ObjectiveName.GLOBAL:
            exact = predict_exact(self.ansatz, mps)
            if exact is not None and exact.memory <= memory:
                return exact
        if objective is ObjectiveName.LOCAL:
            engine = Engine.TRUNCATED
        if objective is ObjectiveName.SURROGATE:
            memory //= 2  # two engines
        return choose(self.ansatz, mps, engine=engine, max_memory=memory)

    def _cost(self, mark: StageMark, mps: MPS, prediction: Prediction, angle: float) -> Objective:
        around = self.ansatz.with_gates(self.structure.composed(mark.point))
        arrays = self.arrays if mark.infidelity > _SINGLE_ENOUGH else self.arrays.in_double
        cost: Objective
        match mark.objective:
            case ObjectiveName.LOCAL:
                cost = LocalCost(self.ansatz, mps, max_angle=angle)
            case ObjectiveName.SURROGATE:
                cost = surrogate(
                    around,
                    around.gates,
                    lambda other: build(prediction, other, mps, max_angle=angle, arrays=arrays),
                    mark.schedule,
                )
            case _:
                built = build(prediction, around, mps, max_angle=angle, arrays=arrays)
                cost = LogInfidelity(engine=built, frozen=self.ansatz.frozen)
        if not self.structure.algebras:
            return cost
        return FactoredObjective(inner=cost, structure=self.structure)
