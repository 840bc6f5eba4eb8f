"""The fewest brick layers that reach a fidelity, or the best fidelity within a time.

The search climbs layer by layer. Each depth starts from the usual start or from the shallower
solution with an idle layer behind it, whichever is closer, and is given up as soon as its pace says
that the goal is far out of reach. Once a depth reaches the goal, the one below it goes on from
where it was given up, until it converges or would take thousands of iterations: it is shown to fail
and not only assumed to. If it reaches the goal after all, the search goes on downwards.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from qtools.compile.ansatz import Ansatz
from qtools.compile.compiler import finished
from qtools.compile.fitting.checkpoint import Checkpoints
from qtools.compile.fitting.fit import Fit
from qtools.compile.fitting.sitting import Sitting, silent
from qtools.compile.problem.state_problem import Problem
from qtools.compile.result import CompilationResult, DepthTrial, Outcome
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.choose import (
    better_start,
    must_be_followed,
    starting_ansatz,
    target_of,
)
from qtools.compile.starts.continuation import deepened
from qtools.compile.target.evolve import Target
from qtools.compile.threads import single_threaded_blas
from qtools.console import Ticker
from qtools.errors import CapacityError


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When to give a depth up.

    Attributes:
        earliest: iterations before the pace means anything.
        most: iterations to the goal, at the present pace, beyond which it is out of reach.
    """

    earliest: int
    most: int


_CLIMBING = Patience(earliest=10, most=400)
_SHOWING = Patience(earliest=60, most=5000)

# Without a goal: deeper circuits must gain at least this factor in infidelity.
_LEAST_GAIN = 0.95

_STOPPED = (Outcome.TIME_LIMIT, Outcome.INTERRUPTED)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Try:
    """A depth with the last state of its fit."""

    layers: int
    ansatz: Ansatz
    fit: Fit
    start: str
    is_shown: bool = False

    @property
    def compiled(self) -> Ansatz:
        return self.ansatz.with_gates(self.fit.gates)

    @property
    def infidelity(self) -> float:
        return self.fit.state.evaluation.infidelity

    @property
    def reached(self) -> bool:
        return self.fit.outcome is Outcome.FIDELITY_REACHED

    @property
    def trial(self) -> DepthTrial:
        unfinished = "out_of_reach" if self.is_shown else "given_up"
        outcome = unfinished if self.fit.outcome is None else self.fit.outcome.name.lower()
        return DepthTrial(
            layers=self.layers,
            fidelity=1.0 - self.infidelity,
            iterations=self.fit.state.iteration,
            outcome=outcome,
            start=self.start,
        )


def search_depth(
    problem: Problem,
    settings: CompileSettings,
    *,
    on_progress: Ticker | None = None,
    checkpoints: Checkpoints | None = None,
    first: int = 1,
    start: Ansatz | None = None,
) -> CompilationResult:
    """The shallowest circuit that reaches ``settings.fidelity``, or the best that time allows.

    Args:
        problem: what to prepare.
        settings: ``layers`` is the deepest circuit to try; without ``fidelity``, depth is added
            until ``max_seconds`` are over or it no longer helps.
        on_progress: is told what goes on.
        checkpoints: where to keep the state of the fits.
        first: depth to begin with; depths below it are tried when it reaches the fidelity.
        start: gates of ``first`` layers to start from if they are closer than the usual start.

    Returns:
        The result without a certificate. Its ``trials`` tell all depths that were tried.

    Raises:
        CapacityError: when not even the first depth fits into memory.
    """
    sitting = Sitting(settings=settings, tell=on_progress or silent, checkpoints=checkpoints)
    with single_threaded_blas():
        target = target_of(problem, sitting)
        search = _Search(problem=problem, sitting=sitting, target=target)
        found = search.run(first, start)
        sitting.settings = replace(settings, layers=found.layers)
        ended = found.fit if found.fit.outcome else replace(found.fit, outcome=Outcome.CONVERGED)
        if search.stopped is not None:
            ended = replace(ended, outcome=search.stopped)
        result = finished(problem, sitting, found.compiled, target, ended)
    return replace(result, trials=tuple(attempt.trial for attempt in search.tried))


