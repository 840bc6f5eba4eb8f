"""Blocks as products of factors, each out of a Lie group of its own.

A family of blocks is given by the Lie algebras that its factors move in. Where one factor
``F -> F exp(X)`` moves by ``X`` in its algebra, the Cayley step of the optimisers stays in the
group, since every algebra used here is closed under odd powers. So a block stays in its family
exactly, by construction: there is nothing to project back.

The optimisers move the factors as if they were blocks: :class:`FactoredObjective` puts them
together for the cost, and takes gradient and densities apart. With ``G = ... F_k Q``, a move of
``F_k`` by ``X`` is a move of ``G`` by ``Q^dagger X Q``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.objectives.objective import Objective
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.accuracy import Accuracy


@dataclass(frozen=True, kw_only=True, eq=False)
class Structure:
    """How the blocks of a circuit are made of factors.

    A point of the optimiser holds the frozen blocks as they are, and then the factors of each block
    that moves, the first to act in front.

    Attributes:
        frozen: the first blocks, which do not move.
        algebras: of each factor, (dimension, 4, 4), anti-Hermitian and orthonormal in
            ``Re tr(A^dagger B)``; empty where the blocks are any unitaries.
    """

    frozen: int = 0
    algebras: tuple[ComplexArray, ...] = ()

    @property
    def num_parameters(self) -> int:
        """Real parameters of a block, its global phase aside."""
        return sum(len(algebra) for algebra in self.algebras) if self.algebras else 15

    def composed(self, point: ComplexArray) -> ComplexArray:
        """The blocks (num_blocks, 4, 4) of a point."""
        if not self.algebras:
            return point
        factors = self._factors(point)
        blocks = factors[:, 0]
        for k in range(1, len(self.algebras)):
            blocks = np.matmul(factors[:, k], blocks)
        return np.concatenate([point[: self.frozen], blocks])

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """The part of ``directions`` at a point that lies in the algebras."""
        projected = np.zeros_like(directions)
        given, kept = self._factors(directions), self._factors(projected)
        for k, algebra in enumerate(self.algebras):
            # Re tr(B^dagger X) for all basis elements B and blocks X
            coordinates = np.einsum("dij,bij->bd", algebra.conj(), given[:, k]).real
            kept[:, k] = np.tensordot(coordinates, algebra, axes=(1, 0))
        return projected

    def pulled_back(self, point: ComplexArray, evaluation: Evaluation) -> Evaluation:
        """An evaluation by blocks as one by factors."""
        if not self.algebras:
            return evaluation
        factors = self._factors(point)
        gradient, densities = np.zeros_like(point), np.zeros_like(point)
        densities[: self.frozen] = evaluation.densities[: self.frozen]
        gradients, states = self._factors(gradient), self._factors(densities)
        before = np.broadcast_to(np.eye(4, dtype=complex), factors[:, 0].shape)
        for k in range(len(self.algebras)):
            adjoint = before.conj().swapaxes(1, 2)
            gradients[:, k] = before @ evaluation.gradient[self.frozen :] @ adjoint
            states[:, k] = before @ evaluation.densities[self.frozen :] @ adjoint
            before = np.matmul(factors[:, k], before)
        return replace(evaluation, gradient=self.tangent(gradient), densities=densities)

    def _factors(self, point: ComplexArray) -> ComplexArray:
        """(num_moving_blocks, num_factors, 4, 4), a view."""
        return point[self.frozen :].reshape(-1, len(self.algebras), 4, 4)


@dataclass(frozen=True, kw_only=True, eq=False)
class FactoredObjective:
    """A cost of blocks as a cost of their factors.

    Attributes:
        inner: the cost of the blocks.
        structure: how blocks are made of factors.
    """

    inner: Objective
    structure: Structure

    @property
    def accuracy(self) -> Accuracy:
        """That of the cost of the blocks."""
        return self.inner.accuracy

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at a point."""
        return self.structure.pulled_back(gates, self.inner(self.structure.composed(gates)))

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """The part of ``directions`` that lies in the algebras."""
        return self.structure.tangent(directions)

    def after(
        self, gates: ComplexArray, evaluation: Evaluation
    ) -> tuple["FactoredObjective", Evaluation, int]:
        """With the cost of the blocks for the next step."""
        blocks = self.structure.composed(gates)
        inner, moved_on, evaluations = self.inner.after(blocks, evaluation)
        if inner is self.inner:
            return self, evaluation, evaluations
        changed = replace(self, inner=inner)
        return changed, self.structure.pulled_back(gates, moved_on), evaluations


def orthonormal(matrices: Sequence[NDArray[Any]]) -> ComplexArray:
    """``i`` times Hermitian ``matrices``, which are orthogonal to each other, normalised."""
    stacked = 1j * np.array(matrices)
    norms = np.linalg.norm(stacked, axis=(1, 2))
    normalised: ComplexArray = stacked / norms[:, None, None]
    return normalised
