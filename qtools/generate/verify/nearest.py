"""The training circuit that is most like a generated one.

Circuits are compared by the Jaccard index of their sets of 4-grams
(:mod:`qtools.generate.verify.ngrams`): shared ones over all. 4-grams are sorted into 2^20 buckets,
so an index may be too large by chance, which is rare and small for circuits of up to some thousand
gates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from qtools.circuits.normal import NormalCircuit
from qtools.generate.verify.ngrams import ngrams

_LENGTH = 4
_BUCKETS = 1 << 20
_CHUNK = 2048


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """The training circuit that is most like each circuit of a set.

    Attributes:
        similarity: (circuits,) Jaccard index; 0 for circuits of fewer than four gates.
        place: (circuits,) place of the training circuit.
    """

    similarity: NDArray[np.float64]
    place: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class NearestIndex:
    """The 4-grams of each training circuit; make it with :meth:`of`.

    Attributes:
        bags: (training circuits, 2^20) sparse, 1 where a circuit has a 4-gram in the bucket.
    """

    bags: Any

    @classmethod
    def of(cls, circuits: Iterable[NormalCircuit]) -> "NearestIndex":
        """Index a training set."""
        rows = [np.unique(ngrams(circuit)[_LENGTH] % _BUCKETS) for circuit in circuits]
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        columns = np.concatenate([np.empty(0, dtype=np.uint64), *rows]).astype(np.int32)
        ones = np.ones(len(columns), dtype=np.int32)
        return cls(bags=csr_matrix((ones, columns, offsets), shape=(len(rows), _BUCKETS)))

    def nearest(self, circuits: Iterable[NormalCircuit]) -> Nearest:
        """The nearest training circuit of each circuit; the first of equally near ones."""
        bags = type(self).of(circuits).bags
        similarity = np.zeros(bags.shape[0])
        place = np.zeros(bags.shape[0], dtype=np.int64)
        for start in range(0, self.bags.shape[0], _CHUNK):
            index = _jaccard(bags, self.bags[start : start + _CHUNK])
            best = index.argmax(1)
            value = index[np.arange(len(index)), best]
            place = np.where(value > similarity, best + start, place)
            similarity = np.maximum(value, similarity)
        return Nearest(similarity=similarity, place=place)


def _jaccard(a: Any, b: Any) -> NDArray[np.float64]:
    """(N, M) Jaccard indices of the rows of two 0-1 matrices; 0 for two empty rows."""
    common = (a @ b.T).toarray().astype(np.float64)
    either = np.asarray(a.sum(1)) + np.asarray(b.sum(1)).T - common
    index: NDArray[np.float64] = np.divide(
        common, either, out=np.zeros_like(common), where=either > 0
    )
    return index
