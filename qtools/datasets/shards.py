"""Parquet shards: deterministic bytes, written whole or not at all."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from qtools.datasets.rows import Row
from qtools.datasets.schema import SCHEMA
from qtools.runs.files import replacing

ROWS_PER_SHARD = 4096
#: Folder of the released shards, and of those whose licence is unknown.
RELEASED, UNRELEASED = "data", "unreleased"


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One Parquet file of a corpus.

    Attributes:
        path: relative to the corpus.
        split: which split its rows belong to.
        rows, bytes: its size.
        sha256: of the file.
    """

    path: str
    split: str
    rows: int
    bytes: int
    sha256: str


def write_shards(
    corpus: Path, folder: str, split: str, source: str, rows: Iterable[Row]
) -> list[Shard]:
    """Write rows of one split and source as shards of :data:`ROWS_PER_SHARD` rows.

    Memory holds one shard at a time. Equal rows give equal bytes.
    """
    shards = []
    for number, batch in enumerate(_batches(rows, ROWS_PER_SHARD)):
        path = corpus / folder / f"{split}-{source}-{number:05d}.parquet"
        table = pa.Table.from_pylist(batch, schema=SCHEMA)
        with replacing(path, "wb") as stream:
            pq.write_table(table, stream, compression="zstd", compression_level=6)
        shards.append(
            Shard(
                path=path.relative_to(corpus).as_posix(),
                split=split,
                rows=len(batch),
                bytes=path.stat().st_size,
                sha256=file_sha256(path),
            )
        )
    return shards


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
