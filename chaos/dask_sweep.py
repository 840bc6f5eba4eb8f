"""A sweep on a Dask cluster whose workers are killed one after the other.

    python -m chaos.dask_sweep [--points 200] [--workers 3] [--every 5] [--scheduler-kills 1]

Runs the sweep serially and on the cluster, and compares all files. Prints one JSON line.
"""

import argparse
import json
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.dask_cluster import DaskCluster
from chaos.grids import results_of, write_grid
from qtools.compile.sweep.grid import Grid, read_grid
from qtools.compile.sweep.run import run_sweep
from qtools.runs.executors import Dask, Executor, Serial


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What became of a sweep under fire.

    Attributes:
        points: of the sweep.
        results: lines of its table.
        kills: workers and schedulers killed meanwhile.
        equal: whether every file equals that of the undisturbed sweep.
        seconds: that it took.
    """

    points: int
    results: int
    kills: int
    equal: bool
    seconds: float


def survive(points: int, *, workers: int, every: float, scheduler_kills: int) -> Survival:
    """Run the sweep undisturbed and under fire."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grid = read_grid(write_grid(folder / "grid.toml", points))
        _run(grid, folder / "calm", Serial())
        began = time.monotonic()
        with DaskCluster(folder, workers=workers) as cluster:
            timers = [
                threading.Timer(20.0 * (i + 1), cluster.restart_scheduler)
                for i in range(scheduler_kills)
            ]
            for timer in timers:
                timer.start()
            with cluster.killing_every(every, seed=1):
                _run(grid, folder / "fire", Dask(address=cluster.address))
            for timer in timers:
                timer.cancel()
                timer.join()
            kills = cluster.kills
        return Survival(
            points=points,
            results=len((folder / "fire" / "results.jsonl").read_text().splitlines()),
            kills=kills,
            equal=results_of(folder / "fire") == results_of(folder / "calm"),
            seconds=round(time.monotonic() - began, 1),
        )


def _run(grid: Grid, out: Path, executor: Executor) -> None:
    run_sweep(grid, out, executor=executor, tick=lambda text, fraction=None: None)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--scheduler-kills", type=int, default=0)
    given = parser.parse_args()
    found = survive(
        given.points,
        workers=given.workers,
        every=given.every,
        scheduler_kills=given.scheduler_kills,
    )
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
