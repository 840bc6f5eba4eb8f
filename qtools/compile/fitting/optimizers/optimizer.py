"""What all optimisers have in common.

An optimiser is a frozen strategy; where it stands is a value of its own, and a step a function from
one to the next. The gates of a state are the best found so far, so that its cost never rises,
whatever the optimiser does on the way. What it needs besides (pairs, momenta, where it walks now)
is its memory, which turns into named arrays and back for checkpoints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtools.compile.fitting.evaluation import Arrays, Cost, Evaluation
from qtools.compile.mps import ComplexArray


class Memory(Protocol):
    """What an optimiser keeps between two steps.

    Attributes:
        kind: names the optimiser that it belongs to.
    """

    kind: ClassVar[str]

    def arrays(self) -> Arrays:
        """For a checkpoint."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Out of :meth:`arrays`."""


M = TypeVar("M", bound=Memory, covariant=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimization(Generic[M]):
    """Where an optimiser stands.

    Attributes:
        gates: (num_blocks, 4, 4), the best found so far.
        evaluation: cost and gradient at the gates.
        evaluations: how often the cost was evaluated so far.
        memory: of the optimiser.
        iteration: steps taken so far.
        stalled: no further step will lower the cost.
    """

    gates: ComplexArray
    evaluation: Evaluation
    evaluations: int
    memory: M
    iteration: int = 0
    stalled: bool = False


class Optimizer(Protocol):
    """A way of lowering a cost, step by step.

    Attributes:
        knows_its_end: whether to leave it alone until it says that it has stalled: it goes through
            long stretches without progress on purpose.
    """

    @property
    def knows_its_end(self) -> bool:
        """See the class."""

    def start(self, cost: Cost, gates: ComplexArray) -> Optimization[Any]:
        """The state before the first step."""

    def advance(self, cost: Cost, state: Optimization[Any]) -> Optimization[Any]:
        """The state after one more step."""

    def carried(self, cost: Cost, state: Optimization[Any]) -> Optimization[Any]:
        """The same point under another cost, with as much of the memory as still holds."""


def moved(gates: ComplexArray, step: ComplexArray) -> ComplexArray:
    """``G (1 - X / 2)^-1 (1 + X / 2)``: unitary, and ``G exp(X)`` to second order."""
    half, identity = 0.5 * step, np.eye(gates.shape[-1])
    product: ComplexArray = np.matmul(gates, np.linalg.solve(identity - half, identity + half))
    return product


def inner(a: ComplexArray, b: ComplexArray) -> float:
    """``Re tr(A^dagger B)``, summed over the blocks."""
    return float(np.vdot(a, b).real)
