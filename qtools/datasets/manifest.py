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
from qtools.runs.typed import typed
from qtools.runs.untrusted import inside, read_json

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
        import_id: content id of the import that added it; empty for a source of a build.
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
    import_id: str = ""


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
    if not path.exists():
        raise BadInputError(
            f"expected a corpus (with {FILE_NAME}) in {corpus}, found none; "
            "make one with `qtools datasets build`"
        )
    try:
        record = read_json(path, what="manifest")
        if not isinstance(record, dict):
            raise BadInputError(f"{path} should hold a JSON object")
        if record.pop("format", None) != FORMAT:
            raise BadInputError(
                f"expected a corpus of format {FORMAT} in {corpus}, got another format; "
                "build it again with this version of qtools"
            )
        record.pop("circuits", None)
        manifest = typed(Manifest, record, source=str(path))
    except BadInputError as error:
        if "another format" in str(error):
            raise
        raise BadInputError(
            f"expected the manifest of a corpus in {path}, which is damaged ({error}); "
            "restore it or build the corpus again"
        ) from error
    _refuse_paths_outside(corpus, manifest)
    return manifest


def _refuse_paths_outside(corpus: Path, manifest: Manifest) -> None:
    """Check that every file that a manifest names lies in its corpus."""
    for entry in manifest.sources:
        quarantine = (entry.quarantine,) if entry.quarantine else ()
        for name in (*(shard.path for shard in entry.shards), *entry.notices, *quarantine):
            inside(corpus, name)
        for shard in entry.shards:
            if shard.split not in SPLITS:
                raise BadInputError(
                    f"expected the splits {', '.join(SPLITS)} in {corpus / FILE_NAME}, got "
                    f"{shard.split[:40]!r}"
                )
