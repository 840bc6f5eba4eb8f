"""Riemannian L-BFGS over all two-qubit blocks at once.

A point is one unitary per block, a direction one anti-Hermitian matrix per block, and a step
``G -> G cayley(X)``; directions of different points are compared as they are (they all live in the
Lie algebra). The first guess of the inverse Hessian, which plain L-BFGS takes as a number, is the
inverse of ``X -> rho X + X rho`` with the state ``rho`` that the block acts on: moving a block in a
direction that its input hardly populates hardly changes the circuit's state. On the benchmark
chains this saves a third to a half of the evaluations (``benchmarks/optimizers.py``).

Nocedal and Wright, Numerical Optimization, chapter 7; on manifolds: Huang, Gallivan and Absil,
SIAM J. Optim. 25, 1660 (2015).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtools.compile.fitting.evaluation import Arrays, Cost, Sweepable
from qtools.compile.fitting.optimizers.optimizer import Optimization, inner, moved
from qtools.compile.mps import ComplexArray

_POPULATION_FLOOR = 0.03  # added to populations, so that empty directions keep a finite step
_FIRST_STEP = 0.5  # of the preconditioned gradient, before there is a pair to scale it
_SUFFICIENT_DECREASE = 1e-4
_BACKTRACK = 0.4
_SMALLEST_STEP = 1e-4
_CURVATURE_FLOOR = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A step that was taken, and how the gradient changed along it."""

    step: ComplexArray
    change: ComplexArray

    @property
    def curvature(self) -> float:
        """The inner product of the two."""
        return inner(self.step, self.change)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """The memory of L-BFGS.

    Attributes:
        kept: the last steps, oldest first.
    """

    kind: ClassVar[str] = "lbfgs"
    kept: tuple[Pair, ...] = ()

    def arrays(self) -> Arrays:
        """Steps and changes, each (num_pairs, num_blocks, 4, 4)."""
        return {
            "steps": np.array([pair.step for pair in self.kept]),
            "changes": np.array([pair.change for pair in self.kept]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Pairs":
        """Out of :meth:`arrays`."""
        pairs = zip(arrays["steps"], arrays["changes"], strict=True)
        return cls(kept=tuple(Pair(step=step, change=change) for step, change in pairs))


@dataclass(frozen=True, kw_only=True)
class LBFGS:
    """Preconditioned Riemannian L-BFGS with a backtracking line search.

    Attributes:
        memory: pairs of steps and gradient changes that are kept.
    """

    memory: int = 20

    @property
    def knows_its_end(self) -> bool:
        """It makes progress in every step, or none any more."""
        return False

    def start(self, cost: Cost, gates: ComplexArray) -> Optimization[Pairs]:
        """The state before the first step, after a polar sweep where one costs little."""
        state = Optimization(gates=gates, evaluation=cost(gates), evaluations=1, memory=Pairs())
        if not (isinstance(cost, Sweepable) and cost.sweep_pays):
            return state
        swept = cost.swept(gates)
        if swept is None:
            return state
        evaluation = cost(swept)
        state = replace(state, evaluations=state.evaluations + 3)
        if evaluation.cost >= state.evaluation.cost:
            return state
        return replace(state, gates=swept, evaluation=evaluation)

    def carried(self, cost: Cost, state: Optimization[Pairs]) -> Optimization[Pairs]:
        """The same gates and pairs; cost and gradient anew."""
        return replace(
            state,
            evaluation=cost(state.gates),
            evaluations=state.evaluations + 1,
            stalled=False,
        )

    def advance(self, cost: Cost, state: Optimization[Pairs]) -> Optimization[Pairs]:
        """The state after one more step; the cost never rises."""
        direction = _direction(cost, state)
        slope = inner(state.evaluation.gradient, direction)
        if slope >= 0.0:
            state = replace(state, memory=Pairs())
            direction = _direction(cost, state)
            slope = inner(state.evaluation.gradient, direction)
        length, evaluations = 1.0, state.evaluations
        while length > _SMALLEST_STEP:
            gates = moved(state.gates, length * direction)
            evaluation = cost(gates)
            evaluations += 1
            if evaluation.cost <= state.evaluation.cost + _SUFFICIENT_DECREASE * length * slope:
                pair = Pair(
                    step=length * direction,
                    change=evaluation.gradient - state.evaluation.gradient,
                )
                return Optimization(
                    gates=gates,
                    evaluation=evaluation,
                    evaluations=evaluations,
                    iteration=state.iteration + 1,
                    memory=self._remembered(state.memory, pair),
                )
            length *= _BACKTRACK
        # A bad memory deserves a second try along the plain gradient; without memory, this is the
        # end.
        return replace(
            state, evaluations=evaluations, memory=Pairs(), stalled=not state.memory.kept
        )

    def _remembered(self, pairs: Pairs, pair: Pair) -> Pairs:
        """The newest pairs, without those that would make the Hessian indefinite."""
        if pair.curvature <= _CURVATURE_FLOOR * inner(pair.change, pair.change):
            return pairs
        return Pairs(kept=(*pairs.kept, pair)[-self.memory :])


def _direction(cost: Cost, state: Optimization[Pairs]) -> ComplexArray:
    """Two-loop recursion (Nocedal and Wright, algorithm 7.4)."""
    inverse = preconditioner(state.evaluation.densities)
    pairs = state.memory.kept

    def precondition(direction: ComplexArray) -> ComplexArray:
        return cost.tangent(inverse(direction))

    direction = state.evaluation.gradient.copy()
    weights = []
    for pair in reversed(pairs):
        weight = inner(pair.step, direction) / pair.curvature
        direction -= weight * pair.change
        weights.append(weight)
    direction = precondition(direction)
    if pairs:
        last = pairs[-1]
        direction = direction * (last.curvature / inner(last.change, precondition(last.change)))
    else:
        direction = direction * _FIRST_STEP
    for pair, weight in zip(pairs, reversed(weights), strict=True):
        direction += (weight - inner(pair.change, direction) / pair.curvature) * pair.step
    return -direction


def preconditioner(densities: ComplexArray) -> Callable[[ComplexArray], ComplexArray]:
    """The inverse of ``X -> rho X + X rho`` for every block, in the eigenbasis of ``rho``."""
    populations, states = np.linalg.eigh(densities)
    sums = np.abs(populations)[:, :, None] + np.abs(populations)[:, None, :]
    damping = 1.0 / (sums + _POPULATION_FLOOR)
    adjoint = states.conj().swapaxes(1, 2)

    def precondition(direction: ComplexArray) -> ComplexArray:
        inside = np.matmul(np.matmul(adjoint, direction), states)
        outside: ComplexArray = np.matmul(np.matmul(states, inside * damping), adjoint)
        return outside

    return precondition
