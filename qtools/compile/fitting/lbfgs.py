"""Riemannian L-BFGS over all two-qubit blocks at once.

A point is one unitary per block, a direction one anti-Hermitian matrix per block, and a step
``G -> G cayley(X)``; directions of different points are compared as they are (they all live in the
Lie algebra). The first guess of the inverse Hessian, which plain L-BFGS takes as a number, is the
inverse of ``X -> rho X + X rho`` with the state ``rho`` that the block acts on: moving a block in a
direction that its input hardly populates hardly changes the circuit's state. On the benchmark
chains this saves a third to a half of the evaluations (``benchmarks/optimizers.py``).

The state of the optimiser is a value: :func:`start` makes the first, :func:`advance` the next.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qtools.compile.fitting.objective import Evaluation
from qtools.compile.mps import ComplexArray

Cost = Callable[[ComplexArray], Evaluation]

MEMORY = 20
"""Pairs of steps and gradient changes that are kept."""

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
        return _inner(self.step, self.change)


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimization:
    """Where the optimiser stands.

    Attributes:
        gates: (num_blocks, 4, 4).
        evaluation: cost and gradient at the gates.
        evaluations: how often the cost was evaluated so far.
        iteration: steps taken so far.
        pairs: the last steps, oldest first.
        stalled: no step along the gradient lowers the cost any more.
    """

    gates: ComplexArray
    evaluation: Evaluation
    evaluations: int
    iteration: int = 0
    pairs: tuple[Pair, ...] = ()
    stalled: bool = False


def start(cost: Cost, gates: ComplexArray) -> Optimization:
    """The state before the first step."""
    return Optimization(gates=gates, evaluation=cost(gates), evaluations=1)


def advance(cost: Cost, state: Optimization) -> Optimization:
    """The state after one more step; the cost never rises."""
    direction = _direction(state)
    slope = _inner(state.evaluation.gradient, direction)
    if slope >= 0.0:
        state = replace(state, pairs=())
        direction = _direction(state)
        slope = _inner(state.evaluation.gradient, direction)
    length, evaluations = 1.0, state.evaluations
    while length > _SMALLEST_STEP:
        gates = moved(state.gates, length * direction)
        evaluation = cost(gates)
        evaluations += 1
        if evaluation.cost <= state.evaluation.cost + _SUFFICIENT_DECREASE * length * slope:
            pair = Pair(
                step=length * direction, change=evaluation.gradient - state.evaluation.gradient
            )
            return Optimization(
                gates=gates,
                evaluation=evaluation,
                evaluations=evaluations,
                iteration=state.iteration + 1,
                pairs=_remembered(state.pairs, pair),
            )
        length *= _BACKTRACK
    # A bad memory deserves a second try along the plain gradient; without memory, this is the end.
    return replace(state, evaluations=evaluations, pairs=(), stalled=not state.pairs)


def moved(gates: ComplexArray, step: ComplexArray) -> ComplexArray:
    """``G (1 - X / 2)^-1 (1 + X / 2)``: unitary, and ``G exp(X)`` to second order."""
    half, identity = 0.5 * step, np.eye(gates.shape[-1])
    product: ComplexArray = np.matmul(gates, np.linalg.solve(identity - half, identity + half))
    return product


def _direction(state: Optimization) -> ComplexArray:
    """Two-loop recursion (Nocedal and Wright, Numerical Optimization, algorithm 7.4)."""
    precondition = _preconditioner(state.evaluation.densities)
    direction = state.evaluation.gradient.copy()
    weights = []
    for pair in reversed(state.pairs):
        weight = _inner(pair.step, direction) / pair.curvature
        direction -= weight * pair.change
        weights.append(weight)
    direction = precondition(direction)
    if state.pairs:
        last = state.pairs[-1]
        direction *= last.curvature / _inner(last.change, precondition(last.change))
    else:
        direction *= _FIRST_STEP
    for pair, weight in zip(state.pairs, reversed(weights), strict=True):
        direction += (weight - _inner(pair.change, direction) / pair.curvature) * pair.step
    return -direction


def _preconditioner(densities: ComplexArray) -> Callable[[ComplexArray], ComplexArray]:
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


def _remembered(pairs: tuple[Pair, ...], pair: Pair) -> tuple[Pair, ...]:
    """The newest pairs, without those that would make the Hessian indefinite."""
    if pair.curvature <= _CURVATURE_FLOOR * _inner(pair.change, pair.change):
        return pairs
    return (*pairs, pair)[-MEMORY:]


def _inner(a: ComplexArray, b: ComplexArray) -> float:
    return float(np.vdot(a, b).real)
