"""Circuits of a corpus as arrays of rows, end to end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.generate.language.conditions import FIELDS, OPEN


@dataclass(frozen=True, kw_only=True)
class EncodedDocuments:
    """Documents as arrays.

    Attributes:
        rows: (sum of T, NUM_COLUMNS) rows of all documents, from ``qreg`` to ``eos``.
        offsets: (documents + 1,) where each begins.
        conditions: (documents, NUM_FIELDS) condition ids.
        gates: (documents,) numbers of gates.
    """

    rows: NDArray[np.int16]
    offsets: NDArray[np.int64]
    conditions: NDArray[np.int64]
    gates: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def document(self, index: int) -> NDArray[np.int16]:
        """(T, NUM_COLUMNS) rows of one document."""
        return self.rows[self.offsets[index] : self.offsets[index + 1]]

    def widths(self) -> list[int]:
        """Numbers of qubits that occur, ascending."""
        told = np.unique(self.conditions[:, FIELDS.index("num_qubits")])
        return [int(width) for width in told if width != OPEN]

    def lengths(self) -> NDArray[np.int64]:
        """(documents,) rows of each with its ``bos``."""
        return np.diff(self.offsets) + 1

    def chosen(self, indices: Sequence[int] | NDArray[np.int64]) -> "EncodedDocuments":
        """Some of the documents."""
        parts = [self.document(int(index)) for index in indices]
        sizes = np.array([len(part) for part in parts], dtype=np.int64)
        return EncodedDocuments(
            rows=np.concatenate(parts) if parts else self.rows[:0],
            offsets=np.concatenate([[0], np.cumsum(sizes)]),
            conditions=self.conditions[np.asarray(indices, dtype=np.int64)],
            gates=self.gates[np.asarray(indices, dtype=np.int64)],
        )
