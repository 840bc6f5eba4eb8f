"""Circuits from the trigram model, sampled under the same grammar as the model's.

The trigram sees two words and so could not even keep a gate's arity; the grammar's masks spare it
that, which makes it a stronger baseline than it is alone.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from qtools.generate.baselines.trigram import START, Trigram, operand_word, word
from qtools.generate.grammar.limits import BatchLimits, Limits
from qtools.generate.grammar.rules import Grammar
from qtools.generate.language.angles import FIRST_BIN, NUM_FINE
from qtools.generate.language.rows import Rows
from qtools.generate.language.vocabulary import (
    EMPTY,
    EOS,
    HAS_ANGLE,
    NUM_COLUMNS,
    OPERAND_KINDS,
    Column,
    Kind,
)

_BATCH = 64


def sample_trigram(trigram: Trigram, limits: Sequence[Limits], *, seed: int = 0) -> list[Rows]:
    """One circuit per limit, as rows from ``qreg`` to ``eos``."""
    rng = np.random.default_rng(seed)
    order = sorted(range(len(limits)), key=lambda i: limits[i].max_gates)
    made: dict[int, Rows] = {}
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        drawn = _sample_batch(trigram, [limits[i] for i in places], rng)
        made.update(zip(places, drawn, strict=True))
    return [made[i] for i in range(len(limits))]


def _sample_batch(
    trigram: Trigram, limits: Sequence[Limits], rng: np.random.Generator
) -> list[Rows]:
    grammar = Grammar(BatchLimits.of(limits))
    writers = [_Writer(trigram, rng) for _ in limits]
    alive = torch.arange(len(limits))
    while len(alive):
        rows = torch.full((len(alive), NUM_COLUMNS), EMPTY)
        masks = grammar.ops().numpy()
        ops = [writers[i].op(mask) for i, mask in zip(alive.tolist(), masks, strict=True)]
        rows[:, Column.OP] = torch.tensor(ops)
        for column in (Column.A, Column.B, Column.C):
            masks = grammar.operand(column, rows).numpy()
            cells = [
                writers[i].operand(column, mask)
                for i, mask in zip(alive.tolist(), masks, strict=True)
            ]
            rows[:, column] = torch.tensor(cells)
        angles = grammar.angles().numpy()
        for line, i in enumerate(alive.tolist()):
            cell = writers[i].angle(angles[line])
            rows[line, Column.ANGLE], rows[line, Column.FINE] = cell
            writers[i].end_row()
        grammar.advance(rows)
        going = (rows[:, Column.OP] != EOS).nonzero()[:, 0]
        if len(going) < len(alive):
            alive = alive[going]
            grammar.keep(going)
    return [writer.rows() for writer in writers]


class _Writer:
    """One circuit being written, cell by cell, with its last two words."""

    def __init__(self, trigram: Trigram, rng: np.random.Generator) -> None:
        self._trigram = trigram
        self._rng = rng
        self._history = (START, START)
        self._first = 0
        self._row = [EMPTY] * NUM_COLUMNS
        self._rows: list[list[int]] = []

    def op(self, mask: NDArray[np.bool_]) -> int:
        """The next op among those of a mask."""
        legal = np.flatnonzero(mask)
        self._row = [EMPTY] * NUM_COLUMNS
        self._row[Column.OP] = int(legal[self._draw(word(Column.OP, legal))])
        return self._row[Column.OP]

    def operand(self, column: Column, mask: NDArray[np.bool_]) -> int:
        """The next operand; nothing where the op has none."""
        kind = int(OPERAND_KINDS[self._row[Column.OP]][column - 1])
        if not kind:
            return EMPTY
        legal = np.flatnonzero(mask)
        words = operand_word(column, kind, legal, first=self._first, a=self._row[Column.A])
        self._row[column] = int(legal[self._draw(words)])
        return self._row[column]

    def angle(self, mask: NDArray[np.bool_]) -> list[int]:
        """Angle token and residual."""
        if HAS_ANGLE[self._row[Column.OP]]:
            legal = np.flatnonzero(mask)
            token = int(legal[self._draw(word(Column.ANGLE, legal))])
            self._row[Column.ANGLE] = token
            if token >= FIRST_BIN:
                fine = np.arange(NUM_FINE)
                self._row[Column.FINE] = self._draw(word(Column.FINE, fine))
        return self._row[Column.ANGLE :]

    def end_row(self) -> None:
        """Keep the row."""
        self._rows.append(self._row)
        if OPERAND_KINDS[self._row[Column.OP]][0] == Kind.QUBIT:
            self._first = self._row[Column.A]

    def rows(self) -> Rows:
        """All rows so far."""
        return np.array(self._rows, dtype=np.int16)

    def _draw(self, words: NDArray[np.int64]) -> int:
        """Place of one of the words, by their probability after the last two."""
        chances = self._trigram.probabilities(self._history, words)
        place = int(np.searchsorted(chances.cumsum(), self._rng.random() * chances.sum(), "right"))
        place = min(place, len(words) - 1)
        self._history = (self._history[1], int(words[place]))
        return place
