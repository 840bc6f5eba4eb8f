"""A corpus as arrays of rows: what training, baselines and verification read."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qtools.circuits import qasm2
from qtools.circuits.normal import UnsupportedCircuitError
from qtools.datasets.corpus import Corpus
from qtools.errors import BadInputError
from qtools.generate.language.conditions import (
    FIELDS,
    NUM_FIELDS,
    ConditionNames,
    Conditions,
    size_bin,
)
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.rows import Rows, encode_circuit
from qtools.generate.language.vocabulary import FIRST_GATE, NUM_COLUMNS, OP_NAMES
from qtools.runs.array_file import MAX_BYTES, NPZ_ERRORS, plain_arrays
from qtools.runs.files import replacing, write_text
from qtools.runs.tasks import content_id
from qtools.runs.untrusted import read_bytes, read_json

_COLUMNS = ("qasm", "family", "gate_set", "level", "num_qubits", "num_gates", "split")
_FEATURE_COLUMNS = ("gdg_critical_path_length",)
#: Version of the cache; others are made anew.
_CACHE_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class EncodedCorpus:
    """A corpus in the model's terms.

    Attributes:
        names: families, gate sets and levels that occur in any split.
        splits: split -> its documents, in the order of the corpus.
        gates_of: gate set -> names of the gates that its circuits use.
        left_out: circuits that rows cannot express, by reason.
        id: content id of the corpus's shards.
    """

    names: ConditionNames
    splits: dict[str, EncodedDocuments]
    gates_of: dict[str, tuple[str, ...]]
    left_out: dict[str, int]
    id: str

    def split(self, name: str) -> EncodedDocuments:
        """The documents of a split.

        Raises:
            BadInputError: the corpus has none there.
        """
        if name not in self.splits:
            raise BadInputError(f"expected circuits in the split {name!r} of the corpus, got none")
        return self.splits[name]


def load_corpus(path: Path, *, cache: Path | None = None) -> EncodedCorpus:
    """Read and encode a corpus.

    Args:
        path: a directory made by ``qtools datasets build`` or ``import``.
        cache: a directory where the encoded form is kept for the next time.

    Raises:
        BadInputError: no corpus, or no circuit in it that the tokenizer can write.
    """
    corpus = Corpus.open(path)
    shards = corpus.manifest.shards()
    identity = content_id([_CACHE_FORMAT, *OP_NAMES, *sorted(shard.sha256 for shard in shards)])
    if cache is not None:
        found = _read_cache(cache, identity)
        if found is not None:
            return found
    encoded = _encode(corpus.rows(columns=[*_COLUMNS, *_FEATURE_COLUMNS]), identity)
    if cache is not None:
        _write_cache(cache, encoded)
    return encoded


def document_conditions(
    *, family: str, gate_set: str, level: str, num_qubits: int, gates: int, gate_depth: int
) -> Conditions:
    """All conditions of a circuit of which these facts are known."""
    return Conditions(
        family=family,
        gate_set=gate_set,
        level=level,
        num_qubits=num_qubits,
        length=size_bin(gates),
        depth=size_bin(gate_depth),
    )


def _encode(rows: Iterable[dict[str, Any]], identity: str) -> EncodedCorpus:
    parts: dict[str, list[tuple[Rows, Conditions, int]]] = {}
    left_out: Counter[str] = Counter()
    for row in rows:
        try:
            encoded = encode_circuit(qasm2.loads(row["qasm"]))
        except UnsupportedCircuitError as error:
            left_out[error.reason] += 1
            continue
        conditions = document_conditions(
            family=row["family"],
            gate_set=row["gate_set"],
            level=row["level"],
            num_qubits=row["num_qubits"],
            gates=row["num_gates"],
            gate_depth=row["gdg_critical_path_length"],
        )
        parts.setdefault(row["split"], []).append((encoded, conditions, row["num_gates"]))
    if not parts:
        raise BadInputError("expected a corpus with circuits that rows can express, got none")
    everything = [conditions for documents in parts.values() for _, conditions, _ in documents]
    names = ConditionNames(
        families=_names(everything, "family"),
        gate_sets=_names(everything, "gate_set"),
        levels=_names(everything, "level"),
    )
    splits = {split: _documents(documents, names) for split, documents in parts.items()}
    return EncodedCorpus(
        names=names,
        splits=splits,
        gates_of=_gates_of(parts),
        left_out=dict(left_out),
        id=identity,
    )


def _names(conditions: Iterable[Conditions], field: str) -> tuple[str, ...]:
    return tuple(sorted({getattr(condition, field) for condition in conditions}))


def _documents(
    documents: list[tuple[Rows, Conditions, int]], names: ConditionNames
) -> EncodedDocuments:
    sizes = [len(rows) for rows, _, _ in documents]
    return EncodedDocuments(
        rows=np.concatenate([rows for rows, _, _ in documents]),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        conditions=np.array([names.encode(c) for _, c, _ in documents], dtype=np.int64),
        gates=np.array([gates for _, _, gates in documents], dtype=np.int64),
    )


def _gates_of(
    parts: dict[str, list[tuple[Rows, Conditions, int]]],
) -> dict[str, tuple[str, ...]]:
    used: dict[str, set[int]] = {}
    for documents in parts.values():
        for rows, conditions, _ in documents:
            ops = set(np.unique(rows[:, 0]).tolist())
            used.setdefault(conditions.gate_set or "", set()).update(ops)
    return {
        gate_set: tuple(OP_NAMES[op] for op in sorted(ops) if op >= FIRST_GATE)
        for gate_set, ops in sorted(used.items())
    }


def _write_cache(cache: Path, corpus: EncodedCorpus) -> None:
    arrays = {
        f"{split}/{name}": getattr(documents, name)
        for split, documents in corpus.splits.items()
        for name in ("rows", "offsets", "conditions", "gates")
    }
    with replacing(cache / "encoded.npz", "wb") as stream:
        np.savez_compressed(stream, **arrays)
    record = {
        "id": corpus.id,
        "names": corpus.names.as_json(),
        "gates_of": corpus.gates_of,
        "left_out": corpus.left_out,
        "splits": sorted(corpus.splits),
    }
    write_text(cache / "encoded.json", json.dumps(record) + "\n")


def _read_cache(cache: Path, identity: str) -> EncodedCorpus | None:
    try:
        record = read_json(cache / "encoded.json", what="cache")
        if record["id"] != identity:
            return None
        arrays = plain_arrays(read_bytes(cache / "encoded.npz", what="cache", max_bytes=MAX_BYTES))
        splits = {split: _cached_documents(arrays, split) for split in record["splits"]}
    except (BadInputError, *NPZ_ERRORS):
        # A cache that is missing or damaged is made anew.
        return None
    return EncodedCorpus(
        names=ConditionNames(**{key: tuple(value) for key, value in record["names"].items()}),
        splits=splits,
        gates_of={key: tuple(value) for key, value in record["gates_of"].items()},
        left_out=record["left_out"],
        id=identity,
    )


def _cached_documents(arrays: Any, split: str) -> EncodedDocuments:
    documents = EncodedDocuments(
        rows=arrays[f"{split}/rows"],
        offsets=arrays[f"{split}/offsets"],
        conditions=arrays[f"{split}/conditions"],
        gates=arrays[f"{split}/gates"],
    )
    count = len(documents)
    if (
        documents.rows.shape != (int(documents.offsets[-1]), NUM_COLUMNS)
        or documents.conditions.shape != (count, NUM_FIELDS)
        or documents.gates.shape != (count,)
        or documents.offsets[0] != 0
        or (np.diff(documents.offsets) < 0).any()
    ):
        raise ValueError("another layout")
    return documents


#: Position of each condition field in the id vectors.
FIELD_PLACES = {field: place for place, field in enumerate(FIELDS)}
