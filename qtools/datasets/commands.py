"""``qtools datasets ...``: sources, build, import, stats, verify, export."""

from pathlib import Path
from typing import Annotated

import typer

from qtools import console

app = typer.Typer(no_args_is_help=True, help="Build, check and export corpora of circuits.")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Where = Annotated[
    str, typer.Option("--executor", help="Where the work runs: serial, or processes:N.")
]


@app.callback()
def group() -> None:
    """Build, check and export corpora of circuits."""


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="Directory of the corpus.")],
    recipe: Annotated[str, typer.Option(help="small, default, or a .toml file.")] = "small",
    executor: Where = "processes:2",
    json_: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress line.")] = False,
) -> None:
    """Build a corpus from a recipe; run again to finish a build that was stopped."""
    from qtools.datasets.build import build as build_corpus
    from qtools.datasets.recipe import load_recipe
    from qtools.datasets.report import show_manifest
    from qtools.runs.executors import parse_executor

    chosen = load_recipe(recipe)
    where = parse_executor(executor)
    with console.progress(quiet=quiet) as tick:
        manifest = build_corpus(chosen, out, executor=where, tick=tick)
    show_manifest(manifest, as_json=json_)
