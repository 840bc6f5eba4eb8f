"""The working state of an evolution: all bonds of a layer are updated together.

Every tensor has the same bond dimension, padded with zeros, so that a layer of gates is a handful
of batched array operations whatever the number of sites. The tensors stay right-canonical in the
way of Hastings (arXiv 0903.3253): ``A B -> (theta V^dagger) V`` needs no division by Schmidt
values, where ``V`` spans the leading right singular space of the two-site tensor weighted by the
Schmidt values on its left. ``V`` comes from the eigenvectors of a Gram matrix: several times
faster than a singular value decomposition, orthonormal to rounding, and exact enough for cutting,
since eigenvalues are squared Schmidt values with an absolute error of 1e-16.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import MPS, ComplexArray

FloatArray = NDArray[np.float64]

_NEGLIGIBLE = 1e-30  # squared Schmidt values below this are rounding


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A right-canonical MPS with bonds of equal dimension ``chi``, padded with zeros.

    Attributes:
        tensors: (n, chi, 2, chi).
        schmidt: (n + 1, chi), Schmidt values left of each site, largest first.
    """

    tensors: ComplexArray
    schmidt: FloatArray

    @classmethod
    def product(cls, vectors: ComplexArray) -> "Chain":
        """The product state of the vectors (n, 2)."""
        return cls(tensors=vectors.reshape(-1, 1, 2, 1), schmidt=np.ones((len(vectors) + 1, 1)))

    def to_mps(self) -> MPS:
        """The state, padding removed where the Schmidt values vanish."""
        ranks = np.maximum(1, np.count_nonzero(self.schmidt, axis=1))
        ranks[0] = ranks[-1] = 1
        return MPS(
            tensors=tuple(
                tensor[:left, :, :right]
                for tensor, left, right in zip(self.tensors, ranks[:-1], ranks[1:], strict=True)
            )
        )


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """Where to cut.

    Attributes:
        max_weight: squared Schmidt values that each cut may discard.
        max_bond: largest bond kept, whatever that discards; ``None`` for no limit.
    """

    max_weight: float
    max_bond: int | None = None


def apply_gates(
    chain: Chain, sites: NDArray[np.intp], gates: ComplexArray, truncation: Truncation
) -> tuple[Chain, float]:
    """Apply gates to disjoint pairs of neighbours and cut the bonds between them.

    Args:
        chain: the state.
        sites: (m,) left site of each pair; no two pairs overlap.
        gates: (m, 4, 4).
        truncation: where to cut.

    Returns:
        The new state, and the sum of the weights discarded, each relative to the norm at its bond.
    """
    m, chi = len(sites), chain.tensors.shape[1]
    pairs = np.matmul(
        chain.tensors[sites].reshape(m, 2 * chi, chi),
        chain.tensors[sites + 1].reshape(m, chi, 2 * chi),
    )
    theta = np.matmul(gates[:, None], pairs.reshape(m, chi, 4, chi)).reshape(m, 2 * chi, 2 * chi)
    weighted = theta * np.repeat(chain.schmidt[sites], 2, axis=1)[:, :, None]
    weights, vectors = _eigh(np.matmul(weighted.conj().transpose(0, 2, 1), weighted))
    weights, vectors = np.maximum(weights[:, ::-1], 0.0), vectors[:, :, ::-1]
    tails = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
    limit = np.maximum(truncation.max_weight, _NEGLIGIBLE) * tails[:, :1]
    ranks = np.maximum(1, np.count_nonzero(tails > limit, axis=1))
    if truncation.max_bond is not None:
        ranks = np.minimum(ranks, truncation.max_bond)
    rank = int(ranks.max())
    kept = np.arange(rank) < ranks[:, None]
    vectors = vectors[:, :, :rank] * kept[:, None, :]
    weights = weights[:, :rank] * kept
    totals = weights.sum(axis=1)
    untouched = np.delete(chain.schmidt, sites + 1, axis=0)
    width = max(rank, int(np.count_nonzero(untouched.max(axis=0))))
    tensors = _resized(chain.tensors, width)
    schmidt = _fit(chain.schmidt, width)
    tensors[sites] = _resized(np.matmul(theta, vectors).reshape(m, chi, 2, rank), width)
    tensors[sites + 1] = _resized(vectors.conj().transpose(0, 2, 1).reshape(m, rank, 2, chi), width)
    schmidt[sites + 1] = _fit(np.sqrt(weights / totals[:, None]), width)
    lost = float(np.sum(np.maximum(0.0, 1.0 - totals / tails[:, 0])))
    return Chain(tensors=tensors, schmidt=schmidt), lost


def _resized(tensors: ComplexArray, width: int) -> ComplexArray:
    """A copy of (k, left, 2, right) with both bonds cut or zero-padded to ``width``."""
    left, right = min(width, tensors.shape[1]), min(width, tensors.shape[3])
    resized = np.zeros((len(tensors), width, 2, width), dtype=complex)
    resized[:, :left, :, :right] = tensors[:, :left, :, :right]
    return resized


def _fit(values: FloatArray, width: int) -> FloatArray:
    """A copy of (k, chi) cut or zero-padded to ``width`` columns."""
    fitted = np.zeros((len(values), width))
    columns = min(width, values.shape[1])
    fitted[:, :columns] = values[:, :columns]
    return fitted


_POOL = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1))
_PARALLEL_SIZE = 20_000  # entries below which a second thread costs more than it brings


def _eigh(grams: ComplexArray) -> tuple[FloatArray, ComplexArray]:
    """Eigenvalues and eigenvectors of stacked Hermitian matrices, spread over the cores.

    LAPACK's own threads do nothing for matrices this small, and NumPy drops the interpreter lock.
    """
    workers = min(len(grams), os.cpu_count() or 1)
    if workers < 2 or grams.size < _PARALLEL_SIZE:
        values, vectors = np.linalg.eigh(grams)
        return values, vectors
    first, *rest = np.array_split(grams, workers)
    others = [_POOL.submit(np.linalg.eigh, part) for part in rest]
    parts = [np.linalg.eigh(first), *(other.result() for other in others)]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
