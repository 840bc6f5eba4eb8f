"""Riemannian Adam: steps of about equal length, whatever the size of the gradient.

Kingma and Ba, arXiv 1412.6980, in the Lie algebra of each block as in Becigneul and Ganea, arXiv
1810.00760: the second moment is one number per block, the mean square of its gradient, so that the
step does not depend on the basis. Momenta are kept from point to point as they are. The step length
falls as ``rate / sqrt(1 + k / decay)``.

The walker may go uphill; the state's gates are the best that it has passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtools.compile.fitting.evaluation import Arrays, Cost
from qtools.compile.fitting.optimizers.optimizer import Optimization, moved
from qtools.compile.mps import ComplexArray

_FIRST, _SECOND = 0.9, 0.99  # decay of the two moments
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """The memory of Adam.

    Attributes:
        point: (num_blocks, 4, 4), where the walker is.
        gradient: (num_blocks, 4, 4), there.
        first: (num_blocks, 4, 4), running mean of the gradient.
        second: (num_blocks,), running mean of its mean square.
        count: of gradients in the means.
    """

    kind: ClassVar[str] = "adam"
    point: ComplexArray
    gradient: ComplexArray
    first: ComplexArray
    second: NDArray[np.float64]
    count: int = 0

    def arrays(self) -> Arrays:
        """Everything under its name."""
        return {
            "point": self.point,
            "slope": self.gradient,
            "first": self.first,
            "second": self.second,
            "count": np.array(self.count),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Moments":
        """Out of :meth:`arrays`."""
        return cls(
            point=arrays["point"],
            gradient=arrays["slope"],
            first=arrays["first"],
            second=arrays["second"],
            count=int(arrays["count"]),
        )


@dataclass(frozen=True, kw_only=True)
class RiemannianAdam:
    """Adam on products of unitary groups.

    Attributes:
        rate: length of the first steps, in radians per root mean square component.
        decay: steps after which the length has fallen by ``sqrt 2``.
    """

    rate: float = 0.01
    decay: float = 200.0

    @property
    def knows_its_end(self) -> bool:
        """It makes some progress in every stretch of steps."""
        return False

    def start(self, cost: Cost, gates: ComplexArray) -> Optimization[Moments]:
        """The state before the first step."""
        evaluation = cost(gates)
        moments = Moments(
            point=gates,
            gradient=evaluation.gradient,
            first=np.zeros_like(gates),
            second=np.zeros(len(gates)),
        )
        return Optimization(gates=gates, evaluation=evaluation, evaluations=1, memory=moments)

    def carried(self, cost: Cost, state: Optimization[Moments]) -> Optimization[Moments]:
        """The walker goes on from the best gates, with its moments."""
        evaluation = cost(state.gates)
        memory = replace(state.memory, point=state.gates, gradient=evaluation.gradient)
        return replace(
            state,
            evaluation=evaluation,
            evaluations=state.evaluations + 1,
            memory=memory,
            stalled=False,
        )

    def advance(self, cost: Cost, state: Optimization[Moments]) -> Optimization[Moments]:
        """The state after one more step; ``gates`` change only when the cost falls."""
        memory = self._moved_on(cost, state.memory)
        evaluation = cost(memory.point)
        memory = replace(memory, gradient=evaluation.gradient)
        better = evaluation.cost < state.evaluation.cost
        return Optimization(
            gates=memory.point if better else state.gates,
            evaluation=evaluation if better else state.evaluation,
            evaluations=state.evaluations + 1,
            iteration=state.iteration + 1,
            memory=memory,
            stalled=not np.any(memory.gradient),
        )

    def _moved_on(self, cost: Cost, memory: Moments) -> Moments:
        count = memory.count + 1
        squares = np.mean(np.abs(memory.gradient) ** 2, axis=(1, 2))
        first = _FIRST * memory.first + (1.0 - _FIRST) * memory.gradient
        second = _SECOND * memory.second + (1.0 - _SECOND) * squares
        mean, square = first / (1.0 - _FIRST**count), second / (1.0 - _SECOND**count)
        length = self.rate / np.sqrt(1.0 + count / self.decay)
        scale = length / (np.sqrt(square) + _TINY)
        step = cost.tangent(-scale[:, None, None] * mean)
        return replace(
            memory, point=moved(memory.point, step), first=first, second=second, count=count
        )
