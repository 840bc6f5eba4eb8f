"""Starts where the fidelity is flat: which cost finds its way to the target?

The same L-BFGS on general blocks minimises ``1 - F``, ``-log F`` (the global cost of qtools), the
local cost, the authors' surrogate (arXiv 2301.08609), and what qtools takes by itself: the
surrogate as long as it leads, then the global cost. The starts:

* one bit wrong: Trotter blocks on an initial state with one qubit flipped. Every block conserves
  the number of ones, so the fidelity and its gradient vanish exactly;
* the same, shaken at random as the compiler does with a start that is orthogonal to the target;
* idle blocks: the fidelity is that of the initial state with the target;
* staircases as Ran's disentangling finds them (arXiv 1908.07958).

    python -m benchmarks.flat_start
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.measure import machine, write_results
from benchmarks.peer.problems import suite
from benchmarks.problems import evolution_problem
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.fitting.objectives.choice import ObjectiveName
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.optimizers.lbfgs import LBFGS
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.starts.choose import shaken
from qtools.compile.starts.staircase import staircase_ansatz
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas

ITERATIONS = 120
TOLERANCE = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class PlainInfidelity:
    """The cost ``1 - F``, whose gradient is as small as the fidelity."""

    inner: LogInfidelity

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at gates (num_blocks, 4, 4)."""
        found = self.inner(gates)
        fidelity = 1.0 - found.infidelity
        return replace(found, cost=found.infidelity, gradient=fidelity * found.gradient)

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """As the other cost."""
        return self.inner.tangent(directions)


def starts() -> Iterator[tuple[str, Ansatz, MPS]]:
    """Name, circuit and target of each start."""
    problem = evolution_problem(suite(sites=30, time=1.2, steps=2))
    target = evolve(problem, tolerance=TOLERANCE).mps
    trotter = trotter_ansatz(problem, 5)
    wrong = trotter.initial.copy()
    wrong[14] = wrong[14][::-1]
    flipped = replace(trotter, initial=wrong)
    yield "one bit wrong, 30 qubits, t = 1.2", flipped, target
    yield "the same, shaken", shaken(flipped, 0), target
    problem = evolution_problem(suite(sites=50, time=2.4, steps=4))
    target = evolve(problem, tolerance=TOLERANCE).mps
    trotter = trotter_ansatz(problem, 7)
    idle = np.broadcast_to(np.eye(4, dtype=complex), trotter.gates.shape)
    yield "idle blocks, 50 qubits, t = 2.4", trotter.with_gates(idle.copy()), target
    problem = evolution_problem(suite(sites=30, time=2.4, steps=4))
    target = evolve(problem, tolerance=TOLERANCE).mps
    yield "2 staircases, 30 qubits, t = 2.4", staircase_ansatz(target, 2), target


def plain(ansatz: Ansatz, target: MPS) -> tuple[float, int]:
    """Infidelity and evaluations after L-BFGS on ``1 - F``."""
    cost, optimizer = (
        PlainInfidelity(inner=LogInfidelity(engine=ExactOverlap(ansatz, target))),
        LBFGS(),
    )
    state = optimizer.start(cost, ansatz.gates)
    while state.iteration < ITERATIONS and not state.stalled:
        state = optimizer.advance(cost, state)
    return state.evaluation.infidelity, state.evaluations


def by_fit(objective: ObjectiveName, ansatz: Ansatz, target: MPS) -> tuple[float, int]:
    """Infidelity and evaluations after a fit with the cost."""
    overlap = ExactOverlap(ansatz, target).value(ansatz.gates)
    steps = fit(
        ansatz,
        target,
        StopRules(max_iterations=ITERATIONS),
        infidelity=1.0 - abs(overlap) ** 2,
        began=time.perf_counter(),
        strategy=Strategy(objective=objective),
    )
    *_, last = steps
    return last.state.evaluation.infidelity, last.state.evaluations


def main() -> None:
    """Run every cost from every start and write the table."""
    measured_on = machine()
    rows: list[dict[str, Any]] = []
    with single_threaded_blas():
        for name, ansatz, target in starts():
            overlap = ExactOverlap(ansatz, target).value(ansatz.gates)
            row: dict[str, Any] = {"start": name, "F at the start": abs(overlap) ** 2}
            found = {"1 - F": plain(ansatz, target)}
            found |= {str(o): by_fit(o, ansatz, target) for o in ObjectiveName}
            for cost, (infidelity, evaluations) in found.items():
                row[cost] = f"{1.0 - infidelity:.3g} ({evaluations})"
            rows.append(row)
            print(row, flush=True)
    notes = (
        f"Fidelity after at most {ITERATIONS} iterations (evaluations). An evaluation of the "
        "surrogate takes two contractions, one of the local cost two evolutions of the target; "
        "the others take one contraction."
    )
    write_results("flat_start", rows, measured_on=measured_on, notes=notes)


if __name__ == "__main__":
    main()
