"""The same sweep serially and in two worker processes: the ratio of their times.

    python -m chaos.speed [--points 40]

Points are of 40 qubits and take a second or two of one core each; starting workers takes three
seconds more. Prints one JSON line. On a machine that does other work the ratio says more about that
work; the load is printed with it.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from qtools.compile.sweep.grid import read_grid
from qtools.compile.sweep.run import run_sweep
from qtools.runs.executors import Executor, Processes, Serial

_GRID = """
[hamiltonian]
model = "heisenberg"
coupling = -0.25
[evolution]
initial = "neel"
[optimize]
max_iterations = 150
tolerance = 1e-7
[sweep]
hamiltonian.sites = [40]
ansatz.layers = [9]
evolution.time = [{times}]
"""


def seconds_of(folder: Path, points: int, executor: Executor) -> float:
    """Wall time of a sweep."""
    times = ", ".join(f"{3 + 0.01 * i:.2f}" for i in range(points))
    grid = folder / "grid.toml"
    grid.write_text(_GRID.format(times=times), encoding="utf-8")
    out = folder / type(executor).__name__
    began = time.perf_counter()
    run_sweep(read_grid(grid), out, executor=executor, tick=lambda text, fraction=None: None)
    return time.perf_counter() - began


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=40)
    points = parser.parse_args().points
    # One thread also for the serial run: what is compared is processes, not threads.
    os.environ["QTOOLS_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "warm").mkdir()
        seconds_of(folder / "warm", 1, Serial())
        serial = seconds_of(folder, points, Serial())
        both = seconds_of(folder, points, Processes(count=2))
    record = {
        "tasks": points,
        "serial_seconds": round(serial, 1),
        "processes_2_seconds": round(both, 1),
        "times_faster": round(serial / both, 2),
        "load_after": round(os.getloadavg()[0], 1),
        "cores": len(os.sched_getaffinity(0)),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
