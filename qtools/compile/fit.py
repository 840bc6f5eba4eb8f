"""Fit the blocks of a circuit to a target state, against a target as sharp as the fit is good.

Far from the optimum the details of the target do not matter, and a target with smaller bonds is
cheaper to contract. So the fit starts against a coarse cut of the target, and each time it comes
near the error of the cut, the cut is made finer.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, compress
from qtools.compile.objective import LogInfidelity
from qtools.compile.optimize import Optimization, advance, start
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.result import HistoryEntry, Outcome

# A cut may be off by this fraction of the infidelity at which it is made ...
_CUT_SHARPNESS = 0.01
# ... and is made anew when the infidelity has fallen to this multiple of the cut's own error.
_RECUT_AT = 10.0

# An end against a cut is an end against the target when the cut is off by less than this fraction.
_TRUSTED = 0.02

# Converged: over so many iterations the infidelity fell by less than this fraction.
_PATIENCE = 30
_PATIENCE_WITH_GOAL = 100
_LEAST_PROGRESS = 0.02


@dataclass(frozen=True, kw_only=True)
class StopRules:
    """When to stop.

    Attributes:
        fidelity: enough; None to go on until convergence.
        max_iterations: of the optimiser.
        deadline: on the clock of ``time.perf_counter``; None for no limit.
    """

    fidelity: float | None = None
    max_iterations: int = 1000
    deadline: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Where a fit stands.

    Attributes:
        state: of the optimiser.
        history: of all iterations so far.
        outcome: why the fit ended; None while it goes on.
    """

    state: Optimization
    history: tuple[HistoryEntry, ...]
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stage:
    """The cost against a cut of the target, and the infidelity that the cut may cause."""

    cost: LogInfidelity
    error: float
    bond: int

    def decides(self, outcome: Outcome, infidelity: float) -> bool:
        """Whether an outcome against this cut also holds against the target itself."""
        if outcome is Outcome.FIDELITY_REACHED:
            return self.error == 0.0
        return outcome is not Outcome.CONVERGED or self.error <= _TRUSTED * infidelity


def fit(
    ansatz: Ansatz, target: MPS, rules: StopRules, *, infidelity: float, began: float
) -> Iterator[Fit]:
    """Raise the fidelity of ``ansatz`` with ``target``, one iteration per value yielded.

    Args:
        ansatz: the starting point.
        target: normalised.
        rules: when to stop.
        infidelity: of the starting point with the target.
        began: when the clock of the history started (``time.perf_counter``).

    Yields:
        The state after each iteration; the last one has an outcome.
    """
    history: list[HistoryEntry] = []
    state: Optimization | None = None
    allowed = _CUT_SHARPNESS * infidelity
    while True:
        stage = _stage(ansatz, target, allowed)
        state = start(stage.cost, ansatz.gates) if state is None else _carried(state, stage)
        first = len(history)
        while True:
            state = advance(stage.cost, state)
            reached = state.evaluation.infidelity
            history.append(_entry(state, stage, time.perf_counter() - began))
            outcome = _outcome(state, history[first:], rules)
            if outcome is not None and stage.decides(outcome, reached):
                yield Fit(state=state, history=tuple(history), outcome=outcome)
                return
            yield Fit(state=state, history=tuple(history))
            if outcome is not None or (stage.error > 0.0 and reached < _RECUT_AT * stage.error):
                break
        allowed = 0.0 if outcome is Outcome.FIDELITY_REACHED else _CUT_SHARPNESS * reached


def _stage(ansatz: Ansatz, target: MPS, allowed: float) -> _Stage:
    """The cost against a cut of ``target`` that discards at most ``allowed`` in all."""
    cut = compress(target, max_weight=allowed / max(1, target.num_sites - 1))
    mps = cut.mps if cut.mps.max_bond < target.max_bond else target
    return _Stage(
        cost=LogInfidelity(engine=ExactOverlap(ansatz, mps), frozen=ansatz.frozen),
        error=0.0 if mps is target else cut.discarded_weight,
        bond=mps.max_bond,
    )


def _carried(state: Optimization, stage: _Stage) -> Optimization:
    """The optimiser against a finer cut: same gates, same memory, cost and gradient anew."""
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
    )


def _outcome(
    state: Optimization, history: Sequence[HistoryEntry], rules: StopRules
) -> Outcome | None:
    """Whether to stop, given the history against the present cut."""
    infidelity = state.evaluation.infidelity
    if rules.fidelity is not None and 1.0 - infidelity >= rules.fidelity:
        return Outcome.FIDELITY_REACHED
    if state.iteration >= rules.max_iterations:
        return Outcome.ITERATION_LIMIT
    if rules.deadline is not None and time.perf_counter() >= rules.deadline:
        return Outcome.TIME_LIMIT
    patience = _PATIENCE if rules.fidelity is None else _PATIENCE_WITH_GOAL
    past = history[-patience - 1].infidelity if len(history) > patience else None
    progressing = past is None or infidelity < (1.0 - _LEAST_PROGRESS) * past
    return None if progressing and not state.stalled else Outcome.CONVERGED
