"""Which optimiser reaches a given infidelity soonest: same engine, same start, same target.

The optimisers of qtools, L-BFGS also with other memories and without its preconditioner; SciPy's
L-BFGS-B on a fixed chart; polar updates of all blocks at once. All work against the whole target,
without the ever sharper cuts of ``qtools.compile.fitting.fit``.
"""

import argparse
import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from benchmarks.flat_chart import flat_objective
from benchmarks.measure import machine, write_results
from benchmarks.peer.problems import ChainProblem, suite
from benchmarks.problems import evolution_problem, layers
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.optimizers.adam import RiemannianAdam
from qtools.compile.fitting.optimizers.basin_hopping import BasinHopping
from qtools.compile.fitting.optimizers.lbfgs import LBFGS
from qtools.compile.fitting.optimizers.optimizer import Optimizer
from qtools.compile.fitting.optimizers.polar_sweeps import PolarSweeps, polar
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas


class OutOfTime(Exception):  # noqa: N818 - not an error
    """The goal or the limit was reached."""


@dataclass(kw_only=True)
class Track:
    """Notes when an infidelity is first reached, and ends the optimiser that reports it.

    Attributes:
        goals: infidelities, the lowest one ends the run.
        seconds: limit.
        evaluations: reported so far.
        best: lowest infidelity so far.
        reached: goal -> (seconds, evaluations).
    """

    goals: tuple[float, ...]
    seconds: float
    evaluations: int = 0
    best: float = 1.0
    reached: dict[float, tuple[float, int]] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)

    def observe(self, infidelity: float) -> None:
        """One more evaluation, or one more sweep."""
        self.evaluations += 1
        self.best = min(self.best, infidelity)
        spent = time.perf_counter() - self.began
        for goal in self.goals:
            if infidelity <= goal:
                self.reached.setdefault(goal, (spent, self.evaluations))
        if infidelity <= min(self.goals) or spent > self.seconds:
            raise OutOfTime


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackedCost:
    """The cost of qtools, each evaluation reported.

    Attributes:
        inner: the cost.
        track: is told every infidelity.
        flat: take equal populations of all blocks, which makes the preconditioner of L-BFGS a
            multiple of the identity.
    """

    inner: LogInfidelity
    track: Track
    flat: bool = False

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate and report."""
        evaluation = self.inner(gates)
        self.track.observe(evaluation.infidelity)
        if not self.flat:
            return evaluation
        equal = np.broadcast_to(np.eye(4) / 4, evaluation.densities.shape)
        return replace(evaluation, densities=equal.astype(complex))

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """As the cost."""
        return self.inner.tangent(directions)

    def swept(self, gates: ComplexArray) -> ComplexArray | None:
        """As the cost."""
        return self.inner.swept(gates)


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """What every optimiser is given."""

    ansatz: Ansatz
    target: MPS
    engine: ExactOverlap

    def tracked(self, track: Track, *, flat: bool = False) -> TrackedCost:
        """The cost, each evaluation reported."""
        cost = LogInfidelity(engine=self.engine, frozen=self.ansatz.frozen)
        return TrackedCost(inner=cost, track=track, flat=flat)


Run = Callable[[Start, Track], None]


def shipped(optimizer: Optimizer, *, flat: bool = False) -> Run:
    """One of the optimisers of qtools."""

    def run(start: Start, track: Track) -> None:
        cost = start.tracked(track, flat=flat)
        state = optimizer.start(cost, start.ansatz.gates)
        while not state.stalled:
            state = optimizer.advance(cost, state)

    return run


def scipy_lbfgs(start: Start, track: Track) -> None:
    """SciPy's L-BFGS-B on the flat chart around the starting point, memory as shipped."""
    objective = flat_objective(start.engine, start.ansatz, track.observe)
    minimize(
        objective,
        np.zeros(15 * start.ansatz.num_blocks),
        method="L-BFGS-B",
        jac=True,
        options={"maxcor": LBFGS().memory, "maxiter": 10**6, "maxfun": 10**6, "ftol": 0.0},
    )


