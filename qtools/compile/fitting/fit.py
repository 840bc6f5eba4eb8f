"""Fit the blocks of a circuit to a target state, against a target as sharp as the fit is good.

Far from the optimum the details of the target do not matter, and a target with smaller bonds is
cheaper to contract. So the fit starts against a coarse cut of the target, and each time it comes
near the error of the cut, the cut is made finer. Far from the target another cost may lead; where
the choice is automatic, the fidelity takes over once it is no longer flat.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.blocks.families import structured
from qtools.compile.fitting.blocks.structure import FactoredObjective, Structure
from qtools.compile.fitting.objectives.choice import FLAT_FIDELITY, ObjectiveName, objective_at
from qtools.compile.fitting.objectives.local import LocalCost
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.objectives.objective import Objective
from qtools.compile.fitting.objectives.surrogate import Schedule, Surrogate, surrogate
from qtools.compile.fitting.optimizers.optimizer import Optimization
from qtools.compile.fitting.optimizers.polar_sweeps import PolarSweeps
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.mps import MPS, ComplexArray, compress
from qtools.compile.overlap.choice import Engine, Prediction, build, choose, predict_exact
from qtools.compile.result import HistoryEntry, Outcome

# A cut of the target may be off by this fraction of the infidelity at which it is made, and so may
# an engine that truncates, which pays more for being exact.
_CUT_SHARPNESS = 0.01
_ENGINE_SHARPNESS = 0.1

# A stage ends when the infidelity has fallen to this fraction of that at which it began ...
_STAGE_GAIN = 0.1
# ... and an end against a stage is an end against the target within this fraction of its beginning.
_TRUSTED_GAIN = 0.5

# Infidelities below this are rounding.
_ROUNDING = 1e-14

# Once the goal seems reached, the figures are made this much sharper.
_GOAL_SHARPNESS = 0.02

# Converged: over so many iterations the infidelity fell by less than this fraction.
_PATIENCE = 30
_PATIENCE_WITH_GOAL = 100
_LEAST_PROGRESS = 0.02

# What an optimisation may end with against one cut of the target and not against a finer one.
STAGE_OUTCOMES = (Outcome.FIDELITY_REACHED, Outcome.EXACT_AS_TARGET, Outcome.CONVERGED)

_NEAR_THE_GOAL = (Outcome.FIDELITY_REACHED, Outcome.EXACT_AS_TARGET)


@dataclass(frozen=True, kw_only=True)
class StopRules:
    """When to stop.

    Attributes:
        fidelity: to reach; None to go on until convergence.
        enough: an infidelity so small that the target's own error hides any less.
        max_iterations: of the optimiser.
        deadline: on the clock of ``time.perf_counter``; None for no limit.
    """

    fidelity: float | None = None
    enough: float = 0.0
    max_iterations: int = 1000
    deadline: float | None = None


@dataclass(frozen=True, kw_only=True)
class StageMark:
    """All that it takes to build a stage again.

    Attributes:
        infidelity: for which the stage is made sharp.
        first: history entries before its first.
        objective: the cost, never ``auto``.
        schedule: where the surrogate stands; None for the other costs.
    """

    infidelity: float
    first: int
    objective: ObjectiveName = ObjectiveName.GLOBAL
    schedule: Schedule | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Where a fit stands; enough to go on from there as if nothing had happened.

    Attributes:
        state: of the optimiser; its gates are factors where the blocks are made of such.
        gates: (num_blocks, 4, 4), the best blocks so far.
        history: of all iterations so far.
        mark: of the stage in which the next iteration takes place.
        outcome: why the fit ended; None while it goes on.
    """

    state: Optimization[Any]
    gates: ComplexArray
    history: tuple[HistoryEntry, ...]
    mark: StageMark
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stage:
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

    def worst(self, infidelity: float) -> float:
        """The infidelity to the whole target, if all errors conspire."""
        errors = np.clip([infidelity, self.cut_error], 0.0, 1.0)
        angles = np.arcsin(np.sqrt(errors)).sum() + self.cost.error_angle
        return float(np.sin(min(angles, np.pi / 2)) ** 2)

    @property
    def is_exact(self) -> bool:
        """Whether neither the cut nor the engine approximates anything."""
        return self.cut_error == 0.0 and self.cost.error_angle == 0.0

    def is_used_up(self, infidelity: float) -> bool:
        """Whether a sharper stage would see more."""
        return not self.is_exact and infidelity < _STAGE_GAIN * self.began_at

    def decides(self, outcome: Outcome, infidelity: float, rules: StopRules) -> bool:
        """Whether an outcome of this stage also holds against the target itself."""
        if self.is_exact or outcome not in STAGE_OUTCOMES:
            return True
        if outcome is Outcome.FIDELITY_REACHED and rules.fidelity is not None:
            return self.worst(infidelity) <= 1.0 - rules.fidelity
        if outcome is Outcome.EXACT_AS_TARGET:
            return self.worst(infidelity) <= 2.0 * rules.enough
        return infidelity > _TRUSTED_GAIN * self.began_at


