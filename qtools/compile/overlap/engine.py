"""What every engine gives, and what some can do besides."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.accuracy import Accuracy

Replace = Callable[[int, ComplexArray], ComplexArray]
"""The new gate (4, 4) of a block, given its number and its environment (4, 4)."""


class OverlapEngine(Protocol):
    """Gives the overlap of a circuit with a target, and its derivatives.

    Attributes:
        accuracy: of the last evaluation.
    """

    accuracy: Accuracy

    def value(self, gates: ComplexArray) -> complex:
        """``<target|V|0>`` for gates (num_blocks, 4, 4)."""

    def value_and_environments(self, gates: ComplexArray) -> tuple[complex, ComplexArray]:
        """The overlap and its derivatives (num_blocks, 4, 4) by the entries of the gates."""


@runtime_checkable
class SweepingEngine(Protocol):
    """An engine that can replace blocks one after another while it contracts.

    Attributes:
        sweep_pays: whether there and back costs about as much as two evaluations, or less.
    """

    sweep_pays: bool

    def swept(self, gates: ComplexArray, replace: Replace) -> None:
        """Replace all blocks, along the chain and back, by what ``replace`` makes of them.

        Args:
            gates: (num_blocks, 4, 4) to begin with.
            replace: is given a block's number and its environment (4, 4).
        """
