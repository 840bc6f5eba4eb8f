"""Fit the blocks of a circuit to a target state, against a target as sharp as the fit is good.

Far from the optimum the details of the target do not matter, and a target with smaller bonds is
cheaper to contract. So the fit starts against a coarse cut of the target, and each time it comes
near the error of the cut, the cut is made finer.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.lbfgs import Optimization, advance, start
from qtools.compile.fitting.objective import LogInfidelity, OverlapEngine
from qtools.compile.mps import MPS, compress
from qtools.compile.overlap.choice import Engine, Prediction, build, choose
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
    """

    infidelity: float
    first: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Where a fit stands; enough to go on from there as if nothing had happened.

    Attributes:
        state: of the optimiser.
        history: of all iterations so far.
        mark: of the stage in which the next iteration takes place.
        outcome: why the fit ended; None while it goes on.
    """

    state: Optimization
    history: tuple[HistoryEntry, ...]
    mark: StageMark
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stage:
    """The cost against a cut of the target, as sharp as the infidelity at its beginning needs.

    Attributes:
        cost: of the circuit against the cut.
        engine: contracts the overlap.
        prediction: why that engine.
        began_at: the infidelity for which the stage was made sharp.
        cut_error: infidelity between the target and its cut, at most.
        bond: largest bond of the cut.
    """

    cost: LogInfidelity
    engine: OverlapEngine
    prediction: Prediction
    began_at: float
    cut_error: float
    bond: int

    def worst(self, infidelity: float) -> float:
        """The infidelity to the whole target, if all errors conspire."""
        errors = np.clip([infidelity, self.cut_error], 0.0, 1.0)
        angles = np.arcsin(np.sqrt(errors)).sum() + self.engine.error_angle
        return float(np.sin(min(angles, np.pi / 2)) ** 2)

    @property
    def is_exact(self) -> bool:
        """Whether neither the cut nor the engine approximates anything."""
        return self.cut_error == 0.0 and self.engine.error_angle == 0.0

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
        resume: go on from here instead, an earlier value of a fit with the same arguments.

    Yields:
        The state after each iteration; the last one has an outcome.
    """

    def stage_for(mark: StageMark) -> _Stage:
        return _stage(ansatz, target, mark.infidelity, engine, max_memory)

    history = [] if resume is None else list(resume.history)
    mark = StageMark(infidelity=infidelity, first=0) if resume is None else resume.mark
    stage = stage_for(mark)
    state = start(stage.cost, ansatz.gates) if resume is None else resume.state
    if resume is not None and mark.first == len(history):
        state = _carried(state, stage)
    while True:
        state = advance(stage.cost, state)
        reached = state.evaluation.infidelity
        history.append(_entry(state, stage, time.perf_counter() - began))
        found = _outcome(state, history[mark.first :], rules)
        outcome = found if found is None or stage.decides(found, reached, rules) else None
        if found in STAGE_OUTCOMES or stage.is_used_up(reached):
            sharper = _GOAL_SHARPNESS if found in _NEAR_THE_GOAL else 1.0
            sharpness = min(reached, stage.began_at) * sharper
            mark = StageMark(infidelity=sharpness, first=len(history))
        yield Fit(state=state, history=tuple(history), mark=mark, outcome=outcome)
        if outcome is not None:
            return
        if mark.first == len(history):
            stage = stage_for(mark)
            state = _carried(state, stage)


def _stage(
    ansatz: Ansatz, target: MPS, infidelity: float, engine: Engine, max_memory: int
) -> _Stage:
    """A stage that is sharp enough around ``infidelity``."""
    infidelity = max(infidelity, _ROUNDING)
    allowed = _CUT_SHARPNESS * infidelity
    cut = compress(target, max_weight=allowed / max(1, target.num_sites - 1))
    mps = cut.mps if cut.mps.max_bond < target.max_bond else target
    prediction = choose(ansatz, mps, engine=engine, max_memory=max_memory)
    angle = float(np.sqrt(_ENGINE_SHARPNESS * infidelity))
    built = build(prediction, ansatz, mps, max_angle=angle)
    return _Stage(
        cost=LogInfidelity(engine=built, frozen=ansatz.frozen),
        engine=built,
        prediction=prediction,
        began_at=infidelity,
        cut_error=0.0 if mps is target else cut.discarded_weight,
        bond=mps.max_bond,
    )


def _carried(state: Optimization, stage: _Stage) -> Optimization:
    """The optimiser in a new stage: same gates, same memory, cost and gradient anew."""
    return replace(
        state,
        evaluation=stage.cost(state.gates),
        evaluations=state.evaluations + 1,
        stalled=False,
    )


def _entry(state: Optimization, stage: _Stage, seconds: float) -> HistoryEntry:
    return HistoryEntry(
        iteration=state.iteration,
        evaluations=state.evaluations,
        seconds=seconds,
        infidelity=state.evaluation.infidelity,
        target_bond=stage.bond,
        engine=stage.prediction.engine,
    )


def _outcome(
    state: Optimization, history: Sequence[HistoryEntry], rules: StopRules
) -> Outcome | None:
    """Whether to stop, given the history against the present cut."""
    infidelity = state.evaluation.infidelity
    if rules.fidelity is not None and 1.0 - infidelity >= rules.fidelity:
        return Outcome.FIDELITY_REACHED
    if infidelity <= rules.enough:
        return Outcome.EXACT_AS_TARGET
    if state.iteration >= rules.max_iterations:
        return Outcome.ITERATION_LIMIT
    if rules.deadline is not None and time.perf_counter() >= rules.deadline:
        return Outcome.TIME_LIMIT
    patience = _PATIENCE if rules.fidelity is None else _PATIENCE_WITH_GOAL
    past = history[-patience - 1].infidelity if len(history) > patience else None
    progressing = past is None or infidelity < (1.0 - _LEAST_PROGRESS) * past
    return None if progressing and not state.stalled else Outcome.CONVERGED
