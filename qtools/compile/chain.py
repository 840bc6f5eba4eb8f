"""The working state of an evolution: all bonds of a layer are updated together.

Every tensor has the same bond dimension, padded with zeros, so that a layer of gates is a handful
of batched array operations whatever the number of sites. The tensors stay right-canonical in the
way of Hastings (arXiv 0903.3253): ``A B -> (theta V^dagger) V`` needs no division by Schmidt
values, where ``V`` spans the leading right singular space of the two-site tensor weighted by the
Schmidt values on its left. ``V`` comes from the eigenvectors of a Gram matrix: several times
faster than a singular value decomposition, orthonormal to rounding, and exact enough for cutting,
since eigenvalues are squared Schmidt values with an absolute error of 1e-16.

A site may carry an idle partner besides its qubit (the reference of a unitary's Choi state); gates
act on the qubit, which is the more significant part of the physical axis.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import MPS, ComplexArray, canonical_form

FloatArray = NDArray[np.float64]

_NEGLIGIBLE = 1e-30  # squared Schmidt values below this are rounding


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A right-canonical MPS with bonds of equal dimension ``chi``, padded with zeros.

    Attributes:
        tensors: (n, chi, d, chi), ``d`` twice the dimension of the idle partner.
        schmidt: (n + 1, chi), Schmidt values left of each site, largest first.
    """

    tensors: ComplexArray
    schmidt: FloatArray

    @classmethod
    def product(cls, vectors: ComplexArray) -> "Chain":
        """The product state of the vectors (n, d)."""
        n, d = vectors.shape
        return cls(tensors=vectors.reshape(n, 1, d, 1), schmidt=np.ones((n + 1, 1)))

    @classmethod
    def from_mps(cls, mps: MPS) -> "Chain":
        """The same state, of norm one or nearly so."""
        form = canonical_form(mps)
        width, d = form.mps.max_bond, form.mps.tensors[0].shape[1]
        tensors = np.zeros((mps.num_sites, width, d, width), dtype=complex)
        schmidt = np.zeros((mps.num_sites + 1, width))
        for site, tensor in enumerate(form.mps.tensors):
            tensors[site, : tensor.shape[0], :, : tensor.shape[2]] = tensor
        for bond, values in enumerate(form.schmidt):
            schmidt[bond, : len(values)] = values
        return cls(tensors=tensors, schmidt=schmidt)

    @property
    def width(self) -> int:
        """The common bond dimension."""
        return int(self.tensors.shape[1])

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

    def ranks(
        self, tails: FloatArray, sites: NDArray[np.intp], num_sites: int, d: int
    ) -> list[int]:
        """How many Schmidt values to keep at the bond right of each of ``sites``.

        Args:
            tails: (m, k), the weight of all Schmidt values from each one on.
            sites: (m,).
            num_sites: of the chain, which bounds the rank of a bond near its ends.
            d: dimension of a site.
        """
        limit = max(self.max_weight, _NEGLIGIBLE) * tails[:, :1]
        wanted = np.count_nonzero(tails > limit, axis=1)
        limits = [] if self.max_bond is None else [self.max_bond]
        ranks = []
        for site, rank in zip(sites.tolist(), wanted.tolist(), strict=True):
            shorter_end = min(site + 1, num_sites - site - 1)
            possible = d**shorter_end if shorter_end < 32 else rank
            ranks.append(max(1, min(rank, possible, *limits)))
        return ranks


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
        The new state, of the same norm, and the sum of the weights discarded, each relative to the
        norm at its bond.
    """
    n, chi, d, _ = chain.tensors.shape
    m = len(sites)
    theta = _two_site(chain, sites, gates).reshape(m, chi * d, d * chi)
    weighted = theta * np.repeat(chain.schmidt[sites], d, axis=1)[:, :, None]
    weights, vectors = _eigh(np.matmul(weighted.conj().transpose(0, 2, 1), weighted))
    weights, vectors = np.maximum(weights[:, ::-1], 0.0), vectors[:, :, ::-1]
    tails = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
    ranks = truncation.ranks(tails, sites, n, d)
    rank = max(ranks)
    kept = np.arange(rank) < np.array(ranks)[:, None]
    vectors = vectors[:, :, :rank] * kept[:, None, :]
    weights = weights[:, :rank] * kept
    totals = weights.sum(axis=1)
    untouched = np.delete(chain.schmidt, sites + 1, axis=0)
    width = max(rank, int(np.count_nonzero(untouched.max(axis=0))))
    tensors, schmidt = _resized(chain.tensors, width), _fit(chain.schmidt, width)
    # What a cut takes from the norm is given back, so that overlaps keep their size.
    vectors_out = vectors * np.sqrt(tails[:, 0] / totals)[:, None, None]
    tensors[sites] = _resized(np.matmul(theta, vectors_out).reshape(m, chi, d, rank), width)
    rows = vectors.conj().transpose(0, 2, 1).reshape(m, rank, d, chi)
    tensors[sites + 1] = _resized(rows, width)
    schmidt[sites + 1] = _fit(np.sqrt(weights / totals[:, None]), width)
    lost = float(np.sum(np.maximum(0.0, 1.0 - totals / tails[:, 0])))
    return Chain(tensors=tensors, schmidt=schmidt), lost


def _two_site(chain: Chain, sites: NDArray[np.intp], gates: ComplexArray) -> ComplexArray:
    """The gates applied to the merged tensors of their pairs, in the order (m, chi, d, d, chi)."""
    _, chi, d, _ = chain.tensors.shape
    m, idle = len(sites), d // 2
    pairs = np.matmul(
        chain.tensors[sites].reshape(m, chi * d, chi),
        chain.tensors[sites + 1].reshape(m, chi, d * chi),
    )
    if idle == 1:
        merged: ComplexArray = np.matmul(gates[:, None], pairs.reshape(m, chi, 4, chi))
        return merged
    spread = pairs.reshape(m, chi, 2, idle, 2, idle, chi).transpose(0, 2, 4, 1, 3, 5, 6)
    applied: ComplexArray = np.matmul(gates, spread.reshape(m, 4, -1))
    return applied.reshape(m, 2, 2, chi, idle, idle, chi).transpose(0, 3, 1, 4, 2, 5, 6)


def _resized(tensors: ComplexArray, width: int) -> ComplexArray:
    """A copy of (k, left, d, right) with both bonds cut or zero-padded to ``width``."""
    k, left, d, right = tensors.shape
    left, right = min(width, left), min(width, right)
    resized = np.zeros((k, width, d, width), dtype=complex)
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
