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

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import MPS, ComplexArray, canonical_form
from qtools.compile.target.sectors import (
    NO_CHARGE,
    FloatArray,
    IntArray,
    gathered,
    sector_product,
    singular_weights,
    stacked_eigh,
)

Scalar = TypeVar("Scalar", np.float64, np.intp)

# Bond dimension from which products go sector by sector; below it, copying costs more.
_SECTORS_FROM = 48
_NEGLIGIBLE = 1e-30  # squared Schmidt values below this are rounding


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A right-canonical MPS with bonds of equal dimension ``chi``, padded with zeros.

    Attributes:
        tensors: (n, chi, d, chi), ``d`` twice the dimension of the idle partner.
        schmidt: (n + 1, chi), Schmidt values left of each site, largest first.
        charges: (n + 1, chi), the conserved charge left of each site: a tensor's entry
            ``[l, s, r]`` vanishes unless ``charge(l) + s = charge(r)``, modulo ``modulus``.
        modulus: 1 where nothing is conserved; all charges are 0 then.
    """

    tensors: ComplexArray
    schmidt: FloatArray
    charges: IntArray
    modulus: int = 1

    @classmethod
    def product(cls, vectors: ComplexArray, *, modulus: int = 1) -> "Chain":
        """The product state of the vectors (n, d); basis states of qubits if a charge is given."""
        n, d = vectors.shape
        ones = np.concatenate([[0], np.cumsum(vectors[:, 0] == 0.0)])
        return cls(
            tensors=vectors.reshape(n, 1, d, 1),
            schmidt=np.ones((n + 1, 1)),
            charges=ones[:, None] % modulus,
            modulus=modulus,
        )

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
        return cls(tensors=tensors, schmidt=schmidt, charges=np.zeros(schmidt.shape, dtype=np.intp))

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
        gates: (m, 4, 4); they conserve the charge of the chain.
        truncation: where to cut.

    Returns:
        The new state, of the same norm, and the sum of the weights discarded, each relative to the
        norm at its bond.
    """
    n, chi, d, _ = chain.tensors.shape
    m = len(sites)
    charges = _pair_charges(chain, sites) if chain.modulus > 1 else None
    theta = _two_site(chain, sites, gates, charges).reshape(m, chi * d, d * chi)
    space = _right_space(chain, sites, theta, charges)
    tails = np.cumsum(space.weights[:, ::-1], axis=1)[:, ::-1]
    ranks = truncation.ranks(tails, sites, n, d)
    rank = max(ranks)
    kept = np.arange(rank) < np.array(ranks)[:, None]
    vectors = space.vectors(kept)
    weights = space.weights[:, :rank] * kept
    totals = weights.sum(axis=1)
    untouched = np.delete(chain.schmidt, sites + 1, axis=0)
    width = max(rank, int(np.count_nonzero(untouched.max(axis=0))))
    tensors = np.zeros((n, width, d, width), dtype=complex)
    idle = np.setdiff1d(np.arange(n), [sites, sites + 1])
    _write(tensors, idle, chain.tensors[idle])
    schmidt, bond_charges = _fit(chain.schmidt, width), _fit(chain.charges, width)
    # What a cut takes from the norm is given back, so that overlaps keep their size.
    restored = vectors * np.sqrt(tails[:, 0] / totals)[:, None, None]
    left = _product(theta, restored, charges, space.charges[:, :rank])
    _write(tensors, sites, left.reshape(m, chi, d, rank))
    _write(tensors, sites + 1, vectors.conj().transpose(0, 2, 1).reshape(m, rank, d, chi))
    schmidt[sites + 1] = _fit(np.sqrt(weights / totals[:, None]), width)
    bond_charges[sites + 1] = _fit(space.charges[:, :rank], width)
    lost = float(np.sum(np.maximum(0.0, 1.0 - totals / tails[:, 0])))
    return replace(chain, tensors=tensors, schmidt=schmidt, charges=bond_charges), lost


@dataclass(frozen=True, kw_only=True)
class _RightSpace:
    """Right singular vectors of two-site tensors weighted with the Schmidt values on their left.

    Attributes:
        weights: (m, e) squared singular values, largest first.
        charges: (m, e) of the vectors.
        vectors: maps a mask (m, rank) to the leading vectors (m, e, rank), zero where masked out.
    """

    weights: FloatArray
    charges: IntArray
    vectors: Callable[[NDArray[np.bool_]], ComplexArray]


class _PairCharges(NamedTuple):
    """Charges of two-site tensors, at the bond between the two; ``NO_CHARGE`` for padding.

    ``rows`` (m, d chi) are those of left bond and left site, ``columns`` (m, d chi) those of right
    site and right bond, ``middles`` (m, chi) those of the bond itself.
    """

    rows: IntArray
    middles: IntArray
    columns: IntArray