def polar_at_once(damping: float) -> Run:
    """Damped polar updates of all blocks from the same environments."""

    def run(start: Start, track: Track) -> None:
        gates, frozen = start.ansatz.gates, start.ansatz.frozen
        while True:
            overlap, environments = start.engine.value_and_environments(gates)
            track.observe(1.0 - abs(overlap) ** 2)
            # At the phase of the present overlap, so that all blocks pull the same way.
            best = polar(environments.conj()) * (overlap / abs(overlap))
            updated = polar(damping * gates + (1.0 - damping) * best)
            gates = np.concatenate([gates[:frozen], updated[frozen:]])

    return run


OPTIMIZERS: dict[str, Run] = {
    f"L-BFGS as shipped (memory {LBFGS().memory})": shipped(LBFGS()),
    "L-BFGS, no preconditioner": shipped(LBFGS(), flat=True),
    "L-BFGS, memory 5": shipped(LBFGS(memory=5)),
    "L-BFGS, memory 50": shipped(LBFGS(memory=50)),
    "SciPy L-BFGS-B, fixed chart": scipy_lbfgs,
    "Riemannian Adam as shipped": shipped(RiemannianAdam()),
    "Riemannian Adam, constant rate 0.01": shipped(RiemannianAdam(rate=0.01, decay=1e9)),
    "polar, all at once, damping 0.8": polar_at_once(0.8),
    "polar, all at once, damping 0.9": polar_at_once(0.9),
    "polar sweeps as shipped": shipped(PolarSweeps()),
    "basin hopping as shipped": shipped(BasinHopping()),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A problem, the infidelities to reach, and how long to try."""

    chain: ChainProblem
    goals: tuple[float, ...]
    seconds: float


CASES = (
    Case(chain=suite(sites=50, time=1.2, steps=2), goals=(1e-3, 3e-4, 1e-4, 8e-5), seconds=8.0),
    Case(chain=suite(sites=100, time=1.2, steps=2), goals=(2e-3, 5e-4, 2e-4, 1.7e-4), seconds=12.0),
    Case(chain=suite(sites=100, time=2.4, steps=4), goals=(1e-2, 3e-3, 2e-3, 1.5e-3), seconds=30.0),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: run all optimisers on all cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="factor on the time limits")
    factor = parser.parse_args(arguments).seconds
    measured_on = machine()
    rows = []
    with single_threaded_blas():
        for case in CASES:
            start = _start(case.chain)
            for name, optimizer in OPTIMIZERS.items():
                row = {"problem": case.chain.name, "optimizer": name}
                rows.append(row | _measure(optimizer, start, case, factor))
                print(rows[-1], flush=True)
    write_results(
        "optimizers",
        rows,
        measured_on=measured_on,
        columns=_columns(),
        notes="In each cell: infidelity: seconds (evaluations of value and gradient; a sweep there "
        "and back counts as one); a dash where the limit of time came first or the optimiser "
        "stalled. The target is that of tolerance 1e-6, at its full bond from the start.",
    )


def _start(chain: ChainProblem) -> Start:
    problem = evolution_problem(chain)
    target = evolve(problem).mps
    ansatz = trotter_ansatz(problem, layers(chain))
    return Start(ansatz=ansatz, target=target, engine=ExactOverlap(ansatz, target))


def _measure(optimizer: Run, start: Start, case: Case, factor: float) -> dict[str, Any]:
    load = os.getloadavg()[0]
    track = Track(goals=case.goals, seconds=factor * case.seconds)
    with contextlib.suppress(OutOfTime):
        optimizer(start, track)
    cells = {f"goal_{i}": _cell(goal, track) for i, goal in enumerate(case.goals)}
    return {
        **cells,
        "best": track.best,
        "evaluations": track.evaluations,
        "seconds": time.perf_counter() - track.began,
        "reached": {f"{goal:g}": reached for goal, reached in track.reached.items()},
        "load": load,
    }


def _cell(goal: float, track: Track) -> str:
    if goal not in track.reached:
        return f"{goal:.1e}: -"
    seconds, evaluations = track.reached[goal]
    return f"{goal:.1e}: {seconds:.2f} s ({evaluations})"


def _columns() -> dict[str, str]:
    names = ("first goal", "second", "third", "last")
    goals = {f"goal_{i}": name for i, name in enumerate(names)}
    return {
        "problem": "problem",
        "optimizer": "optimiser",
        **goals,
        "best": "best 1 - F",
        "load": "load",
    }


if __name__ == "__main__":
    main()
