"""Reading a corpus: streaming, column by column or row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from qtools.datasets.manifest import Manifest, read_manifest
from qtools.datasets.schema import SCHEMA
from qtools.datasets.splits import SPLITS
from qtools.errors import BadInputError, nearest

#: What Arrow raises on bytes that are no Parquet (ArrowInvalid is a ValueError), or end too soon.
PARQUET_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    MemoryError,
    OverflowError,
    pa.ArrowException,
)
_MAX_BYTES = 4 << 30


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A corpus on disk; make one with :meth:`open`.

    Attributes:
        path: its directory.
        manifest: its record.
    """

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: Path | str) -> "Corpus":
        """The corpus in a directory.

        Raises:
            BadInputError: there is none, or its manifest is damaged.
        """
        return cls(path=Path(path), manifest=read_manifest(Path(path)))

    def rows(
        self,
        split: str | None = None,
        *,
        columns: Sequence[str] | None = None,
        released: bool = True,
        batch_rows: int = 512,
    ) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries, read in batches, so that the corpus may exceed memory.

        Args:
            split: one of :data:`qtools.datasets.splits.SPLITS`; all when None.
            columns: which; all when None. ``split`` may be asked for like a column.
            released: leave out sources of unknown licence.
            batch_rows: rows held in memory at a time.
        """
        if split is not None and split not in SPLITS:
            raise BadInputError(
                f"expected a split among {', '.join(SPLITS)}, got {split!r}{nearest(split, SPLITS)}"
            )
        wanted = None if columns is None else [name for name in columns if name != "split"]
        for shard in self.manifest.shards(released=released):
            if split not in (None, shard.split):
                continue
            for row in shard_rows(self.path / shard.path, wanted, batch_rows):
                if columns is None or "split" in columns:
                    row["split"] = shard.split
                yield row


def shard_rows(path: Path, columns: list[str] | None, batch_rows: int) -> Iterator[dict[str, Any]]:
    """Rows of one shard as dictionaries; arguments as in :meth:`Corpus.rows`.

    Raises:
        BadInputError: no shard of a corpus, or one that cannot be read.
    """
    try:
        with pq.ParquetFile(path) as shard:
            refuse_large(shard, path)
            if not shard.schema_arrow.equals(SCHEMA):
                raise BadInputError(
                    f"{path} has other columns than a corpus of this version; "
                    "run `qtools datasets verify` on the corpus"
                )
            for batch in shard.iter_batches(batch_size=batch_rows, columns=columns):
                yield from batch.to_pylist()
    except PARQUET_ERRORS as error:
        reason = " ".join(str(error).split())
        raise BadInputError(
            f"cannot read {path} ({reason}); run `qtools datasets verify` on the corpus"
        ) from error


def refuse_large(shard: pq.ParquetFile, path: Path) -> None:
    """Raise :class:`BadInputError` for a Parquet file that unpacks to more than 4 GiB."""
    unpacked = sum(shard.metadata.row_group(i).total_byte_size for i in range(shard.num_row_groups))
    if not 0 <= unpacked <= _MAX_BYTES:
        raise BadInputError(f"{path} unpacks to more than {_MAX_BYTES >> 20} MiB; do not use it")
