"""``qtools datasets ...``: sources, build, import, stats, verify, export."""

from pathlib import Path
from typing import Annotated

import typer

from qtools import console
from qtools.command_help import examples

app = typer.Typer(no_args_is_help=True, help="Build, check and export corpora of circuits.")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Where = Annotated[
    str,
    typer.Option("--executor", help="serial, processes:N, dask:ADDRESS or dask:FILE.toml."),
]
ShardOption = Annotated[
    str, typer.Option("--shard", help="Only part I/N, for job arrays; then: qtools merge.")
]


@app.callback()
def group() -> None:
    """Build, check and export corpora of circuits."""


@app.command()
@examples(
    "qtools datasets build --recipe small --out corpus/",
    "qtools datasets build --recipe default --executor processes:8 --out corpus/",
)
def build(
    out: Annotated[Path, typer.Option(help="Directory of the corpus.")],
    recipe: Annotated[str, typer.Option(help="small, default, or a .toml file.")] = "small",
    executor: Where = "processes:2",
    shard: ShardOption = "1/1",
    json_: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Build a corpus from a recipe; run again to finish a build that was stopped."""
    from qtools.datasets.build import build as build_corpus
    from qtools.datasets.recipe import load_recipe
    from qtools.datasets.report import show_manifest
    from qtools.runs.executors import parse_executor
    from qtools.runs.sharding import parse_shard
    from qtools.runs.stopping import stopping_on_sigterm

    chosen = load_recipe(recipe)
    where, part = parse_executor(executor), parse_shard(shard)
    with stopping_on_sigterm(), console.progress(quiet=quiet) as tick:
        manifest = build_corpus(chosen, out, executor=where, tick=tick, shard=part)
    show_manifest(manifest, out, as_json=json_, quiet=quiet)


@app.command()
@examples("qtools datasets sources")
def sources(json_: Json = False) -> None:
    """List the sources of generated circuits and their families."""
    from qtools.datasets.report import show_sources

    show_sources(as_json=json_)


@app.command("import")
@examples(
    "qtools datasets import my-files/ --source mine --license MIT --out corpus/",
)
def import_(
    paths: Annotated[list[Path], typer.Argument(help="OpenQASM 2/3 and QPY files, or folders.")],
    source: Annotated[str, typer.Option(help="Name of the source.")],
    out: Annotated[Path, typer.Option(help="Directory of the corpus; may hold other sources.")],
    license_: Annotated[
        str, typer.Option("--license", help="SPDX identifier, or 'unknown' (not released).")
    ] = "",
    origin: Annotated[str, typer.Option(help="Where the files come from, for the notice.")] = "",
    copyright_: Annotated[
        str, typer.Option("--copyright", help="Copyright line, for the notice.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of the split of a new corpus.")] = 0,
    seconds: Annotated[float, typer.Option(help="Time limit of one file.", min=0.1)] = 60.0,
    executor: Where = "processes:2",
    shard: ShardOption = "1/1",
    json_: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Add files as one source to a corpus; every file is accounted for. Run again to finish."""
    from qtools.datasets.report import show_manifest
    from qtools.datasets.wild.importer import LIMITS, ImportJob, import_files
    from qtools.errors import BadInputError
    from qtools.runs.calls import Limits
    from qtools.runs.executors import parse_executor
    from qtools.runs.sharding import parse_shard
    from qtools.runs.stopping import stopping_on_sigterm

    if not license_:
        raise BadInputError(
            "expected the licence of the files (--license BSD-3-Clause, for example), got none; "
            "with --license unknown they are imported but kept out of releases"
        )
    job = ImportJob(
        paths=tuple(paths),
        source=source,
        license=license_,
        origin=origin,
        copyright=copyright_,
        seed=seed,
    )
    where, part = parse_executor(executor), parse_shard(shard)
    limits = Limits(seconds=seconds, memory_bytes=LIMITS.memory_bytes)
    with stopping_on_sigterm(), console.progress(quiet=quiet) as tick:
        found = import_files(job, out, executor=where, tick=tick, limits=limits, shard=part)
    if found is not None and found.before and not quiet:
        console.note(f"{out} holds this import of {source!r} already; nothing was left to do")
    manifest = found.manifest if found is not None else None
    show_manifest(manifest, out, as_json=json_, quiet=quiet)


@app.command()
@examples("qtools datasets stats corpus/")
def stats(
    corpus: Annotated[Path, typer.Argument(help="Directory of a corpus.")], json_: Json = False
) -> None:
    """Counts and feature ranges of a corpus."""
    from qtools.datasets.corpus import Corpus
    from qtools.datasets.stats import corpus_stats, show_stats

    show_stats(corpus_stats(Corpus.open(corpus)), as_json=json_)


@app.command()
@examples("qtools datasets verify corpus/ --full")
def verify(
    corpus: Annotated[Path, typer.Argument(help="Directory of a corpus.")],
    full: Annotated[
        bool, typer.Option("--full", help="Also load every circuit and recompute fingerprints.")
    ] = False,
    executor: Where = "serial",
    records: Annotated[
        Path | None, typer.Option(help="Keep what --full found here; a stopped check goes on.")
    ] = None,
    json_: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Check hashes, counts, duplicates and leaks; exit code 3 if something is wrong."""
    from qtools.datasets.corpus import Corpus
    from qtools.datasets.verify import show_verification, verify_corpus
    from qtools.runs.executors import parse_executor

    where = parse_executor(executor)
    with console.progress(quiet=quiet) as tick:
        found = verify_corpus(
            Corpus.open(corpus), full=full, tick=tick, executor=where, records=records
        )
    show_verification(found, as_json=json_, quiet=quiet)


@app.command()
@examples("qtools datasets export corpus/ --format qasm3 --split test --out files/")
def export(
    corpus: Annotated[Path, typer.Argument(help="Directory of a corpus.")],
    out: Annotated[Path, typer.Option(help="New directory for the export.")],
    format_: Annotated[str, typer.Option("--format", help="qasm2, qasm3 or parquet.")] = "qasm2",
    split: Annotated[str, typer.Option(help="Only this split.")] = "",
    limit: Annotated[int, typer.Option(help="At most this many circuits; 0 for all.", min=0)] = 0,
) -> None:
    """Write the released circuits as files with provenance headers, or as one Parquet file."""
    from qtools.datasets.corpus import Corpus
    from qtools.datasets.export import export_corpus

    count = export_corpus(
        Corpus.open(corpus), out, format_=format_, split=split or None, limit=limit or None
    )
    console.note(f"{count} circuits written to {out}")
