"""Matrix product states: the type that every compile job starts from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, kw_only=True)
class MPS:
    """A matrix product state of qubits; site ``i`` is qubit ``i``.

    Attributes:
        tensors: one array per site, axes (left bond, physical, right bond); the outer bonds of the
            first and the last tensor have dimension 1. The physical dimension is 2, or 4 in the
            Choi state of an operator, whose sites hold a qubit and its reference.
    """

    tensors: tuple[ComplexArray, ...]

    @classmethod
    def product(cls, vectors: Sequence[ComplexArray] | ComplexArray) -> "MPS":
        """The product of one vector per site."""
        return cls(tensors=tuple(np.asarray(v, dtype=complex).reshape(1, -1, 1) for v in vectors))

    @property
    def num_sites(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @property
    def bond_dimensions(self) -> tuple[int, ...]:
        """The ``num_sites + 1`` bond dimensions, outer ones included."""
        return (*(tensor.shape[0] for tensor in self.tensors), self.tensors[-1].shape[2])

    @property
    def max_bond(self) -> int:
        """The largest bond dimension."""
        return max(self.bond_dimensions)

    def norm(self) -> float:
        """The 2-norm of the state."""
        return float(np.sqrt(abs(overlap(self, self))))

    def scaled(self, factor: complex) -> "MPS":
        """The state times a number."""
        first, *rest = self.tensors
        return MPS(tensors=(first * factor, *rest))

    def to_dense(self) -> ComplexArray:
        """The statevector (2 ** num_sites,), qubit 0 least significant; for small chains only."""
        state = np.ones((1, 1), dtype=complex)
        for tensor in self.tensors:
            state = np.tensordot(state, tensor, axes=(1, 0)).transpose(1, 0, 2)
            state = state.reshape(-1, tensor.shape[2])
        return state[:, 0]


@dataclass(frozen=True, kw_only=True)
class Compression:
    """A state and what cutting its bonds has cost.

    Attributes:
        mps: right-canonical, with the norm and the phase of the state it approximates.
        discarded_weight: sum over the bonds of the squared Schmidt values cut off, as a fraction
            of the squared norm. ``sin(angle)^2`` between the two states is at most this.
    """

    mps: MPS
    discarded_weight: float


def overlap(bra: MPS, ket: MPS) -> complex:
    """``<bra|ket>``, of two states with equal numbers of sites."""
    environment = np.ones((1, 1), dtype=complex)
    for a, b in zip(bra.tensors, ket.tensors, strict=True):
        half = np.tensordot(environment, b, axes=(1, 0))
        environment = np.tensordot(a.conj(), half, axes=((0, 1), (0, 1)))
    return complex(environment[0, 0])


def angle(bra: MPS, ket: MPS) -> float:
    """``arccos |<bra|ket>|`` of the normalised states, in radians, accurate for small angles."""
    product = overlap(bra, ket) / (bra.norm() * ket.norm())
    # arccos loses half the digits near 1; an infidelity below 1e-14 is rounding anyway.
    return float(np.arcsin(np.sqrt(min(1.0, max(0.0, 1.0 - abs(product) ** 2)))))


@dataclass(frozen=True, kw_only=True)
class CanonicalForm:
    """A right-canonical state with its Schmidt values.

    Attributes:
        mps: all tensors but the first are isometries from the right.
        schmidt: ``num_sites + 1`` arrays, the Schmidt values left of each site, largest first; the
            two outer ones hold the norm and one.
    """

    mps: MPS
    schmidt: tuple[NDArray[np.float64], ...]


def canonical_form(mps: MPS) -> CanonicalForm:
    """The same state, right-canonical, bonds no larger than the rank they carry."""
    return _swept(mps, max_weight=0.0, max_bond=None)[0]


def compress(mps: MPS, *, max_weight: float = 0.0, max_bond: int | None = None) -> Compression:
    """Cut every bond to the Schmidt values that matter.

    Args:
        mps: any state of norm above zero, in any gauge.
        max_weight: squared Schmidt values that may be cut off at each bond, as a fraction of the
            squared norm.
        max_bond: no bond is left larger than this, whatever weight that cuts off.
    """
    form, discarded = _swept(mps, max_weight=max_weight, max_bond=max_bond)
    total = float(form.schmidt[0][0])
    tensors = list(form.mps.tensors)
    tensors[0] = tensors[0] * (total / np.linalg.norm(tensors[0]))
    return Compression(mps=MPS(tensors=tuple(tensors)), discarded_weight=discarded)


def _swept(mps: MPS, *, max_weight: float, max_bond: int | None) -> tuple[CanonicalForm, float]:
    """Canonical form after cutting, and the relative weight cut off; the norm is not restored."""
    tensors = _left_canonical(mps)
    total = float(np.linalg.norm(tensors[-1])) ** 2
    discarded = 0.0
    schmidt = [np.ones(1)]
    for site in range(len(tensors) - 1, 0, -1):
        left, physical, right = tensors[site].shape
        u, s, v = np.linalg.svd(tensors[site].reshape(left, physical * right), full_matrices=False)
        keep = _kept_rank(s, max_weight * total, max_bond)
        discarded += float(np.sum(s[keep:] ** 2)) / total
        schmidt.append(s[:keep])
        tensors[site] = v[:keep].reshape(keep, physical, right)
        tensors[site - 1] = np.tensordot(tensors[site - 1], u[:, :keep] * s[:keep], axes=(2, 0))
    schmidt.append(np.array([np.sqrt(total)]))
    form = CanonicalForm(mps=MPS(tensors=tuple(tensors)), schmidt=tuple(reversed(schmidt)))
    return form, discarded


def _left_canonical(mps: MPS) -> list[ComplexArray]:
    """Tensors of the same state whose all but the last are isometries from the left."""
    tensors = list(mps.tensors)
    for site in range(len(tensors) - 1):
        left, physical, right = tensors[site].shape
        q, r = np.linalg.qr(tensors[site].reshape(left * physical, right))
        tensors[site] = q.reshape(left, physical, -1)
        tensors[site + 1] = np.tensordot(r, tensors[site + 1], axes=(1, 0))
    tensors[-1] = tensors[-1].copy()
    return tensors


def _kept_rank(schmidt: NDArray[np.float64], max_weight: float, max_bond: int | None) -> int:
    """How many leading Schmidt values to keep; at least one."""
    tail = np.cumsum(schmidt[::-1] ** 2)[::-1]
    keep = max(1, int(np.count_nonzero(tail > max(max_weight, 1e-32 * tail[0]))))
    return min(keep, max_bond) if max_bond is not None else keep
