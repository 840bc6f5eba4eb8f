"""What the command line shows of corpora."""

import json
from dataclasses import asdict
from pathlib import Path

import typer

from qtools import console
from qtools.datasets.manifest import Manifest
from qtools.datasets.sources import SOURCE_NAMES, source
from qtools.errors import MissingDependencyError
from qtools.report.page import REPORT


def show_manifest(
    manifest: Manifest | None, corpus: Path, *, as_json: bool, quiet: bool = False
) -> None:
    """A table of sources on stderr unless quiet, or the manifest as JSON on stdout.

    None, after a shard, gives a note on how to go on.
    """
    if manifest is None:
        console.note(f"this shard is done; when all are, run: qtools merge {corpus}")
        return
    if as_json:
        typer.echo(json.dumps({**asdict(manifest), "circuits": manifest.circuits()}))
    if as_json or quiet:
        return
    rows = [
        (
            entry.name,
            entry.license,
            str(entry.candidates),
            str(sum(entry.circuits.values())),
            str(sum(entry.rejected.values())),
            str(len(entry.families)),
        )
        for entry in manifest.sources
    ]
    columns = ("source", "licence", "candidates", "circuits", "rejected", "families")
    console.table(f"corpus {manifest.name}", columns, rows)
    splits = ", ".join(f"{split} {count}" for split, count in manifest.circuits().items())
    console.note(f"released circuits: {splits}")
    console.note(f"written to {corpus}; look at {corpus / REPORT}")
    console.next_command("qtools", "generate", "train", "--corpus", corpus, "--out", "model")


def show_sources(*, as_json: bool) -> None:
    """A table of the registered sources on stderr, or JSON on stdout.

    Sources whose package is missing are listed with the extra that brings it.
    """
    rows = []
    for name in SOURCE_NAMES:
        try:
            made = source(name)
            families: tuple[str, ...] = made.families()
            license_, state = made.license, "" if families else "not available yet"
        except MissingDependencyError as error:
            families, license_, state = (), "", str(error)
        rows.append({"name": name, "license": license_, "families": list(families), "state": state})
    if as_json:
        typer.echo(json.dumps(rows))
        return
    cells = [
        (str(row["name"]), str(row["license"]), str(len(row["families"])), str(row["state"]))
        for row in rows
    ]
    console.table("sources", ("source", "licence", "families", "state"), cells)
    for row in rows:
        console.note(f"{row['name']}: {', '.join(row['families'])}")
