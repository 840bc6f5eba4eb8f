"""The working state of an evolution: all bonds of a layer are updated together.

Every tensor has the same bond dimension, padded with zeros, so that a layer of gates is a handful
of batched array operations whatever the number of sites. The tensors stay right-canonical in the
way of Hastings (arXiv 0903.3253): ``A B -> (theta V^dagger) V`` needs no division by Schmidt
values, where ``V`` spans the leading right singular space of the two-site tensor weighted by the
Schmidt values on its left. ``V`` comes from the eigenvectors of a Gram matrix: several times
faster than a singular value decomposition, orthonormal to rounding, and exact enough for cutting,
since eigenvalues are squared Schmidt values with an absolute error of 1e-16.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.sectors import (
    NO_CHARGE,
    FloatArray,
    IntArray,
    gathered,
    singular_weights,
)

Scalar = TypeVar("Scalar", np.float64, np.intp)

_NEGLIGIBLE = 1e-30  # squared Schmidt values below this are rounding


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A right-canonical MPS with bonds of equal dimension ``chi``, padded with zeros.

    Attributes:
        tensors: (n, chi, 2, chi).
        schmidt: (n + 1, chi), Schmidt values left of each site, largest first.
        charges: (n + 1, chi), the conserved charge left of each site: a tensor's entry
            ``[l, s, r]`` vanishes unless ``charge(l) + s = charge(r)``, modulo ``modulus``.
        modulus: 1 where nothing is conserved (all charges are 0).
    """

    tensors: ComplexArray
    schmidt: FloatArray
    charges: IntArray
    modulus: int = 1

    @classmethod
    def product(cls, vectors: ComplexArray, *, modulus: int = 1) -> "Chain":
        """The product state of the vectors (n, 2); basis states if ``modulus`` is not 1."""
        ones = np.concatenate([[0], np.cumsum(vectors[:, 0] == 0.0)])
        return cls(
            tensors=vectors.reshape(-1, 1, 2, 1),
            schmidt=np.ones((len(vectors) + 1, 1)),
            charges=ones[:, None] % modulus,
            modulus=modulus,
        )

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
        gates: (m, 4, 4); they conserve the charge of the chain.
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
    rows, columns = _pair_charges(chain, sites)
    scale = np.repeat(chain.schmidt[sites], 2, axis=1)
    found, sectors = singular_weights(theta, scale, rows, columns)
    largest_first = np.argsort(-found, axis=1)
    weights = np.take_along_axis(found, largest_first, axis=1)
    tails = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
    limit = np.maximum(truncation.max_weight, _NEGLIGIBLE) * tails[:, :1]
    ranks = np.maximum(1, np.count_nonzero(tails > limit, axis=1))
    if truncation.max_bond is not None:
        ranks = np.minimum(ranks, truncation.max_bond)
    rank = int(ranks.max())
    kept = np.arange(rank) < ranks[:, None]
    places = np.full(found.shape, rank)
    leading = largest_first[:, :rank]
    np.put_along_axis(places, leading, np.where(kept, np.arange(rank), rank), axis=1)
    vectors = gathered(sectors, places, rank)
    weights = weights[:, :rank] * kept
    totals = weights.sum(axis=1)
    untouched = np.delete(chain.schmidt, sites + 1, axis=0)
    width = max(rank, int(np.count_nonzero(untouched.max(axis=0))))
    tensors = _resized(chain.tensors, width)
    schmidt, charges = _fit(chain.schmidt, width), _fit(chain.charges, width)
    tensors[sites] = _resized(np.matmul(theta, vectors).reshape(m, chi, 2, rank), width)
    tensors[sites + 1] = _resized(vectors.conj().transpose(0, 2, 1).reshape(m, rank, 2, chi), width)
    schmidt[sites + 1] = _fit(np.sqrt(weights / totals[:, None]), width)
    charges[sites + 1] = _fit(np.take_along_axis(columns, leading, axis=1), width)
    lost = float(np.sum(np.maximum(0.0, 1.0 - totals / tails[:, 0])))
    return replace(chain, tensors=tensors, schmidt=schmidt, charges=charges), lost


def _pair_charges(chain: Chain, sites: NDArray[np.intp]) -> tuple[IntArray, IntArray]:
    """Charges (m, 2 chi) of the rows and columns of two-site tensors, at the bond between them."""
    left, right = chain.charges[sites], chain.charges[sites + 2]
    rows = (left[:, :, None] + np.arange(2)) % chain.modulus
    columns = (right[:, None, :] - np.arange(2)[:, None]) % chain.modulus
    rows[chain.schmidt[sites] == 0.0] = NO_CHARGE
    np.moveaxis(columns, 1, 2)[chain.schmidt[sites + 2] == 0.0] = NO_CHARGE
    return rows.reshape(len(sites), -1), columns.reshape(len(sites), -1)


def _resized(tensors: ComplexArray, width: int) -> ComplexArray:
    """A copy of (k, left, 2, right) with both bonds cut or zero-padded to ``width``."""
    left, right = min(width, tensors.shape[1]), min(width, tensors.shape[3])
    resized = np.zeros((len(tensors), width, 2, width), dtype=complex)
    resized[:, :left, :, :right] = tensors[:, :left, :, :right]
    return resized


def _fit(values: NDArray[Scalar], width: int) -> NDArray[Scalar]:
    """A copy of (k, chi) cut or zero-padded to ``width`` columns."""
    fitted = np.zeros((len(values), width), dtype=values.dtype)
    columns = min(width, values.shape[1])
    fitted[:, :columns] = values[:, :columns]
    return fitted