def fit(
    ansatz: Ansatz,
    target: MPS,
    rules: StopRules,
    *,
    infidelity: float,
    began: float,
    engine: Engine = Engine.AUTO,
    max_memory: int = 4 * 2**30,
    strategy: Strategy | None = None,
    resume: Fit | None = None,
) -> Iterator[Fit]:
    """Raise the fidelity of ``ansatz`` with ``target``, one iteration per value yielded.

    Args:
        ansatz: the starting point.
        target: normalised.
        rules: when to stop.
        infidelity: of the starting point with the target.
        began: when the clock of the history started (``time.perf_counter``).
        engine: contracts the overlaps; chosen anew for every stage unless named.
        max_memory: bytes that an engine may take.
        strategy: cost, optimiser and family of blocks; L-BFGS on general blocks by default, with
            the cost chosen by the fidelity.
        resume: go on from here instead, an earlier value of a fit with the same arguments.

    Yields:
        The state after each iteration; the last one has an outcome.

    Raises:
        BadInputError: when the strategy does not fit the circuit.
        CapacityError: when the contraction would take more memory than allowed.
    """
    strategy = strategy or Strategy()
    optimizer = strategy.optimizer
    structure, point = structured(strategy.blocks, ansatz)
    making = _StageMaking(
        ansatz=ansatz,
        target=target,
        structure=structure,
        engine=engine,
        max_memory=max_memory,
        sweeps=isinstance(optimizer, PolarSweeps),
    )
    if resume is None:
        history: list[HistoryEntry] = []
        first = objective_at(strategy.objective, ansatz, infidelity)
        mark = StageMark(infidelity=infidelity, first=0, objective=first)
        stage = making.stage(mark, point)
        state = optimizer.start(stage.cost, point)
    else:
        history, mark, state = list(resume.history), resume.mark, resume.state
        stage = making.stage(mark, state.gates)
        if mark.first == len(history):
            state = optimizer.carried(stage.cost, state)
    while True:
        before, state = state, optimizer.advance(stage.cost, state)
        if state.gates is not before.gates:
            stage, state = _on_schedule(stage, state)
        reached = state.evaluation.infidelity
        history.append(_entry(state, stage, time.perf_counter() - began))
        leads = strategy.objective is ObjectiveName.AUTO and _schedule(stage.cost) is not None
        found = _outcome(
            state,
            history[mark.first :],
            rules,
            knows_its_end=optimizer.knows_its_end,
            leads=leads,
        )
        mark, outcome = _next_mark(mark, stage, found, reached, len(history), rules, leads=leads)
        yield Fit(
            state=state,
            gates=structure.composed(state.gates),
            history=tuple(history),
            mark=mark,
            outcome=outcome,
        )
        if outcome is not None:
            return
        if mark.first == len(history):
            stage = making.stage(mark, state.gates)
            state = optimizer.carried(stage.cost, state)


@dataclass(frozen=True, kw_only=True, eq=False)
class _StageMaking:
    """What all stages of a fit share."""

    ansatz: Ansatz
    target: MPS
    structure: Structure
    engine: Engine
    max_memory: int
    sweeps: bool

    def stage(self, mark: StageMark, point: ComplexArray) -> _Stage:
        """A stage that is sharp enough around the infidelity of its mark."""
        infidelity = max(mark.infidelity, _ROUNDING)
        allowed = _CUT_SHARPNESS * infidelity
        cut = compress(self.target, max_weight=allowed / max(1, self.target.num_sites - 1))
        mps = cut.mps if cut.mps.max_bond < self.target.max_bond else self.target
        prediction = self._prediction(mark.objective, mps)
        angle = float(np.sqrt(_ENGINE_SHARPNESS * infidelity))
        return _Stage(
            cost=self._cost(mark, mps, prediction, angle, point),
            prediction=prediction,
            began_at=infidelity,
            cut_error=0.0 if mps is self.target else cut.discarded_weight,
            bond=mps.max_bond,
        )

    def _prediction(self, objective: ObjectiveName, mps: MPS) -> Prediction:
        engine, memory = self.engine, self.max_memory
        if self.sweeps and engine is Engine.AUTO and objective is ObjectiveName.GLOBAL:
            exact = predict_exact(self.ansatz, mps)
            if exact is not None and exact.memory <= memory:
                return exact  # the one that can replace blocks one after another
        if objective is ObjectiveName.LOCAL:
            engine = Engine.TRUNCATED
        if objective is ObjectiveName.SURROGATE:
            memory //= 2  # two engines
        return choose(self.ansatz, mps, engine=engine, max_memory=memory)

    def _cost(
        self,
        mark: StageMark,
        mps: MPS,
        prediction: Prediction,
        angle: float,
        point: ComplexArray,
    ) -> Objective:
        cost: Objective
        match mark.objective:
            case ObjectiveName.LOCAL:
                cost = LocalCost(self.ansatz, mps, max_angle=angle)
            case ObjectiveName.SURROGATE:
                cost = surrogate(
                    self.ansatz,
                    self.structure.composed(point),
                    lambda other: build(prediction, other, mps, max_angle=angle),
                    mark.schedule,
                )
            case _:
                built = build(prediction, self.ansatz, mps, max_angle=angle)
                cost = LogInfidelity(engine=built, frozen=self.ansatz.frozen)
        if not self.structure.algebras:
            return cost
        return FactoredObjective(inner=cost, structure=self.structure)


