"""Polar sweeps: every block becomes the unitary that its environment likes best.

For a block with environment ``E`` the overlap is ``o = sum(E * G)``. With ``conj(E) = U S V`` the
largest ``|o|`` of all unitaries is ``tr S``, at ``G = U V`` (Evenbly and Vidal, arXiv 0707.1454;
for circuits, arXiv 2209.00595). Where the engine walks along the chain, the blocks are replaced one
after another, each in sight of those replaced before it (Gauss-Seidel), and the fidelity never
falls. Elsewhere, and for other costs than the fidelity, all blocks move at once
towards their best, as far as the cost falls: with ``R`` of the cost (``dC = -2 Re tr(R X)``), block
``G`` moves towards ``G W``, ``W`` the unitary that maximises ``Re tr(R W)``.

The first sweeps gain more than steps of L-BFGS do; later ones gain less.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtools.compile.fitting.evaluation import Arrays, Cost, Evaluation, Sweepable
from qtools.compile.fitting.optimizers.optimizer import Optimization
from qtools.compile.mps import ComplexArray

_SMALLEST_SHARE = 1e-3
_FIRST_SHARE = 0.5  # moved all at once all the way, blocks overshoot


@dataclass(frozen=True, kw_only=True, eq=False)
class NoMemory:
    """Polar sweeps keep nothing between two steps."""

    kind: ClassVar[str] = "sweeps"

    def arrays(self) -> Arrays:
        """None."""
        return {}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "NoMemory":
        """Out of :meth:`arrays`."""
        return cls()


@dataclass(frozen=True, kw_only=True)
class PolarSweeps:
    """One step is one sweep there and back, or one move of all blocks at once."""

    @property
    def knows_its_end(self) -> bool:
        """It makes progress in every step, or none any more."""
        return False

    def start(self, cost: Cost, gates: ComplexArray) -> Optimization[NoMemory]:
        """The state before the first step."""
        return Optimization(gates=gates, evaluation=cost(gates), evaluations=1, memory=NoMemory())

    def carried(self, cost: Cost, state: Optimization[NoMemory]) -> Optimization[NoMemory]:
        """The same gates; cost and gradient anew."""
        return replace(
            state,
            evaluation=cost(state.gates),
            evaluations=state.evaluations + 1,
            stalled=False,
        )

    def advance(self, cost: Cost, state: Optimization[NoMemory]) -> Optimization[NoMemory]:
        """The state after one more sweep; the cost never rises."""
        gates = cost.swept(state.gates) if isinstance(cost, Sweepable) else None
        if gates is None:
            return _all_at_once(cost, state)
        evaluation = cost(gates)
        better = evaluation.cost < state.evaluation.cost
        return replace(
            state,
            gates=gates if better else state.gates,
            evaluation=evaluation if better else state.evaluation,
            evaluations=state.evaluations + 3,  # a sweep there and back takes about two
            iteration=state.iteration + better,
            stalled=not better,
        )


def polar(matrices: ComplexArray) -> ComplexArray:
    """The unitary nearest to each of the stacked matrices."""
    u, _, v = np.linalg.svd(matrices)
    nearest: ComplexArray = np.matmul(u, v)
    return nearest


def _all_at_once(cost: Cost, state: Optimization[NoMemory]) -> Optimization[NoMemory]:
    best = _best_moves(state.evaluation)
    share, evaluations = _FIRST_SHARE, state.evaluations
    while share > _SMALLEST_SHARE:
        gates = np.matmul(state.gates, polar((1.0 - share) * np.eye(4) + share * best))
        evaluation = cost(gates)
        evaluations += 1
        if evaluation.cost < state.evaluation.cost:
            return replace(
                state,
                gates=gates,
                evaluation=evaluation,
                evaluations=evaluations,
                iteration=state.iteration + 1,
            )
        share *= 0.5
    return replace(state, evaluations=evaluations, stalled=True)


def _best_moves(evaluation: Evaluation) -> ComplexArray:
    """``W`` (num_blocks, 4, 4) for every block; the identity for blocks that may not move."""
    reduced = evaluation.densities + 0.5 * evaluation.gradient
    moves = polar(reduced.conj().swapaxes(1, 2))
    moves[~np.any(evaluation.gradient, axis=(1, 2))] = np.eye(4)
    return moves