@dataclass(kw_only=True)
class _Search:
    problem: Problem
    sitting: Sitting
    target: Target
    stopped: Outcome | None = None

    def __post_init__(self) -> None:
        self.tried: list[_Try] = []

    def run(self, first: int, start: Ansatz | None) -> _Try:
        """The depth to take."""
        deepest = self.sitting.settings.layers
        first = min(first, deepest)
        attempt = self._attempt(first, start)
        while not (attempt.reached or self.stopped or attempt.layers >= deepest):
            if self._no_longer_helps():
                break
            try:
                attempt = self._attempt(
                    attempt.layers + 1, deepened(self.problem, attempt.compiled, attempt.layers)
                )
            except CapacityError:
                break
        while attempt.reached and attempt.layers > 1 and not self.stopped:
            below = self._shown_to_fail(attempt)
            if not below.reached:
                break
            attempt = below
        if attempt.reached:
            return attempt
        reached = [tried for tried in self.tried if tried.reached]
        if reached:
            return reached[-1]
        best = min(self.tried, key=lambda tried: tried.infidelity)
        return best if self.stopped else self._to_the_end(best, None)

    def _attempt(self, layers: int, warm: Ansatz | None) -> _Try:
        """Fit one depth, giving up when the goal is out of reach."""
        sitting, settings = self.sitting, self.sitting.settings
        candidates = [] if warm is None or settings.start == "staircase" else [warm]
        # A circuit from below is near already; following the whole path again would take longer
        # than the fit.
        if not candidates or not must_be_followed(self.problem):
            candidates.insert(0, starting_ansatz(self.problem, layers, self.target, sitting))
        begin = better_start(candidates, self.target, settings)
        fit = sitting.fitted(
            begin.ansatz,
            self.target,
            begin.infidelity,
            name=f"depth-{layers}",
            give_up=self._giving_up(_CLIMBING),
        )
        start = "warm" if begin.ansatz is warm else "usual"
        return self._noted(_Try(layers=layers, ansatz=begin.ansatz, fit=fit, start=start))

    def _shown_to_fail(self, above: _Try) -> _Try:
        """The depth below one that reaches the goal, fitted until it converges or reaches it."""
        layers = above.layers - 1
        given_up = next((t for t in self.tried if t.layers == layers), None)
        if given_up is None:
            given_up = self._attempt(layers, None)
        return self._to_the_end(given_up, _SHOWING)

    def _to_the_end(self, given_up: _Try, patience: Patience | None) -> _Try:
        """Go on with a depth that was given up."""
        if given_up.fit.outcome is not None:
            return given_up
        fit = self.sitting.fitted(
            given_up.ansatz,
            self.target,
            given_up.infidelity,
            name=f"depth-{given_up.layers}-on",
            give_up=None if patience is None else self._giving_up(patience),
            resume=given_up.fit,
        )
        self.tried.remove(given_up)
        return self._noted(replace(given_up, fit=fit, is_shown=True))

    def _giving_up(self, patience: Patience) -> Callable[[Fit], bool] | None:
        fidelity = self.sitting.settings.fidelity
        if fidelity is None:
            return None
        return lambda latest: is_hopeless(latest, 1.0 - fidelity, patience)

    def _noted(self, attempt: _Try) -> _Try:
        self.tried.append(attempt)
        if attempt.fit.outcome in _STOPPED:
            self.stopped = attempt.fit.outcome
        return attempt

    def _no_longer_helps(self) -> bool:
        """Whether two more layers gained next to nothing, when no fidelity was asked for."""
        if self.sitting.settings.fidelity is not None or len(self.tried) < 3:
            return False
        before, now = self.tried[-3].infidelity, self.tried[-1].infidelity
        return now > _LEAST_GAIN * before


def is_hopeless(latest: Fit, goal: float, patience: Patience) -> bool:
    """Whether a fit at its present pace needs far too many iterations to the infidelity ``goal``.

    Infidelities fall about as a power of the iteration; the power is taken from the second half of
    the history.
    """
    history = latest.history
    now = len(history)
    if now < patience.earliest or history[-1].infidelity <= goal:
        return False
    half = history[now // 2 - 1]
    fallen = math.log(half.infidelity / history[-1].infidelity)
    power = fallen / math.log(now / (now // 2))
    wanted = math.log(history[-1].infidelity / goal)
    return wanted > power * math.log(max(1.0, patience.most / now))
