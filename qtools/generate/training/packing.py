"""Batches of packed documents, the same for the same seed and step.

Short documents are packed into sequences of one length, with attention masked between documents;
longer ones have a sequence each, together with others of nearly their length, which needs no mask
and so keeps attention on its fast causal path. Which batch comes at which step depends on the seed
and the step alone, so a resumed run sees the batches it would have seen.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from qtools.generate.language.conditions import NUM_FIELDS
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.vocabulary import BOS, EMPTY, NUM_COLUMNS, PAD
from qtools.generate.model.network import MAX_ROWS, PackedBatch

#: Length of sequences that hold several documents, and the raster of longer ones.
PACKED = 128
_RASTER = 32
_MIDDLE, _MOST_REPEATS = 512, 4
_BOS_ROW = np.array([[BOS] + [EMPTY] * (NUM_COLUMNS - 1)], dtype=np.int16)


def repeats(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each document comes per epoch: ``sqrt(512 / length)``, rounded, from 1 to 4.

    A loss per row would make the longest tenth of the circuits count more than all others.
    """
    return np.clip(np.round(np.sqrt(_MIDDLE / lengths)), 1, _MOST_REPEATS).astype(np.int64)


def pack(
    lengths: NDArray[np.int64], rng: np.random.Generator, *, repeated: bool
) -> list[tuple[int, list[int]]]:
    """Sequences as (length, documents); each document comes once, or as :func:`repeats` says.

    Documents of more than :data:`qtools.generate.model.network.MAX_ROWS` rows are left out.
    """
    times = repeats(lengths) if repeated else np.ones(len(lengths), dtype=np.int64)
    deck = np.repeat(np.arange(len(lengths)), times)
    packed: list[tuple[int, list[int]]] = []
    room, members = PACKED, list[int]()
    for index in rng.permutation(deck).tolist():
        size = int(lengths[index])
        if size > MAX_ROWS:
            continue
        if size > PACKED:
            packed.append((-(-size // _RASTER) * _RASTER, [index]))
            continue
        if size > room:
            packed.append((PACKED, members))
            room, members = PACKED, []
        members.append(index)
        room -= size
    return [*packed, (PACKED, members)] if members else packed


def epoch_batches(
    lengths: NDArray[np.int64],
    *,
    rows_per_batch: int,
    seed: int,
    epoch: int,
    repeated: bool = False,
) -> list[tuple[int, list[list[int]]]]:
    """Batches of one pass over the documents, as (length, sequences of documents)."""
    rng = np.random.default_rng([seed, epoch])
    by_length: dict[int, list[list[int]]] = {}
    for length, members in pack(lengths, rng, repeated=repeated):
        by_length.setdefault(length, []).append(members)
    batches: list[tuple[int, list[list[int]]]] = []
    for length, sequences in sorted(by_length.items()):
        size = max(1, rows_per_batch // length)
        groups = [sequences[i : i + size] for i in range(0, len(sequences), size)]
        batches.extend((length, group) for group in groups)
    return [batches[i] for i in rng.permutation(len(batches))]


def make_batch(
    documents: EncodedDocuments,
    length: int,
    sequences: Sequence[Sequence[int]],
    *,
    drop: NDArray[np.bool_] | None = None,
) -> PackedBatch:
    """Arrays of one batch.

    Args:
        documents: all documents.
        length: of the sequences.
        sequences: documents of each.
        drop: (documents in the batch, NUM_FIELDS) which condition fields to leave open, in the
            order of ``sequences``.
    """
    rows = np.full((len(sequences), length, NUM_COLUMNS), EMPTY, dtype=np.int16)
    rows[..., 0] = PAD
    start = np.zeros((len(sequences), length), dtype=np.int64)
    conditions = np.zeros((len(sequences), length, NUM_FIELDS), dtype=np.int64)
    position = 0
    for line, members in enumerate(sequences):
        place = 0
        for index in members:
            body = np.concatenate([_BOS_ROW, documents.document(index)])
            rows[line, place : place + len(body)] = body
            start[line, place:] = place
            known = documents.conditions[index]
            if drop is not None:
                known = np.where(drop[position], 0, known)
            conditions[line, place:] = known
            place += len(body)
            position += 1
        if length == PACKED and place < length:
            # Padding is a document of its own, so that nothing attends to it.
            start[line, place:] = place
    return PackedBatch(
        rows_BTC=torch.from_numpy(rows.astype(np.int64)),
        start_BT=torch.from_numpy(start),
        conditions_BTF=torch.from_numpy(conditions),
    )


def training_batches(
    documents: EncodedDocuments, *, rows_per_batch: int, seed: int, first_step: int, drop: float
) -> Iterator[PackedBatch]:
    """Endless batches from a step on.

    Args:
        documents: to train on.
        rows_per_batch: positions per batch, padding included.
        seed: of order and of dropped conditions.
        first_step: how many batches to skip.
        drop: probability that each condition field of each document is left open.
    """
    lengths = documents.lengths()
    step = epoch = 0
    while True:
        batches = epoch_batches(
            lengths, rows_per_batch=rows_per_batch, seed=seed, epoch=epoch, repeated=True
        )
        for length, sequences in batches:
            if step >= first_step:
                count = sum(len(members) for members in sequences)
                chance = np.random.default_rng([seed, 1, step]).random((count, NUM_FIELDS))
                yield make_batch(documents, length, sequences, drop=chance < drop)
            step += 1
        epoch += 1
