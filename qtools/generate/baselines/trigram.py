"""A trigram model of flat tokens: each word given the two before it.

Interpolated with absolute discounting (Kneser and Ney's predecessor, Ney et al. 1994): at every
order ``d`` is taken from each count and given to the next lower order, down to the uniform
distribution over all words. Operands are written relative to the first operand of the row before,
which is the better of the two spellings for this model.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.vocabulary import EMPTY, OPERAND_KINDS, Column, Kind
from qtools.generate.training.losses import BitsPerGate

_DISCOUNT = 0.7
#: The word before the first.
START = -1
_BASE = 4096
_Token = int
_Value = TypeVar("_Value", int, NDArray[np.int64])


@dataclass(frozen=True, kw_only=True)
class Trigram:
    """Counts of words after two, one and no words; make it with :meth:`of`."""

    counts: tuple[dict[tuple[int, ...], Counter[_Token]], ...]
    size: int

    @classmethod
    def of(cls, documents: EncodedDocuments) -> "Trigram":
        """Count the words of documents."""
        counts: tuple[dict[tuple[int, ...], Counter[_Token]], ...] = tuple(
            defaultdict(Counter) for _ in range(3)
        )
        vocabulary: set[_Token] = set()
        for index in range(len(documents)):
            history: tuple[int, ...] = (START, START)
            for _, token in tokens(documents.document(index)):
                vocabulary.add(token)
                for order in range(3):
                    counts[order][history[2 - order :]][token] += 1
                history = (history[1], token)
        return cls(counts=counts, size=len(vocabulary) + 1)

    def probability(self, history: tuple[int, ...], token: _Token) -> float:
        """Probability of a word after up to two words."""
        lower = self.probability(history[1:], token) if history else 1 / self.size
        seen = self.counts[len(history)].get(history)
        if not seen:
            return lower
        total = seen.total()
        kept = max(seen[token] - _DISCOUNT, 0.0) / total
        return kept + _DISCOUNT * len(seen) / total * lower

    def probabilities(
        self, history: tuple[int, ...], words: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(words,) what :meth:`probability` says of each."""
        if not history:
            lower = np.full(len(words), 1 / self.size)
        else:
            lower = self.probabilities(history[1:], words)
        if history not in self.counts[len(history)]:
            return lower
        known, kept, rest = self._arrays(history)
        places = np.minimum(np.searchsorted(known, words), len(known) - 1)
        found = np.where(known[places] == words, kept[places], 0.0)
        return np.asarray(found + rest * lower)

    def _arrays(
        self, history: tuple[int, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """Words after a history, ascending, their discounted chances, and what is left."""
        if history not in self._cache:
            seen = self.counts[len(history)][history]
            total = seen.total()
            known = np.array(sorted(seen), dtype=np.int64)
            kept = np.array([seen[word] - _DISCOUNT for word in known.tolist()]) / total
            self._cache[history] = known, kept, _DISCOUNT * len(seen) / total
        return self._cache[history]

    @cached_property
    def _cache(self) -> dict[tuple[int, ...], tuple[NDArray[np.int64], NDArray[np.float64], float]]:
        return {}

    def bits_per_gate(self, documents: EncodedDocuments) -> BitsPerGate:
        """Code length of documents; see :class:`qtools.generate.training.losses.BitsPerGate`."""
        bits = np.zeros(len(Column))
        for index in range(len(documents)):
            history: tuple[int, ...] = (START, START)
            for column, token in tokens(documents.document(index)):
                bits[column] -= np.log2(self.probability(history, token))
                history = (history[1], token)
        per_gate = (bits / documents.gates.sum()).tolist()
        return BitsPerGate(
            structure=sum(per_gate[: Column.ANGLE]),
            angles=per_gate[Column.ANGLE],
            residuals=per_gate[Column.FINE],
            gates=int(documents.gates.sum()),
        )


def tokens(rows: NDArray[np.int16]) -> Iterator[tuple[Column, _Token]]:
    """Words of rows with their columns; qubits relative to the first qubit of the row before."""
    first = 0
    for row in rows.tolist():
        for column in Column:
            value = row[column]
            if value == EMPTY:
                continue
            if 0 < column < Column.ANGLE:
                kind = OPERAND_KINDS[row[Column.OP]][column - 1]
                yield column, operand_word(column, kind, value, first=first, a=row[Column.A])
            else:
                yield column, word(column, value)
        if OPERAND_KINDS[row[Column.OP]][0] == Kind.QUBIT:
            first = row[Column.A]


def word(column: Column, value: _Value) -> _Value:
    """The word of a cell that is no operand."""
    return value + column * _BASE


def operand_word(column: Column, kind: int, value: _Value, *, first: int, a: int) -> _Value:
    """The word of an operand.

    Args:
        column: its column.
        kind: see :class:`qtools.generate.language.vocabulary.Kind`.
        value: its index.
        first: first qubit of the row before.
        a: first operand of the same row.
    """
    shift = {Kind.QUBIT: 512 - first, Kind.CLBIT: 1024 - a}.get(Kind(kind), 0)
    return word(column, value + shift)
