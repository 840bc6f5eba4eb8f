"""Corpora as folders of OpenQASM files with provenance headers, or as one Parquet file."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from qtools.circuits import qasm2, qasm3
from qtools.datasets.card import notice_text
from qtools.datasets.corpus import Corpus
from qtools.datasets.schema import SCHEMA
from qtools.errors import OutputExistsError, UsageError, nearest
from qtools.runs.files import replacing, write_bytes, write_text
from qtools.runs.untrusted import inside, read_bytes

FORMATS = ("qasm2", "qasm3", "parquet")
_BATCH = 1024


def export_corpus(
    corpus: Corpus,
    out: Path,
    *,
    format_: str,
    split: str | None = None,
    limit: int | None = None,
) -> int:
    """Write the released circuits to a new directory, with the licence notices.

    Args:
        corpus: any.
        out: must not exist or be empty.
        format_: one of :data:`FORMATS`; OpenQASM goes to ``<split>/<family>/<id>.qasm``.
        split: only this one.
        limit: at most so many circuits.

    Returns:
        How many circuits were written.

    Raises:
        UsageError: an unknown format.
        OutputExistsError: ``out`` holds something.
        BadInputError: the disk refuses.
    """
    if format_ not in FORMATS:
        raise UsageError(
            f"expected a format among {', '.join(FORMATS)}, got {format_!r}"
            f"{nearest(format_, FORMATS)}"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputExistsError(f"expected {out} to be new or empty; choose another --out")
    rows = islice(corpus.rows(split), limit)
    count = _parquet(rows, out) if format_ == "parquet" else _folders(rows, out, format_)
    write_text(out / "NOTICE.md", notice_text(corpus.manifest))
    for entry in corpus.manifest.sources:
        for notice in entry.notices if entry.released else ():
            text = read_bytes(inside(corpus.path, notice), what="notice", max_bytes=16 << 20)
            write_bytes(out / notice, text)
    return count


def _folders(rows: Iterator[dict[str, Any]], out: Path, format_: str) -> int:
    count = 0
    for row in rows:
        circuit = qasm2.loads(row["qasm"])
        header = (
            f"source: {row['source']} ({row['license']}), {row['generator']}",
            f"family: {row['family']}, parameters: {row['parameters']}, seed: {row['seed']}",
            f"level: {row['level']}, gate set: {row['gate_set']}, target: {row['target'] or '-'}, "
            f"optimisation level: {row['opt_level']}",
            f"id: {row['id']}, split: {row['split']}",
        )
        writer = qasm2.dumps if format_ == "qasm2" else qasm3.dumps
        text = writer(circuit, comments=header)
        folder = out / row["split"] / _as_name(row["family"])
        write_text(folder / f"{_as_name(row['id'])}.qasm", text)
        count += 1
    return count


def _as_name(text: str) -> str:
    """A column's text as the name of a file: what could lead elsewhere becomes a dash."""
    name = re.sub(r"[^A-Za-z0-9_.+-]", "-", text)[:100]
    return name if name.strip(".") else "-"


def _parquet(rows: Iterator[dict[str, Any]], out: Path) -> int:
    schema = SCHEMA.append(pa.field("split", pa.string(), nullable=False))
    count = 0
    with (
        replacing(out / "corpus.parquet", "wb") as stream,
        pq.ParquetWriter(stream, schema, compression="zstd") as writer,
    ):
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count
