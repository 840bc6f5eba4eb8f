"""A sweep in its directory.

============== =====================================================================
results.jsonl  one line per point, in the order of the grid
report.html    the same as a page to look at
circuits/      the circuit of every point, named by the id of its task
sweep.json     the grid, counts, and the hash of ``results.jsonl``; written last
costs.jsonl    seconds and memory of every point: the only file that another run would not repeat
.tasks/        records of an unfinished sweep; gone when it is finished
============== =====================================================================
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from qtools.compile.output.pages.sweep_page import write_sweep_page
from qtools.compile.sweep.grid import Grid
from qtools.compile.sweep.point import PointPayload, circuit_digest, compile_point
from qtools.console import Ticker
from qtools.errors import BadInputError, OutputExistsError
from qtools.runs.calls import Limits
from qtools.runs.campaign import (
    FOLDER,
    Campaign,
    Failure,
    Results,
    begun,
    forget,
    resumed,
)
from qtools.runs.executors import Executor
from qtools.runs.files import replacing, write_text
from qtools.runs.lock import holds_anything
from qtools.runs.provenance import versions
from qtools.runs.publishing import merge_and_publish, run_and_publish
from qtools.runs.sharding import WHOLE, Shard
from qtools.runs.tasks import Task
from qtools.runs.typed import typed
from qtools.runs.untrusted import read_json

KIND = "sweep"
RESULTS, COSTS, CIRCUITS, SWEEP = "results.jsonl", "costs.jsonl", "circuits", "sweep.json"
LIMITS = Limits(seconds=24 * 3600.0, memory_bytes=64 << 30)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A finished sweep.

    Attributes:
        points: of the grid.
        failed: points without a circuit, by reason.
        missed: points whose fidelity is below the one asked for.
    """

    points: int
    failed: dict[str, int]
    missed: int


def campaign_of(grid: Grid, *, limits: Limits = LIMITS) -> Campaign:
    """The tasks of a grid."""
    return Campaign(
        kind=KIND,
        request=grid.as_json(),
        tasks=grid.tasks(),
        function=compile_point,
        payload=partial(_payload, grid.directory.absolute()),
        limits=limits,
    )


def _payload(directory: Path, task: Task) -> PointPayload:
    return PointPayload(arguments=task.arguments, directory=directory)


def run_sweep(
    grid: Grid,
    out: Path,
    *,
    executor: Executor,
    tick: Ticker,
    shard: Shard = WHOLE,
    limits: Limits = LIMITS,
) -> Summary | None:
    """Run a sweep or a shard of it, or finish it, or find it done.

    Args:
        grid: the points.
        out: a new directory, or one where this sweep was begun.
        executor: where the points are compiled.
        tick: told about progress.
        shard: which points.
        limits: per point, in worker processes.

    Returns:
        The finished sweep; None for a shard, after which :func:`merge_sweep` makes one of all.

    Raises:
        OutputExistsError: ``out`` holds something else.
        BadInputError: another run works there, or the disk refuses.
        StoppedEarlyError: the executor is gone; run again to go on.
    """
    campaign = campaign_of(grid, limits=limits)
    found = finished(out, campaign.id)
    if found is not None:
        forget(out / FOLDER)
        return found
    if begun(out / FOLDER) is None and holds_anything(out):
        raise OutputExistsError(
            f"expected {out} to be a new directory or to hold this sweep, and it holds other "
            "files; choose another --out"
        )
    publish = partial(_publish, grid, out)
    return run_and_publish(campaign, out, publish, executor=executor, tick=tick, shard=shard)


def merge_sweep(out: Path) -> Summary:
    """Make the result of a sweep whose shards have all run.

    Raises:
        StoppedEarlyError: some points have not.
        BadInputError: records disagree or are damaged.
    """
    request, _ = resumed(out / FOLDER)
    grid = Grid.from_json(request)
    return merge_and_publish(campaign_of(grid), out, partial(_publish, grid, out))


def finished(out: Path, campaign_id: str | None = None) -> Summary | None:
    """The finished sweep in a directory; None when there is none.

    Raises:
        OutputExistsError: there is one, but not this campaign's.
        BadInputError: its record is damaged.
    """
    if not (out / SWEEP).exists():
        return None
    record = read_json(out / SWEEP, what="record of a sweep")
    if not isinstance(record, dict):
        raise BadInputError(f"{out / SWEEP} should hold a JSON object")
    summary = typed(Summary, record.get("summary"), source=f"{out / SWEEP}: summary")
    held = record.get("id")
    if campaign_id not in (None, held):
        raise OutputExistsError(
            f"expected {out} to be new or to hold this sweep, and it holds another one; "
            "choose another --out"
        )
    return summary


def _publish(grid: Grid, out: Path, found: Results) -> Summary:
    summary = _write_results(grid, found, out)
    digest = hashlib.sha256((out / RESULTS).read_bytes()).hexdigest()
    asked = {key: value for key, value in grid.as_json().items() if key != "directory"}
    record = {
        "id": found.campaign.id,
        "grid": asked,
        "results_sha256": digest,
        "summary": asdict(summary),
        "versions": versions("numpy", "scipy", "qiskit", "quimb"),
    }
    lines = (out / RESULTS).read_text(encoding="utf-8").splitlines()
    write_sweep_page(out, grid.axes, [json.loads(line) for line in lines])
    write_text(out / SWEEP, json.dumps(record, indent=1, sort_keys=True) + "\n")
    return summary


def _write_results(grid: Grid, found: Results, out: Path) -> Summary:
    failed: dict[str, int] = {}
    points = missed = 0
    with replacing(out / RESULTS) as table, replacing(out / COSTS) as costs:
        for task, value in found:
            points += 1
            line: dict[str, Any] = {"id": task.id, **grid.varied(task.arguments["point"])}
            if isinstance(value, Failure):
                failed[value.reason] = failed.get(value.reason, 0) + 1
                line["failure"] = asdict(value)
            else:
                line |= _written(task, value, out)
                goal = task.arguments["point"].get("optimize", {}).get("fidelity")
                missed += goal is not None and value["fidelity"] < goal
            table.write(json.dumps(line, allow_nan=False) + "\n")
            costs.write(json.dumps({"id": task.id, **found.cost(task)}) + "\n")
    return Summary(points=points, failed=dict(sorted(failed.items())), missed=missed)


def _written(task: Task, value: dict[str, Any], out: Path) -> dict[str, Any]:
    """The figures of a point whose circuit is written."""
    figures = dict(value)
    text = figures.pop("qasm")
    path = out / CIRCUITS / f"{task.id}.qasm"
    write_text(path, text)
    figures["circuit"] = {"file": path.relative_to(out).as_posix(), "sha256": circuit_digest(text)}
    return figures