def _on_schedule(stage: _Stage, state: Optimization[Any]) -> tuple[_Stage, Optimization[Any]]:
    """The stage with its cost for the next step, and the state under that cost."""
    cost, evaluation, evaluations = stage.cost.after(state.gates, state.evaluation)
    if cost is stage.cost:
        return stage, state
    evaluated = state.evaluations + evaluations
    return replace(stage, cost=cost), replace(state, evaluation=evaluation, evaluations=evaluated)


def _schedule(cost: Objective) -> Schedule | None:
    """Where a surrogate stands."""
    if isinstance(cost, FactoredObjective):
        return _schedule(cost.inner)
    return cost.schedule if isinstance(cost, Surrogate) else None


def _next_mark(
    mark: StageMark,
    stage: _Stage,
    found: Outcome | None,
    reached: float,
    iterations: int,
    rules: StopRules,
    *,
    leads: bool,
) -> tuple[StageMark, Outcome | None]:
    """The mark of the stage in which the next iteration takes place, and why there is none."""
    mark = replace(mark, schedule=_schedule(stage.cost))
    outcome = found if found is None or stage.decides(found, reached, rules) else None
    is_over = found is Outcome.CONVERGED
    if leads and (is_over or 1.0 - reached >= FLAT_FIDELITY):
        ahead = replace(mark, objective=ObjectiveName.GLOBAL, schedule=None, first=iterations)
        return replace(ahead, infidelity=min(reached, stage.began_at)), (
            None if is_over else outcome
        )
    if found in STAGE_OUTCOMES or stage.is_used_up(reached):
        sharper = _GOAL_SHARPNESS if found in _NEAR_THE_GOAL else 1.0
        sharpness = min(reached, stage.began_at) * sharper
        mark = replace(mark, infidelity=sharpness, first=iterations)
    return mark, outcome


def _entry(state: Optimization[Any], stage: _Stage, seconds: float) -> HistoryEntry:
    return HistoryEntry(
        iteration=state.iteration,
        evaluations=state.evaluations,
        seconds=seconds,
        infidelity=state.evaluation.infidelity,
        cost=state.evaluation.cost,
        target_bond=stage.bond,
        engine=stage.prediction.engine,
    )


def _outcome(
    state: Optimization[Any],
    history: Sequence[HistoryEntry],
    rules: StopRules,
    *,
    knows_its_end: bool,
    leads: bool,
) -> Outcome | None:
    """Whether to stop, given the history against the present cut.

    ``knows_its_end`` is that of the optimiser; ``leads`` says that another cost will follow.
    """
    infidelity = state.evaluation.infidelity
    if rules.fidelity is not None and 1.0 - infidelity >= rules.fidelity:
        return Outcome.FIDELITY_REACHED
    if infidelity <= rules.enough:
        return Outcome.EXACT_AS_TARGET
    if state.iteration >= rules.max_iterations:
        return Outcome.ITERATION_LIMIT
    if rules.deadline is not None and time.perf_counter() >= rules.deadline:
        return Outcome.TIME_LIMIT
    if state.stalled:
        return Outcome.CONVERGED
    patience = _PATIENCE if rules.fidelity is None or leads else _PATIENCE_WITH_GOAL
    if knows_its_end or len(history) <= patience:
        return None
    past, now = history[-patience - 1].cost, history[-1].cost
    return Outcome.CONVERGED if now >= (1.0 - _LEAST_PROGRESS) * past else None
