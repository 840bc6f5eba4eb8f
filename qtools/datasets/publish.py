"""Add circuits of one source to a corpus: deduplicate, split, write shards, record it.

The shards of other sources are not touched. Files are written first and the manifest last, so a
killed run leaves either the old corpus or the new one, with at most some unlisted files.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from qtools.datasets.card import write_card
from qtools.datasets.corpus import Corpus
from qtools.datasets.manifest import Manifest, SourceEntry, write_manifest
from qtools.datasets.page import write_corpus_page
from qtools.datasets.recipe import SplitRules
from qtools.datasets.rows import Row
from qtools.datasets.shards import RELEASED, UNRELEASED, write_shards
from qtools.datasets.splits import SPLITS, SplitKeys, assign_splits
from qtools.runs.files import replacing

UNKNOWN_LICENSE = "unknown"
Rejection = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RowKey:
    """What must be known of a row before it is written.

    Attributes:
        place: where :class:`Batch` finds the row.
        id, fingerprint: exact, and modulo relabelling.
        split_keys: what decides its split.
    """

    place: tuple[int, int]
    id: str
    fingerprint: str
    split_keys: SplitKeys

    @classmethod
    def of(cls, row: Row, place: tuple[int, int]) -> "RowKey":
        """The key of a row."""
        keys = SplitKeys(
            structure=row["structure"],
            group=row["group"],
            family=row["family"],
            num_qubits=row["num_qubits"],
        )
        return cls(place=place, id=row["id"], fingerprint=row["fingerprint"], split_keys=keys)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Candidates from one source.

    Attributes:
        keys: of all rows, in an order that does not depend on how they were made; of duplicates
            the first is kept.
        read: the row at a place.
        rejected: candidates that never became rows.
        name, license, origin, copyright, generator: of the source.
        notices: licence files written already, relative to the corpus.
        import_id: content id of the import it comes from, if any.
    """

    keys: Sequence[RowKey]
    read: Callable[[tuple[int, int]], Row]
    rejected: Iterable[Rejection]
    name: str
    license: str
    origin: str
    copyright: str
    generator: str
    notices: tuple[str, ...] = ()
    import_id: str = ""


def publish(corpus: Path, manifest: Manifest, batches: Sequence[Batch]) -> Manifest:
    """Add the batches to the corpus described by ``manifest`` and write the new record.

    Returns:
        The manifest with one more entry per batch.

    Raises:
        BadInputError: the disk refuses; the corpus is then as it was.
    """
    known = _Known.load(corpus, manifest)
    kept: list[list[RowKey]] = []
    rejections: list[list[Rejection]] = []
    for batch in batches:
        fresh, duplicates = known.add(batch)
        kept.append(fresh)
        rejections.append([*batch.rejected, *duplicates])
    # Splits are assigned over all batches at once, because structures connect sources.
    rules = SplitRules(**{k: _tuple(v) for k, v in manifest.splits.items()})
    everything = [key.split_keys for keys in kept for key in keys]
    splits = iter(assign_splits(everything, rules, seed=manifest.seed, taken=known.splits))
    entries = []
    for batch, keys, rejected in zip(batches, kept, rejections, strict=True):
        entries.append(_write_batch(corpus, batch, keys, [next(splits) for _ in keys], rejected))
    updated = replace(manifest, sources=(*manifest.sources, *entries))
    write_card(corpus, updated)
    write_corpus_page(corpus, updated)
    write_manifest(corpus, updated)
    return updated


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class _Known:
    """Fingerprints and split keys of what the corpus holds already."""

    def __init__(self) -> None:
        self._by_fingerprint: dict[str, str] = {}
        self._ids: set[str] = set()
        self.splits: dict[str, str] = {}

    @classmethod
    def load(cls, corpus: Path, manifest: Manifest) -> "_Known":
        known = cls()
        columns = ["id", "fingerprint", "structure", "group", "split"]
        for row in Corpus(path=corpus, manifest=manifest).rows(columns=columns, released=False):
            known._by_fingerprint[row["fingerprint"]] = row["id"]
            known._ids.add(row["id"])
            known.splits[row["structure"]] = row["split"]
            known.splits[row["group"]] = row["split"]
        return known

    def add(self, batch: Batch) -> tuple[list[RowKey], list[Rejection]]:
        """Rows of the batch that are new, and the duplicates."""
        fresh, duplicates = [], []
        for key in batch.keys:
            twin = self._by_fingerprint.setdefault(key.fingerprint, key.id)
            if twin != key.id or key.id in self._ids:
                row = batch.read(key.place)
                duplicates.append(
                    {
                        "reason": "duplicate",
                        "message": f"same circuit as {twin} up to relabelling and commuting order",
                        "candidate": row["path"] or f"{row['family']} {row['level']}",
                        "parameters": row["parameters"],
                    }
                )
                continue
            self._ids.add(key.id)
            fresh.append(key)
        return fresh, duplicates


def _write_batch(
    corpus: Path,
    batch: Batch,
    keys: Sequence[RowKey],
    splits: Sequence[str | None],
    rejected: list[Rejection],
) -> SourceEntry:
    pairs = list(zip(keys, splits, strict=True))
    for key, split in pairs:
        if split is None:
            row = batch.read(key.place)
            rejected.append(
                {
                    "reason": "would-leak",
                    "message": "its near-duplicates are in two splits of the corpus already",
                    "candidate": row["path"] or f"{row['family']} {row['level']}",
                    "parameters": row["parameters"],
                }
            )
    released = batch.license != UNKNOWN_LICENSE
    folder = RELEASED if released else UNRELEASED
    counts = {split: sum(s == split for s in splits) for split in SPLITS}
    families: Counter[str] = Counter()
    shards = []
    for split in SPLITS:
        # Rows of one split are in the order of their ids: a shuffle that anyone can repeat.
        mine = sorted((k for k, s in pairs if s == split), key=lambda key: key.id)
        families.update(key.split_keys.family for key in mine)
        rows = (batch.read(key.place) for key in mine)
        shards += write_shards(corpus, folder, split, batch.name, rows)
    reasons = Counter(entry["reason"] for entry in rejected)
    return SourceEntry(
        name=batch.name,
        license=batch.license,
        origin=batch.origin,
        copyright=batch.copyright,
        generator=batch.generator,
        released=released,
        circuits=counts,
        rejected=dict(sorted(reasons.items())),
        candidates=len(keys) + sum(reasons.values()) - reasons["would-leak"],
        families=dict(sorted(families.items())),
        shards=tuple(shards),
        quarantine=_write_quarantine(corpus, batch.name, rejected),
        notices=batch.notices,
        import_id=batch.import_id,
    )


def _write_quarantine(corpus: Path, name: str, rejected: Sequence[Rejection]) -> str:
    if not rejected:
        return ""
    path = corpus / "quarantine" / f"{name}.jsonl"
    with replacing(path) as stream:
        for entry in rejected:
            stream.write(json.dumps(entry, sort_keys=True) + "\n")
    return path.relative_to(corpus).as_posix()


def split_rules_json(rules: SplitRules) -> dict[str, Any]:
    """Split rules as the manifest stores them."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(rules).items()}


def iterate_keys(results: Iterable[tuple[int, list[Row]]]) -> Iterator[RowKey]:
    """Keys of the rows of numbered results."""
    for number, rows in results:
        for index, row in enumerate(rows):
            yield RowKey.of(row, (number, index))
