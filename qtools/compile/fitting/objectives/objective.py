"""What a fit asks of a cost."""

from typing import Protocol

from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.accuracy import Accuracy


class Objective(Protocol):
    """A cost of the blocks of a circuit, which may change on a schedule from step to step."""

    @property
    def accuracy(self) -> Accuracy:
        """What truncation did to the last evaluation."""

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at gates (num_blocks, 4, 4)."""

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """The part of anti-Hermitian ``directions`` (num_blocks, 4, 4) along which blocks move."""

    def after(
        self, gates: ComplexArray, evaluation: Evaluation
    ) -> tuple["Objective", Evaluation, int]:
        """The cost for the next step, after a step to ``gates`` with its ``evaluation``.

        Returns:
            the cost, its evaluation at the same gates, and how many evaluations that took.
        """


def without_frozen(directions: ComplexArray, frozen: int) -> ComplexArray:
    """``directions`` with those of the first ``frozen`` blocks set to zero."""
    if frozen == 0:
        return directions
    free = directions.copy()
    free[:frozen] = 0.0
    return free
