"""A small corpus drawn from a large one: the same form, a few circuits of some splits."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from qtools.datasets.card import write_card
from qtools.datasets.corpus import Corpus
from qtools.datasets.manifest import Manifest, SourceEntry, write_manifest
from qtools.datasets.rows import Row
from qtools.datasets.shards import RELEASED, write_shards
from qtools.errors import OutputExistsError
from qtools.runs.files import write_bytes
from qtools.runs.untrusted import inside, read_bytes


def write_excerpt(
    corpus: Corpus, out: Path, counts: Mapping[str, int], *, seed: int = 0
) -> Manifest:
    """Write so many random released circuits of each split as a corpus of their own.

    Args:
        corpus: to draw from.
        out: new directory.
        counts: split -> circuits; all of a split that has fewer.
        seed: of the draw; equal seeds give equal bytes.

    Raises:
        OutputExistsError: ``out`` holds something.
    """
    if out.exists() and any(out.iterdir()):
        raise OutputExistsError(f"expected an empty or new directory, got {out}; choose another")
    drawn = {split: _draw(corpus, split, count, seed) for split, count in counts.items()}
    entries = [_entry(corpus, out, entry, drawn) for entry in corpus.manifest.sources]
    manifest = replace(
        corpus.manifest,
        name=f"{corpus.manifest.name}-excerpt",
        sources=tuple(entry for entry in entries if entry.shards),
    )
    write_card(out, manifest)
    write_manifest(out, manifest)
    return manifest


def _draw(corpus: Corpus, split: str, count: int, seed: int) -> list[Row]:
    """Random rows of a split, in the order of the corpus."""
    ids = [row["id"] for row in corpus.rows(split, columns=["id"])]
    rng = np.random.default_rng([seed, len(ids)])
    chosen = set(rng.choice(ids, min(count, len(ids)), replace=False).tolist())
    return [row for row in corpus.rows(split) if row["id"] in chosen]


def _entry(
    corpus: Corpus, out: Path, entry: SourceEntry, drawn: Mapping[str, list[Row]]
) -> SourceEntry:
    """A source with its part of the rows, its shards and licence texts written."""
    parts = {
        split: [row for row in rows if row["source"] == entry.name] for split, rows in drawn.items()
    }
    shards = [
        shard
        for split, rows in parts.items()
        for shard in write_shards(out, RELEASED, split, entry.name, rows)
    ]
    families: dict[str, int] = {}
    for row in (row for rows in parts.values() for row in rows):
        families[row["family"]] = families.get(row["family"], 0) + 1
    for name in entry.notices if shards else ():
        write_bytes(out / name, read_bytes(inside(corpus.path, name), what="licence"))
    return replace(
        entry,
        circuits={split: len(rows) for split, rows in parts.items() if rows},
        rejected={},
        candidates=sum(len(rows) for rows in parts.values()),
        families=dict(sorted(families.items())),
        shards=tuple(shards),
        quarantine="",
    )
