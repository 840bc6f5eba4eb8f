"""``qtools compile sweep``: a grid of problems, on one machine or many."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qtools import console
from qtools.command_help import examples
from qtools.compile.commands import options as o
from qtools.errors import GoalNotReachedError

if TYPE_CHECKING:
    from qtools.compile.sweep.run import Summary


@examples(
    "qtools compile sweep grid.toml --executor processes:8 --out sweep/",
    "qtools compile sweep grid.toml --executor dask:slurm.toml --out sweep/",
)
def sweep(
    *,
    grid: Annotated[Path, typer.Argument(help="grid.toml: a problem.toml with a table [sweep].")],
    out: o.Out,
    executor: o.Where = "processes:2",
    shard: o.ShardOption = None,
    max_memory: o.MaxMemory = None,
    as_json: Annotated[bool, o.option("--json", "Print the summary on stdout.", o.OUTPUT)] = False,
    quiet: o.Quiet = False,
) -> None:
    """Compile every combination of models, sizes, times, depths and seeds; resumes when rerun.

    Exit code 3 if a point failed or missed its fidelity.
    """
    from dataclasses import replace

    from qtools.compile.sweep.grid import read_grid
    from qtools.compile.sweep.run import LIMITS, run_sweep
    from qtools.runs.executors import parse_executor
    from qtools.runs.sharding import WHOLE, parse_shard
    from qtools.runs.stopping import stopping_on_sigterm

    where = parse_executor(executor)
    part = WHOLE if shard is None else parse_shard(shard)
    memory = o.size(max_memory)
    limits = LIMITS if memory is None else replace(LIMITS, memory_bytes=memory)
    asked = read_grid(grid)
    with stopping_on_sigterm(), console.progress(quiet=quiet) as tick:
        found = run_sweep(asked, out, executor=where, tick=tick, shard=part, limits=limits)
    if found is None:
        console.note(f"shard {part} is done; when all are, run: qtools merge {out}")
    else:
        show_sweep(found, out, as_json=as_json, quiet=quiet)


def show_sweep(found: "Summary", out: Path, *, as_json: bool, quiet: bool = False) -> None:
    """A summary of a finished sweep.

    Raises:
        GoalNotReachedError: points failed or missed their fidelity.
    """
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    if not quiet:
        console.note(f"{found.points} points; written to {out}; look at {out / 'report.html'}")
        console.next_command("qtools", "view", out)
    if found.failed or found.missed:
        reasons = ", ".join(f"{count} {reason}" for reason, count in found.failed.items())
        raise GoalNotReachedError(
            f"{sum(found.failed.values())} of {found.points} points failed"
            f"{f' ({reasons})' if reasons else ''} and {found.missed} missed their fidelity; "
            f"see {out / 'results.jsonl'}"
        )
