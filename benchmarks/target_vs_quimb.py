"""The target state, 100 qubits at t = 2.4: qtools against quimb's TEBD at equal true error.

Each program makes a reference of its own; they must agree far below the errors asked for. Then all
settings run in turn, several rounds of them, so that drift of a shared machine cancels, with BLAS
on one thread. quimb ships order 2 (its order 4 is wrong); the Suzuki composition of its steps is
what a user could write around it.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.measure import machine, write_results
from benchmarks.peer import quimb_tebd, states
from benchmarks.peer.problems import suite
from benchmarks.peer.quimb_tebd import Setting
from benchmarks.problems import evolution_problem
from qtools.compile.target.evolve import evolve, trotter_state
from qtools.compile.target.integrators import METHODS
from qtools.compile.threads import single_threaded_blas

CHAIN = suite(sites=100, time=2.4, steps=4)
PROBLEM = evolution_problem(CHAIN)
ORDER = 4
GOALS = (1e-6, 1e-8)

QTOOLS, QUIMB, COMPOSED = "qtools, order 4", "quimb TEBD, order 2", "quimb TEBD, composed order 4"
EVOLVE = "qtools evolve() with its error estimate"

# (steps, largest angle of all cuts) and quimb's (order, step, cutoff): the quickest for each goal
# in a wider scan, and neighbours.
OWN_SETTINGS = ((3, 4e-3), (4, 7e-3), (6, 7e-4), (7, 8e-4))
QUIMB_SETTINGS = (
    Setting(order=2, dt=0.0375, cutoff=3e-13),
    Setting(order=2, dt=0.012, cutoff=1e-14),
    Setting(order=2, dt=0.011, cutoff=1e-14),
    Setting(order=4, dt=0.48, cutoff=2e-10),
    Setting(order=4, dt=0.4, cutoff=2e-5, cutoff_mode="rel"),
    Setting(order=4, dt=0.3, cutoff=1e-6, cutoff_mode="rel"),
    Setting(order=4, dt=0.2667, cutoff=2e-12),
)

COLUMNS = {
    "program": "program",
    "setting": "setting",
    "infidelity": "true infidelity",
    "bond": "bond",
    "seconds": "s (median)",
    "minimum": "s (minimum)",
    "cpu_seconds": "CPU s (median)",
    "quickest_for": "quickest of the program for",
    "load": "load (median)",
}
RATIO_COLUMNS = {
    "goal": "infidelity",
    "against": "qtools against",
    "ratio": "ratio of medians",
    "minimum_ratio": "ratio of minima",
    "cpu_ratio": "ratio of CPU seconds",
}


@dataclass(kw_only=True)
class Contestant:
    """A program with a setting, and what its runs took.

    Attributes:
        run: gives the state and the seconds it took, Hamiltonian in memory to state in memory.
    """

    program: str
    setting: str
    run: Callable[[], tuple[states.Tensors, float]]
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    infidelity: float = 1.0
    bond: int = 0

    def measure(self, references: Sequence[states.Tensors]) -> None:
        """One more run."""
        self.loads.append(os.getloadavg()[0])
        cpu = time.process_time()
        tensors, seconds = self.run()
        self.cpu_seconds.append(time.process_time() - cpu)
        self.seconds.append(seconds)
        self.infidelity = max(1.0 - states.fidelity(r, tensors) for r in references)
        self.bond = states.max_bond(tensors)

    def row(self) -> dict[str, Any]:
        """The figures of `COLUMNS`, and all runs."""
        return {
            "program": self.program,
            "setting": self.setting,
            "infidelity": self.infidelity,
            "bond": self.bond,
            "seconds": median(self.seconds),
            "minimum": min(self.seconds),
            "cpu_seconds": median(self.cpu_seconds),
            "load": median(self.loads),
            "all_seconds": self.seconds,
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: make references, run all contestants, write both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(arguments).rounds
    measured_on = machine()
    contestants = _contestants()
    with single_threaded_blas():
        references = _references()
        quimb_tebd.warm_up()
        for _ in range(rounds):
            for contestant in contestants:
                contestant.measure(references)
                print(contestant.row(), flush=True)
    quickest = {
        (program, goal): _quickest(contestants, program, goal)
        for program in (QTOOLS, QUIMB, COMPOSED, EVOLVE)
        for goal in GOALS
    }
    rows = [
        c.row() | {"quickest_for": ", ".join(f"{g:g}" for (_, g), q in quickest.items() if q is c)}
        for c in contestants
    ]
    notes = (
        f"{CHAIN.num_sites} qubits, t = {CHAIN.time:g}, Heisenberg chain from the Neel state, "
        f"{rounds} rounds. The references of both programs differ by an infidelity of "
        f"{_difference(*references):.1e}. CPU seconds: of all threads."
    )
    write_results("target_vs_quimb", rows, measured_on=measured_on, columns=COLUMNS, notes=notes)
    write_results(
        "target_vs_quimb_ratios",
        [
            _ratios(goal, other, quickest[QTOOLS, goal], quickest[other, goal])
            for goal in GOALS
            for other in (QUIMB, COMPOSED)
        ],
        measured_on=measured_on,
        columns=RATIO_COLUMNS,
        notes=notes,
    )


def _references() -> tuple[states.Tensors, states.Tensors]:
    """An accurate state by each program.

    Raises :class:`SystemExit` when they differ by more than a tenth of the smallest goal.
    """
    own = list(trotter_state(PROBLEM, METHODS[ORDER], 14, max_angle=1e-5).mps.tensors)
    other, _ = quimb_tebd.evolve(CHAIN, Setting(order=4, dt=0.12, cutoff=1e-15))
    difference = _difference(own, other)
    if difference > 0.1 * min(GOALS):
        raise SystemExit(f"the references differ by an infidelity of {difference:.1e}")
    return own, other


def _difference(a: states.Tensors, b: states.Tensors) -> float:
    return 1.0 - states.fidelity(a, b)


def _contestants() -> list[Contestant]:
    own = [
        Contestant(program=QTOOLS, setting=f"{n} steps, angle {angle:g}", run=_own(n, angle))
        for n, angle in OWN_SETTINGS
    ]
    whole = [
        Contestant(program=EVOLVE, setting=f"tolerance {goal:g}", run=_evolve(goal))
        for goal in GOALS
    ]
    quimb = [
        Contestant(
            program=QUIMB if setting.order == 2 else COMPOSED,
            setting=f"step {setting.dt:g}, cutoff {setting.cutoff:g} ({setting.cutoff_mode})",
            run=_quimb(setting),
        )
        for setting in QUIMB_SETTINGS
    ]
    return [*own, *whole, *quimb]


def _own(steps: int, max_angle: float) -> Callable[[], tuple[states.Tensors, float]]:
    def run() -> tuple[states.Tensors, float]:
        began = time.perf_counter()
        state = trotter_state(PROBLEM, METHODS[ORDER], steps, max_angle=max_angle)
        return list(state.mps.tensors), time.perf_counter() - began

    return run


def _evolve(tolerance: float) -> Callable[[], tuple[states.Tensors, float]]:
    def run() -> tuple[states.Tensors, float]:
        began = time.perf_counter()
        target = evolve(PROBLEM, tolerance=tolerance, order=ORDER)
        return list(target.mps.tensors), time.perf_counter() - began

    return run


def _quimb(setting: Setting) -> Callable[[], tuple[states.Tensors, float]]:
    return lambda: quimb_tebd.evolve(CHAIN, setting)


def _quickest(contestants: Sequence[Contestant], program: str, goal: float) -> Contestant | None:
    good = [c for c in contestants if c.program == program and c.infidelity <= goal]
    return min(good, key=lambda c: median(c.seconds), default=None)


def _ratios(
    goal: float, name: str, own: Contestant | None, other: Contestant | None
) -> dict[str, Any]:
    if own is None or other is None:
        return {"goal": f"{goal:g}", "against": f"{name}: no setting reached it"}
    return {
        "goal": f"{goal:g}",
        "against": f"{name}: {other.setting}",
        "qtools": own.setting,
        "ratio": median(other.seconds) / median(own.seconds),
        "minimum_ratio": min(other.seconds) / min(own.seconds),
        "cpu_ratio": median(other.cpu_seconds) / median(own.cpu_seconds),
    }


if __name__ == "__main__":
    main()
