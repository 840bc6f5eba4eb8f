"""``manifest.json``: what a corpus holds, where it came from, and the hash of every file."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from qtools.datasets.schema import FORMAT
from qtools.datasets.shards import Shard
from qtools.datasets.splits import SPLITS
from qtools.errors import BadInputError
from qtools.runs.files import write_text

FILE_NAME = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class SourceEntry:
    """One source as it was added to a corpus.

    Attributes:
        name, license, origin, copyright: of the source.
        generator: package and version, or ``file``.
        released: whether its circuits belong to the published data set.
        circuits: rows kept, by split.
        rejected: candidates not kept, by reason; duplicates included.
        candidates: rows kept plus all rejected.
        families: rows kept, by family.
        shards: its files.
        quarantine: the file that lists what was rejected and why, relative to the corpus.
        notices: licence texts, relative to the corpus.
    """

    name: str
    license: str
    origin: str
    copyright: str
    generator: str
    released: bool
    circuits: dict[str, int]
    rejected: dict[str, int]
    candidates: int
    families: dict[str, int]
    shards: tuple[Shard, ...]
    quarantine: str = ""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The whole record of a corpus; see :class:`SourceEntry`.

    Attributes:
        name: of the corpus.
        seed: of the split.
        recipe: the recipe that built it, if one did.
        versions: software that wrote it.
        splits: rules of the split.
        sources: in the order they were added.
    """

    name: str
    seed: int
    recipe: dict[str, Any] | None
    recipe_id: str
    versions: dict[str, str]
    splits: dict[str, Any]
    sources: tuple[SourceEntry, ...] = field(default=())

    def circuits(self, *, released: bool = True) -> dict[str, int]:
        """Rows by split, of released sources or of all."""
        entries = [entry for entry in self.sources if entry.released or not released]
        return {split: sum(e.circuits.get(split, 0) for e in entries) for split in SPLITS}

    def shards(self, *, released: bool = True) -> tuple[Shard, ...]:
        """Files, of released sources or of all."""
        return tuple(
            shard
            for entry in self.sources
            if entry.released or not released
            for shard in entry.shards
        )


def write_manifest(corpus: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``; equal manifests give equal bytes."""
    record = {"format": FORMAT, "circuits": manifest.circuits(), **asdict(manifest)}
    write_text(corpus / FILE_NAME, json.dumps(record, indent=1, sort_keys=True) + "\n")


def read_manifest(corpus: Path) -> Manifest:
    """The manifest of a corpus.

    Raises:
        BadInputError: no corpus there, a damaged manifest, or another format.
    """
    path = corpus / FILE_NAME
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.pop("format") != FORMAT:
            raise BadInputError(
                f"expected a corpus of format {FORMAT} in {corpus}, got another format; "
                "build it again with this version of qtools"
            )
        record.pop("circuits")
        entries = tuple(_entry(entry) for entry in record.pop("sources"))
        return Manifest(**record, sources=entries)
    except FileNotFoundError as error:
        raise BadInputError(
            f"expected a corpus (with {FILE_NAME}) in {corpus}, found none; "
            "make one with `qtools datasets build`"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInputError(
            f"expected the manifest of a corpus in {path}, which is damaged ({error}); "
            "restore it or build the corpus again"
        ) from error


def _entry(record: dict[str, Any]) -> SourceEntry:
    shards = tuple(Shard(**shard) for shard in record.pop("shards"))
    notices = tuple(record.pop("notices"))
    return SourceEntry(**record, shards=shards, notices=notices)
