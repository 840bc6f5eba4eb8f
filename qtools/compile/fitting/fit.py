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

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.blocks.families import structured
from qtools.compile.fitting.blocks.structure import FactoredObjective
from qtools.compile.fitting.objectives.choice import FLAT_FIDELITY, ObjectiveName, objective_at
from qtools.compile.fitting.objectives.objective import Objective
from qtools.compile.fitting.objectives.surrogate import Schedule, Surrogate
from qtools.compile.fitting.optimizers.optimizer import Optimization, Optimizer
from qtools.compile.fitting.optimizers.polar_sweeps import PolarSweeps
from qtools.compile.fitting.stages import Stage, StageMaking, StageMark
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.arrays import DOUBLE, Arrays
from qtools.compile.overlap.choice import Engine
from qtools.compile.result import HistoryEntry, Outcome

# An end against a stage is an end against the target within this fraction of its beginning.
_TRUSTED_GAIN = 0.5

# A stage that saw more than there was, or less than there is, is made this much sharper.
_SHARPER = 0.3

# Converged: over so many iterations the infidelity fell by less than this fraction.
_PATIENCE = 30
_PATIENCE_WITH_GOAL = 100
_LEAST_PROGRESS = 0.02

# What an optimisation may end with against one cut of the target and not against a finer one.
STAGE_OUTCOMES = (Outcome.FIDELITY_REACHED, Outcome.EXACT_AS_TARGET, Outcome.CONVERGED)


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Where a fit stands; enough to go on from there as if nothing had happened.

    Attributes:
        state: of the optimiser; its gates are factors where the blocks are made of such.
        gates: (num_blocks, 4, 4), the best blocks so far.
        history: of all iterations so far.
        mark: of the stage in which the next iteration takes place.
        engine: which engine the last iteration used, and why.
        outcome: why the fit ended; None while it goes on.
    """

    state: Optimization[Any]
    gates: ComplexArray
    history: tuple[HistoryEntry, ...]
    mark: StageMark
    engine: str = ""
    outcome: Outcome | None = None


def fit(
    ansatz: Ansatz,
    target: MPS,
    rules: StopRules,
    *,
    infidelity: float,
    began: float,
    engine: Engine = Engine.AUTO,
    max_memory: int = 4 * 2**30,
    arrays: Arrays = DOUBLE,
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
        arrays: where the engines compute.
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
    structure, point = structured(strategy.blocks, ansatz, third=strategy.third)
    making = StageMaking(
        ansatz=ansatz,
        target=target,
        structure=structure,
        engine=engine,
        max_memory=max_memory,
        arrays=arrays,
        sweeps=isinstance(optimizer, PolarSweeps),
    )
    history: list[HistoryEntry] = []
    if resume is None:
        first = objective_at(strategy.objective, ansatz, infidelity)
        mark = StageMark(infidelity=infidelity, first=0, point=point, objective=first)
        stage = making.stage(mark)
        state = optimizer.start(stage.cost, point)
    else:
        history += resume.history
        mark = resume.mark
        stage, state = _entered(mark, making, optimizer, resume.state, len(history))
    while True:
        before, state = state, optimizer.advance(stage.cost, state)
        if state.gates is not before.gates:
            stage, state = _on_schedule(stage, state)
        history.append(_entry(state, stage, time.perf_counter() - began))
        mark, outcome = _decided(mark, stage, state, history, rules, strategy, making)
        yield Fit(
            state=state,
            gates=structure.composed(state.gates),
            history=tuple(history),
            mark=mark,
            engine=stage.prediction.reason,
            outcome=outcome,
        )
        if outcome is not None:
            return
        if mark.first == len(history):
            stage, state = _entered(mark, making, optimizer, state, len(history))


def _entered(
    mark: StageMark,
    making: StageMaking,
    optimizer: Optimizer,
    state: Optimization[Any],
    iterations: int,
) -> tuple[Stage, Optimization[Any]]:
    """The stage of a mark, and the optimiser's state in it."""
    stage = making.stage(mark)
    if mark.first == iterations:
        state = optimizer.carried(stage.cost, state)
    return stage, state


