"""Mixed jobs in one process pool for a long time: memory must stay flat and no task be lost.

    python -m chaos.soak [--minutes 90] [--workers 2]

Compiles small points, makes corpus rows and reads mutated files, in turns, in the same worker
processes. Flat means: the resident memory of the workers in the last quarter of the time is within
10 % of that in the second quarter. Prints one JSON line.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from chaos.inputs import read_numbered
from qtools.compile.sweep.point import PointPayload, compile_point
from qtools.datasets.generate import make_rows
from qtools.runs.calls import Ending, Limits
from qtools.runs.executors import Processes, run_all

# Much time, so that a soak that is paused with the whole machine loses nothing.
_LIMITS = Limits(seconds=1800.0, memory_bytes=6 << 30)
_READERS = ("circuit, OpenQASM 2", "Hamiltonian, JSON", "state, npz", "records, JSON lines")


@dataclass(frozen=True, kw_only=True)
class Soaked:
    """What a soak run found.

    Attributes:
        minutes: how long it ran.
        tasks: that were given.
        answers: that came back, one per task or tasks are lost.
        failed: answers that were no results.
        memory_mib: median resident memory of a worker, in each quarter of the time.
        growth: of the last quarter over the second.
        parent_mib: resident memory of the process that gives the tasks, at its end.
    """

    minutes: float
    tasks: int
    answers: int
    failed: int
    memory_mib: tuple[int, ...]
    growth: float
    parent_mib: int


def work(task: tuple[str, int]) -> int:
    """One job of a kind; the resident memory of its process afterwards, in bytes."""
    kind, number = task
    if kind == "compile":
        compile_point(_point(number))
    elif kind == "rows":
        made = make_rows(_instance(number))
        assert made["rows"] or made["rejected"]
    else:
        read_numbered((_READERS[number % len(_READERS)], number))
    return resident_bytes()


def resident_bytes() -> int:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _point(number: int) -> PointPayload:
    tables = {
        "hamiltonian": {"model": "heisenberg", "sites": 4 + 2 * (number % 3), "coupling": -0.25},
        "evolution": {"initial": "neel", "time": 0.1 + 0.01 * (number % 50)},
        "ansatz": {"layers": 2 + number % 2},
        "optimize": {"max_iterations": 8, "tolerance": 1e-3},
    }
    return PointPayload(arguments={"point": tables, "observables": []}, directory=Path())


def _instance(number: int) -> dict[str, Any]:
    return {
        "source": "trotter",
        "generator": "chaos",
        "family": "trotter_ising",
        "arguments": _drawn(number),
        "seed": number,
        "variants": [["alg", "", 0], ["indep", "", 1]],
        "min_qubits": 2,
        "max_qubits": 12,
        "max_gates": 400,
    }


def _drawn(number: int) -> dict[str, Any]:
    import numpy as np

    from qtools.datasets.sources import source

    made = source("trotter")
    rng = np.random.default_rng(number)
    return made.draw("trotter_ising", made.sizes("trotter_ising")[number % 4], rng)


def soak(minutes: float, *, workers: int) -> Soaked:
    """Run for a while."""
    began = time.monotonic()
    given = 0

    def tasks() -> Iterator[tuple[str, int]]:
        nonlocal given
        while time.monotonic() - began < 60 * minutes:
            yield (("compile", "rows", "read", "read")[given % 4], given)
            given += 1

    seen: list[tuple[float, int]] = []
    answers = failed = 0
    executor = Processes(count=workers)
    for outcome in run_all(work, tasks(), executor=executor, limits=_LIMITS):
        answers += 1
        if outcome.ending is Ending.DONE and outcome.value is not None:
            seen.append((time.monotonic() - began, outcome.value))
        else:
            failed += 1
    spent = time.monotonic() - began
    quarters = [
        [size for at, size in seen if q * spent / 4 <= at < (q + 1) * spent / 4] for q in range(4)
    ]
    memory = [median(quarter) if quarter else 0.0 for quarter in quarters]
    return Soaked(
        minutes=round(spent / 60, 1),
        tasks=given,
        answers=answers,
        failed=failed,
        memory_mib=tuple(int(size) >> 20 for size in memory),
        growth=round(memory[3] / max(1.0, memory[1]) - 1, 4),
        parent_mib=resident_bytes() >> 20,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    print(json.dumps(asdict(soak(given.minutes, workers=given.workers))))


if __name__ == "__main__":
    main()
