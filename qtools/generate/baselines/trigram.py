"""A trigram model of flat tokens: each word given the two before it.

Interpolated with absolute discounting (Kneser and Ney's predecessor, Ney et al. 1994): at every
order ``d`` is taken from each count and given to the next lower order, down to the uniform
distribution over all words. Operands are written relative to the first operand of the row before,
which is the better of the two spellings for this model.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.generate.losses import BitsPerGate
from qtools.generate.packing import EncodedDocuments
from qtools.generate.vocabulary import EMPTY, OPERAND_KINDS, Column, Kind

_DISCOUNT = 0.7
_START = -1
_BASE = 4096
_Token = int


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
            history: tuple[int, ...] = (_START, _START)
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

    def bits_per_gate(self, documents: EncodedDocuments) -> BitsPerGate:
        """Code length of documents; see :class:`qtools.generate.losses.BitsPerGate`."""
        bits = np.zeros(len(Column))
        for index in range(len(documents)):
            history: tuple[int, ...] = (_START, _START)
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
    previous = 0
    for row in rows.tolist():
        first = previous
        for column in Column:
            value = row[column]
            if value == EMPTY:
                continue
            if 0 < column < Column.ANGLE:
                kind = OPERAND_KINDS[row[Column.OP]][column - 1]
                if kind == Kind.QUBIT:
                    if column == Column.A:
                        previous = value
                    value = value - first + 512
                elif kind == Kind.CLBIT:
                    value = value - row[Column.A] + 1024
            yield column, column * _BASE + value


def total_tokens(documents: Iterable[NDArray[np.int16]]) -> int:
    """Number of flat words in documents."""
    return sum(int((rows != EMPTY).sum()) for rows in documents)