def _decided(
    mark: StageMark,
    stage: Stage,
    state: Optimization[Any],
    history: Sequence[HistoryEntry],
    rules: StopRules,
    strategy: Strategy,
    making: StageMaking,
) -> tuple[StageMark, Outcome | None]:
    """The mark of the stage in which the next iteration takes place, and why there is none."""
    schedule = _schedule(stage.cost)
    leads = strategy.objective is ObjectiveName.AUTO and schedule is not None
    found = _outcome(
        state,
        history[mark.first :],
        rules,
        knows_its_end=strategy.optimizer.knows_its_end,
        leads=leads,
    )
    here = replace(mark, schedule=schedule)
    ahead = _ahead(here, stage, state, len(history))
    if leads:
        return _after_surrogate(here, ahead, found, state)
    return _next_mark(here, ahead, stage, found, state, rules, making)


def _on_schedule(stage: Stage, state: Optimization[Any]) -> tuple[Stage, Optimization[Any]]:
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


def _ahead(mark: StageMark, stage: Stage, state: Optimization[Any], iterations: int) -> StageMark:
    """The mark of a stage that begins here, as sharp as the fit is good."""
    infidelity = min(state.evaluation.infidelity, stage.began_at)
    return replace(mark, infidelity=infidelity, first=iterations, point=state.gates)


def _after_surrogate(
    here: StageMark, ahead: StageMark, found: Outcome | None, state: Optimization[Any]
) -> tuple[StageMark, Outcome | None]:
    """The next mark under a cost that leads to the fidelity, and why there is none."""
    is_over = found is Outcome.CONVERGED
    fidelity = 1.0 - state.evaluation.infidelity
    flips = state.evaluation.flips
    has_nothing_to_add = bool(flips) and max(flips) <= fidelity
    if is_over or has_nothing_to_add or fidelity >= FLAT_FIDELITY:
        ahead = replace(ahead, objective=ObjectiveName.GLOBAL, schedule=None)
        return ahead, None if is_over else found
    return here, found


def _next_mark(
    here: StageMark,
    ahead: StageMark,
    stage: Stage,
    found: Outcome | None,
    state: Optimization[Any],
    rules: StopRules,
    making: StageMaking,
) -> tuple[StageMark, Outcome | None]:
    """The next mark under the fidelity itself, and why there is none."""
    if found is not None and found not in STAGE_OUTCOMES:
        # With a higher limit, the fit goes on from here as if there had been none.
        return _next_mark(here, ahead, stage, None, state, rules, making)[0], found
    if found is not None and stage.is_exact:
        return here, found
    drowned = stage.is_drowned(state.evaluation, stalled=found is Outcome.CONVERGED)
    if found is not None and not drowned and _holds(found, stage, state, rules, making):
        return here, found
    if found is not None or drowned:
        return replace(ahead, infidelity=_SHARPER * ahead.infidelity), None
    if stage.is_used_up(state.evaluation.infidelity) or stage.cost.accuracy.outgrown:
        return ahead, None
    return here, None


def _holds(
    found: Outcome, stage: Stage, state: Optimization[Any], rules: StopRules, making: StageMaking
) -> bool:
    """Whether an outcome against the cut of a stage also holds against the target itself."""
    if found is Outcome.CONVERGED:
        return state.evaluation.infidelity > _TRUSTED_GAIN * stage.began_at
    infidelity = making.precise_infidelity(state.gates, state.evaluation.infidelity)
    if found is Outcome.EXACT_AS_TARGET:
        return infidelity <= 2.0 * rules.enough
    return rules.fidelity is not None and infidelity <= 1.0 - rules.fidelity


def _entry(state: Optimization[Any], stage: Stage, seconds: float) -> HistoryEntry:
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
