"""What the command line shows of corpora."""

import json
from dataclasses import asdict

import typer

from qtools import console
from qtools.datasets.manifest import Manifest


def show_manifest(manifest: Manifest, *, as_json: bool) -> None:
    """A table of sources on stderr, or the manifest as JSON on stdout."""
    if as_json:
        typer.echo(json.dumps({**asdict(manifest), "circuits": manifest.circuits()}))
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
