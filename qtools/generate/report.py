"""Runs of the command line with their results on stdout and stderr."""

import json
from dataclasses import asdict
from pathlib import Path

import typer

from qtools import console
from qtools.console import Ticker
from qtools.generate.model.pretrained import bundled_names
from qtools.generate.sampling.campaign import Sampled, SampleJob, run_sample
from qtools.generate.sampling.write import require_empty
from qtools.generate.training.checkpoint import Progress
from qtools.generate.training.losses import BitsPerGate
from qtools.generate.training.recipe import TrainRecipe, load_recipe
from qtools.report.page import REPORT
from qtools.runs.executors import Executor
from qtools.runs.files import write_text
from qtools.runs.sharding import Shard
from qtools.runs.stopping import stopping_on_sigterm


def run_training(
    corpus: Path,
    out: Path,
    *,
    recipe_name: str,
    max_minutes: float | None,
    threads: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train and print the losses."""
    import torch

    from qtools.generate.training.publish import train_model
    from qtools.generate.training.ranks import is_first

    if threads is not None:
        torch.set_num_threads(threads)
    recipe = load_recipe(recipe_name)
    if not is_first():
        as_json, quiet = False, True
    with console.progress(quiet=quiet) as tick:
        trained, losses = train_model(
            recipe,
            corpus,
            out,
            max_seconds=None if max_minutes is None else 60 * max_minutes,
            report=lambda progress, loss: _note(recipe, progress, loss, tick, quiet=quiet),
        )
    if as_json:
        record = {
            "steps": trained.progress.step,
            "rows": trained.progress.rows,
            "seconds": trained.progress.seconds,
            "log": trained.progress.log,
            "losses": [asdict(loss) for loss in losses],
        }
        typer.echo(json.dumps(record))
    if as_json or quiet:
        return
    rows = [
        [
            f"{loss.split}, conditions {name}",
            *(f"{v:.3f}" for v in (bits.structure, bits.angles, bits.residuals)),
        ]
        for loss in losses
        for name, bits in (("given", loss.conditioned), ("open", loss.unconditioned))
    ]
    console.table("bits per gate", ["split", "structure", "angles", "residuals"], rows)
    console.note(f"written to {out}")
    console.next_command(
        *("qtools", "generate", "sample", "--model", out, "-n", 20, "--out", "circuits")
    )


def _note(
    recipe: TrainRecipe, progress: Progress, loss: BitsPerGate, tick: Ticker, *, quiet: bool
) -> None:
    text = (
        f"step {progress.step}/{recipe.steps}: {loss.structure:.3f} + {loss.angles:.3f} bits per "
        f"gate (structure + angles), {progress.rows / max(progress.seconds, 1e-9):,.0f} rows/s"
    )
    tick(text, progress.step / recipe.steps)
    if not quiet:
        console.note(text)


def run_sampling(
    job: SampleJob,
    out: Path,
    *,
    executor: Executor,
    shard: Shard,
    as_json: bool,
    quiet: bool,
) -> None:
    """Sample, write, and print what was made."""
    with stopping_on_sigterm(), console.progress(quiet=quiet) as tick:
        found = run_sample(job, out, executor=executor, tick=tick, shard=shard)
    if found is None:
        console.note(f"shard {shard} is done; when all are, run: qtools merge {out}")
    else:
        bundled = job.model in bundled_names()
        show_samples(found, out, bundled=bundled, as_json=as_json, quiet=quiet)


def show_samples(
    found: Sampled, out: Path, *, bundled: bool = False, as_json: bool, quiet: bool
) -> None:
    """Print what was made.

    Args:
        found: figures of the circuits.
        out: their directory.
        bundled: made by a model that brings the real circuits to compare them with.
        as_json: print counts and rates on stdout.
        quiet: print nothing.
    """
    made = found.summary
    rate = None if found.seconds is None else made.circuits / found.seconds
    if as_json:
        paced = {"seconds": found.seconds, "circuits_per_second": rate}
        typer.echo(json.dumps(asdict(made) | paced))
    elif not quiet:
        if rate is None:
            console.note(f"{out} holds this sampling already; nothing was left to do")
        pace = "" if rate is None else f", {rate:.1f} circuits per second"
        console.note(
            f"{made.circuits} circuits, {made.gates} gates{pace}; the grammar removed "
            f"{made.removed_probability:.2%} of the probability"
        )
        console.note(f"written to {out}; look at {out / REPORT}")
        against = () if bundled else ("--against", "corpus")
        console.next_command(
            *("qtools", "generate", "verify", out, *against, "--out", "verification")
        )


def run_suite(circuits: Path, out: Path, n: int, *, seed: int, as_json: bool) -> None:
    """Choose circuits and write them with an index."""
    from qtools.generate.select import select
    from qtools.generate.verify.circuits import parse, read_programs
    from qtools.generate.verify.structure import feature_matrix

    require_empty(out)
    found = [parse(program) for program in read_programs(circuits)]
    chosen = select(feature_matrix([circuit.normal for circuit in found]), n, seed=seed)
    names = []
    for place in chosen.chosen.tolist():
        circuit = found[place]
        names.append(f"{Path(circuit.program.name).stem}.qasm")
        write_text(out / names[-1], circuit.program.text)
    record = {
        "circuits": names,
        "radius": chosen.radius,
        "random_radius": chosen.random_radius,
    }
    write_text(out / "suite.json", json.dumps(record, indent=1) + "\n")
    if as_json:
        typer.echo(json.dumps(record))
    else:
        console.note(
            f"{n} of {len(found)} circuits; covering radius {chosen.radius:.2f}, of random picks "
            f"{chosen.random_radius:.2f}"
        )


def run_publishing(
    model: Path, corpus: Path, out: Path, *, tables: Path | None, as_json: bool
) -> None:
    """Write the files of a bundled model and print their size."""
    from qtools.generate.training.bundle import bundle_model

    size = bundle_model(model, corpus, out, tables=tables)
    if as_json:
        typer.echo(json.dumps({"out": str(out), "bytes": size}))
    else:
        console.note(f"{out}: {size / 1e6:.1f} MB")
