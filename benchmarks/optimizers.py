"""Which optimiser reaches a given infidelity soonest: same engine, same start, same target.

L-BFGS as shipped, with other memories and without its preconditioner; SciPy's L-BFGS-B on a fixed
chart; Riemannian Adam; polar updates of all blocks at once, and in Gauss-Seidel sweeps. All work
against the whole target, without the ever sharper cuts of ``qtools.compile.fitting.fit``.
"""

import argparse
import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy.optimize import minimize

from benchmarks.flat_chart import flat_objective
from benchmarks.measure import machine, write_results
from benchmarks.peer.problems import ChainProblem, suite
from benchmarks.polar import Sweeper, jacobi
from benchmarks.problems import evolution_problem, layers
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.fitting import lbfgs as optimize
from qtools.compile.fitting.objective import Evaluation, LogInfidelity
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
class Start:
    """What every optimiser is given."""

    ansatz: Ansatz
    target: MPS
    engine: ExactOverlap

    def tracked(self, track: Track) -> Callable[[ComplexArray], Evaluation]:
        """The cost of qtools, each evaluation reported."""
        cost = LogInfidelity(engine=self.engine, frozen=self.ansatz.frozen)

        def evaluate(gates: ComplexArray) -> Evaluation:
            evaluation = cost(gates)
            track.observe(evaluation.infidelity)
            return evaluation

        return evaluate


Optimizer = Callable[[Start, Track], None]


def lbfgs(*, memory: int = optimize.MEMORY, preconditioned: bool = True) -> Optimizer:
    """The shipped L-BFGS; without the preconditioner, the guess of the inverse Hessian is a number.

    Equal populations make the preconditioner a multiple of the identity.
    """

    def run(start: Start, track: Track) -> None:
        cost = tracked = start.tracked(track)
        if not preconditioned:

            def cost(gates: ComplexArray) -> Evaluation:
                evaluation = tracked(gates)
                flat = np.broadcast_to(np.eye(4) / 4, evaluation.densities.shape)
                return replace(evaluation, densities=flat.astype(complex))

        with patch.object(optimize, "MEMORY", memory):
            state = optimize.start(cost, start.ansatz.gates)
            while not state.stalled:
                state = optimize.advance(cost, state)

    return run


def scipy_lbfgs(start: Start, track: Track) -> None:
    """SciPy's L-BFGS-B on the flat chart around the starting point, memory as shipped."""
    objective = flat_objective(start.engine, start.ansatz, track.observe)
    minimize(
        objective,
        np.zeros(15 * start.ansatz.num_blocks),
        method="L-BFGS-B",
        jac=True,
        options={"maxcor": optimize.MEMORY, "maxiter": 10**6, "maxfun": 10**6, "ftol": 0.0},
    )


def adam(rate: float) -> Optimizer:
    """Riemannian Adam (Becigneul and Ganea, arXiv 1810.00760): one second moment per block."""

    def run(start: Start, track: Track) -> None:
        cost, gates = start.tracked(track), start.ansatz.gates
        first = np.zeros_like(gates)
        second = np.zeros((len(gates), 1, 1))
        for count in range(1, 10**6):
            gradient = cost(gates).gradient
            first = 0.9 * first + 0.1 * gradient
            norms = np.linalg.norm(gradient, axis=(1, 2), keepdims=True)
            second = 0.999 * second + 0.001 * norms**2
            root = np.sqrt(second / (1.0 - 0.999**count)) + 1e-12
            gates = optimize.moved(gates, -rate * first / (1.0 - 0.9**count) / root)

    return run


def polar_at_once(damping: float) -> Optimizer:
    """Damped polar updates of all blocks from the same environments."""

    def run(start: Start, track: Track) -> None:
        gates, frozen = start.ansatz.gates, start.ansatz.frozen
        while True:
            overlap, environments = start.engine.value_and_environments(gates)
            track.observe(1.0 - abs(overlap) ** 2)
            updated = jacobi(gates, overlap, environments, damping)
            gates = np.concatenate([gates[:frozen], updated[frozen:]])

    return run


def polar_sweeps(start: Start, track: Track) -> None:
    """Gauss-Seidel polar sweeps along the chain, up and down; one sweep counts as evaluation."""
    sweeper = Sweeper(start.ansatz, start.target)
    while True:
        for sweep in (sweeper.rise, sweeper.fall):
            sweep()
            track.observe(1.0 - abs(sweeper.overlap) ** 2)


OPTIMIZERS: dict[str, Optimizer] = {
    f"L-BFGS as shipped (memory {optimize.MEMORY})": lbfgs(),
    "L-BFGS, no preconditioner": lbfgs(preconditioned=False),
    "L-BFGS, memory 5": lbfgs(memory=5),
    "L-BFGS, memory 50": lbfgs(memory=50),
    "SciPy L-BFGS-B, fixed chart": scipy_lbfgs,
    "Riemannian Adam, rate 0.003": adam(0.003),
    "Riemannian Adam, rate 0.01": adam(0.01),
    "polar, all at once, damping 0.8": polar_at_once(0.8),
    "polar, all at once, damping 0.9": polar_at_once(0.9),
    "polar, Gauss-Seidel sweeps": polar_sweeps,
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
        notes="In each cell: infidelity: seconds (evaluations of value and gradient, or sweeps); "
        "a dash where the limit of time came first or the optimiser stalled. The target is that of "
        "tolerance 1e-6, at its full bond from the start.",
    )


def _start(chain: ChainProblem) -> Start:
    problem = evolution_problem(chain)
    target = evolve(problem).mps
    ansatz = trotter_ansatz(problem, layers(chain))
    return Start(ansatz=ansatz, target=target, engine=ExactOverlap(ansatz, target))


def _measure(optimizer: Optimizer, start: Start, case: Case, factor: float) -> dict[str, Any]:
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