def _right_space(
    chain: Chain, sites: IntArray, theta: ComplexArray, charges: _PairCharges | None
) -> _RightSpace:
    d = chain.tensors.shape[2]
    scale = np.repeat(chain.schmidt[sites], d, axis=1)
    if charges is not None:
        return _charged_right_space(theta, scale, charges)
    weighted = theta * scale[:, :, None]
    found, basis = stacked_eigh(np.matmul(weighted.conj().transpose(0, 2, 1), weighted))
    weights, basis = np.maximum(found[:, ::-1], 0.0), basis[:, :, ::-1]
    return _RightSpace(
        weights=weights,
        charges=np.zeros(weights.shape, dtype=np.intp),
        vectors=lambda kept: basis[:, :, : kept.shape[1]] * kept[:, None, :],
    )


def _charged_right_space(
    theta: ComplexArray, scale: FloatArray, charges: _PairCharges
) -> _RightSpace:
    columns = charges.columns
    found, sectors = singular_weights(theta, scale, charges.rows, columns)
    largest_first = np.argsort(-found, axis=1)

    def vectors(kept: NDArray[np.bool_]) -> ComplexArray:
        rank = kept.shape[1]
        places = np.full(found.shape, rank)
        ranked = np.where(kept, np.arange(rank), rank)
        np.put_along_axis(places, largest_first[:, :rank], ranked, axis=1)
        return gathered(sectors, places, rank)

    return _RightSpace(
        weights=np.take_along_axis(found, largest_first, axis=1),
        charges=np.take_along_axis(columns, largest_first, axis=1),
        vectors=vectors,
    )


def _pair_charges(chain: Chain, sites: IntArray) -> _PairCharges:
    left, right = chain.charges[sites], chain.charges[sites + 2]
    rows = (left[:, :, None] + np.arange(2)) % chain.modulus
    columns = (right[:, None, :] - np.arange(2)[:, None]) % chain.modulus
    rows[chain.schmidt[sites] == 0.0] = NO_CHARGE
    np.moveaxis(columns, 1, 2)[chain.schmidt[sites + 2] == 0.0] = NO_CHARGE
    return _PairCharges(
        rows=rows.reshape(len(sites), -1),
        middles=np.where(chain.schmidt[sites + 1] == 0.0, NO_CHARGE, chain.charges[sites + 1]),
        columns=columns.reshape(len(sites), -1),
    )


def _product(
    left: ComplexArray, right: ComplexArray, charges: _PairCharges | None, columns: IntArray
) -> ComplexArray:
    """Two-site tensors ``left`` times what acts on their right half, with its ``columns``."""
    if charges is None or left.shape[2] < 2 * _SECTORS_FROM:
        product: ComplexArray = np.matmul(left, right)
        return product
    return sector_product(left, right, charges.rows, charges.columns, columns)


def _two_site(
    chain: Chain, sites: NDArray[np.intp], gates: ComplexArray, charges: _PairCharges | None
) -> ComplexArray:
    """The gates applied to the merged tensors of their pairs, in the order (m, chi, d, d, chi)."""
    _, chi, d, _ = chain.tensors.shape
    m, idle = len(sites), d // 2
    left = chain.tensors[sites].reshape(m, chi * d, chi)
    right = chain.tensors[sites + 1].reshape(m, chi, d * chi)
    if charges is None or chi < _SECTORS_FROM:
        pairs = np.matmul(left, right)
    else:
        pairs = sector_product(left, right, *charges)
    if idle == 1:
        merged: ComplexArray = np.matmul(gates[:, None], pairs.reshape(m, chi, 4, chi))
        return merged
    spread = pairs.reshape(m, chi, 2, idle, 2, idle, chi).transpose(0, 2, 4, 1, 3, 5, 6)
    applied: ComplexArray = np.matmul(gates, spread.reshape(m, 4, -1))
    return applied.reshape(m, 2, 2, chi, idle, idle, chi).transpose(0, 3, 1, 4, 2, 5, 6)


def _write(tensors: ComplexArray, sites: NDArray[np.intp], found: ComplexArray) -> None:
    """Put ``found`` (k, left, d, right) on ``sites``, cut where the tensors are narrower."""
    width = tensors.shape[1]
    left, right = min(width, found.shape[1]), min(width, found.shape[3])
    tensors[sites, :left, :, :right] = found[:, :left, :, :right]


def _fit(values: NDArray[Scalar], width: int) -> NDArray[Scalar]:
    """A copy of (k, chi) cut or zero-padded to ``width`` columns."""
    fitted = np.zeros((len(values), width), dtype=values.dtype)
    columns = min(width, values.shape[1])
    fitted[:, :columns] = values[:, :columns]
    return fitted
