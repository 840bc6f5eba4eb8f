"""Blocks replaced one after another along the chain, each in sight of those replaced before it."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.plan import ContractionPlan, Source, Step
from qtools.compile.overlap.wiring import WiredBlocks

Replace = Callable[[int, ComplexArray], ComplexArray]
"""The new gate (4, 4) of a block, given its number and its environment (4, 4)."""


class BlockSlot(NamedTuple):
    """Where the matrix of a block step lives."""

    group: WiredBlocks
    row: int


def sweep_there_and_back(
    plan: ContractionPlan,
    matrices: Sequence[ComplexArray],
    slots: Mapping[int, BlockSlot],
    replace: Replace,
) -> None:
    """One sweep from the first site to the last and one back.

    Takes about three times the operations of an overlap with all environments in one go.

    Args:
        plan: of the contraction.
        matrices: (w, k, m) of every step; those of blocks follow their slots.
        slots: of the blocks, loaded with the present gates; loaded with the new ones at the end.
        replace: chooses the new gates.
    """
    size = len(plan.steps)
    one = np.ones(1, dtype=complex)
    left, right = [one] * (size + 1), [one] * (size + 1)
    for s in reversed(range(size)):
        right[s] = _backward(plan.steps[s], matrices[s], right[s + 1])
    for s in range(size):
        _update(plan.steps[s], slots, left[s], right[s + 1], replace)
        left[s + 1] = _forward(plan.steps[s], matrices[s], left[s])
    for s in reversed(range(size)):
        _update(plan.steps[s], slots, left[s], right[s + 1], replace)
        right[s] = _backward(plan.steps[s], matrices[s], right[s + 1])


def _update(
    step: Step,
    slots: Mapping[int, BlockSlot],
    left: ComplexArray,
    right: ComplexArray,
    replace: Replace,
) -> None:
    if step.source is not Source.BLOCK:
        return
    group, row = slots[step.index]
    after = right.reshape(step.fronts, step.rest, step.columns)
    np.matmul(_facing(step, left), after, out=group.environments[row])
    group.load_one(row, replace(step.index, group.environment_of(row)))


def _forward(step: Step, matrix: ComplexArray, left: ComplexArray) -> ComplexArray:
    if step.source is Source.PERMUTE:
        return left.reshape(step.shape).transpose(step.axes).reshape(-1)
    out: ComplexArray = np.matmul(_facing(step, left).T, matrix)
    return out.reshape(-1)


def _backward(step: Step, matrix: ComplexArray, right: ComplexArray) -> ComplexArray:
    if step.source is Source.PERMUTE:
        shape = [step.shape[axis] for axis in step.axes]
        return right.reshape(shape).transpose(np.argsort(step.axes)).reshape(-1)
    after = right.reshape(step.fronts, step.rest, step.columns)
    out: ComplexArray = np.matmul(matrix, after.swapaxes(1, 2)).sum(axis=0)  # (rows, rest)
    return (out.T if step.behind else out).reshape(-1)


def _facing(step: Step, boundary: ComplexArray) -> ComplexArray:
    """The boundary as (contracted, rest)."""
    if step.behind:
        return boundary.reshape(step.rest, step.rows).T
    return boundary.reshape(step.rows, step.rest)
