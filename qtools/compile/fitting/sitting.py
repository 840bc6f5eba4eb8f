"""One sitting of a compilation: its clock, who listens to it, and the checkpoints it leaves."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.checkpoint import Checkpoints
from qtools.compile.fitting.fit import Fit, StopRules, fit
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.overlap.arrays import Arrays, Device, Precision, arrays_for
from qtools.compile.result import Outcome
from qtools.compile.settings import CompileSettings
from qtools.compile.target.evolve import Target
from qtools.console import Ticker
from qtools.errors import StoppedEarlyError

# Outcomes after which a fit goes on when its limits are raised.
_LIMITED = (Outcome.ITERATION_LIMIT, Outcome.TIME_LIMIT)

# An infidelity of this share of the target's tolerance is hidden by the target's own error.
_HIDDEN = 0.05


def silent(text: str, fraction: float | None = None) -> None:
    """Tell nobody."""


@dataclass(kw_only=True)
class Sitting:
    """What the steps of a compilation share.

    Attributes:
        settings: when to stop and how much memory to take.
        tell: is told what goes on.
        checkpoints: of the run; None to keep none.
        began: when the clock started, on that of ``time.perf_counter``; set back by the seconds
            that earlier sittings took.
        arrays: of the device and the precision of the settings.
    """

    settings: CompileSettings
    tell: Ticker = silent
    checkpoints: Checkpoints | None = None
    began: float = field(default_factory=time.perf_counter)
    arrays: Arrays = field(init=False)

    def __post_init__(self) -> None:
        # Before long work: this is where a GPU that is not there is missed.
        self.arrays = arrays_for(Device(self.settings.device), Precision(self.settings.precision))

    @property
    def seconds(self) -> float:
        """Since the problem was given, earlier sittings included."""
        return time.perf_counter() - self.began

    @property
    def deadline(self) -> float | None:
        """When to stop, on the clock of ``time.perf_counter``."""
        limit = self.settings.max_seconds
        return None if limit is None else self.began + limit

    def fitted(
        self,
        ansatz: Ansatz,
        target: Target,
        infidelity: float,
        *,
        name: str = "fit",
        give_up: Callable[[Fit], bool] | None = None,
        resume: Fit | None = None,
    ) -> Fit:
        """The last state of the fit of ``ansatz`` to ``target``, or the best when interrupted.

        Args:
            ansatz: the starting point.
            target: the state to come close to.
            infidelity: between the two.
            name: of the fit among those of this run.
            give_up: whether to stop at a state; then that state has no outcome.
            resume: go on from here, unless a checkpoint of this fit goes further.
        """
        latest = resume
        kept = None if self.checkpoints is None else self.checkpoints.load_fit(name)
        if kept is not None:
            latest = kept
            self.began = min(self.began, time.perf_counter() - latest.history[-1].seconds)
            if self._is_over(latest) or (give_up is not None and give_up(latest)):
                return latest
            latest = replace(latest, outcome=None)
        rules = StopRules(
            fidelity=self.settings.fidelity,
            enough=_HIDDEN * self.settings.tolerance,
            max_iterations=self.settings.max_iterations,
            deadline=self.deadline,
        )
        steps = fit(
            ansatz,
            target.mps,
            rules,
            infidelity=infidelity,
            began=self.began,
            max_memory=self.settings.max_memory,
            arrays=self.arrays,
            strategy=Strategy.of(self.settings),
            resume=latest,
        )
        try:
            for latest in steps:
                self._show(latest)
                self._keep(name, latest, target, at_once=latest.outcome in _LIMITED)
                if give_up is not None and latest.outcome is None and give_up(latest):
                    break
        except (KeyboardInterrupt, StoppedEarlyError) as stop:
            if latest is None:
                raise
            self._keep(name, latest, target, at_once=True)
            if isinstance(stop, StoppedEarlyError):
                raise
            return replace(latest, outcome=Outcome.INTERRUPTED)
        assert latest is not None
        return latest

    def _is_over(self, found: Fit) -> bool:
        """Whether a fit of an earlier sitting would not go on under the limits of this one."""
        settings = self.settings
        if found.outcome is Outcome.ITERATION_LIMIT:
            return found.state.iteration >= settings.max_iterations
        if found.outcome is Outcome.TIME_LIMIT:
            limit = settings.max_seconds
            return limit is not None and found.history[-1].seconds >= limit
        return found.outcome is not None

    def _show(self, latest: Fit) -> None:
        entry = latest.history[-1]
        self.tell(
            f"iteration {entry.iteration}: infidelity {entry.infidelity:.2e}, "
            f"target bond {entry.target_bond}, {entry.engine} engine",
            entry.iteration / self.settings.max_iterations,
        )

    def _keep(self, name: str, latest: Fit, target: Target, *, at_once: bool = False) -> None:
        if self.checkpoints is not None:
            self.checkpoints.save_fit(name, latest, target, at_once=at_once)
