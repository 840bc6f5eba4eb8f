"""Blocks replaced one after another along the chain, each in sight of those replaced before it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from qtools.compile.overlap.arrays import Array, Arrays
from qtools.compile.overlap.engine import Replace
from qtools.compile.overlap.plan import ContractionPlan, Source, Step
from qtools.compile.overlap.wiring import WiredBlocks


class BlockSlot(NamedTuple):
    """Where the matrix of a block step lives."""

    group: WiredBlocks
    row: int


def sweep_there_and_back(
    plan: ContractionPlan,
    matrices: Sequence[Array],
    slots: Mapping[int, BlockSlot],
    replace: Replace,
    arrays: Arrays,
) -> None:
    """One sweep from the first site to the last and one back.

    Takes about three times the operations of an overlap with all environments in one go.

    Args:
        plan: of the contraction.
        matrices: (w, k, m) of every step; those of blocks follow their slots.
        slots: of the blocks, loaded with the present gates; loaded with the new ones at the end.
        replace: chooses the new gates.
        arrays: of the matrices.
    """
    xp = arrays.xp
    size = len(plan.steps)
    one = arrays.put(np.ones(1))
    left, right = [one] * (size + 1), [one] * (size + 1)
    for s in reversed(range(size)):
        right[s] = _backward(plan.steps[s], matrices[s], right[s + 1], xp)
    for s in range(size):
        _update(plan.steps[s], slots, left[s], right[s + 1], replace, xp)
        left[s + 1] = _forward(plan.steps[s], matrices[s], left[s], xp)
    for s in reversed(range(size)):
        _update(plan.steps[s], slots, left[s], right[s + 1], replace, xp)
        right[s] = _backward(plan.steps[s], matrices[s], right[s + 1], xp)


def _update(
    step: Step,
    slots: Mapping[int, BlockSlot],
    left: Array,
    right: Array,
    replace: Replace,
    xp: Any,
) -> None:
    if step.source is not Source.BLOCK:
        return
    group, row = slots[step.index]
    after = right.reshape(step.fronts, step.rest, step.columns)
    group.environments[row] = xp.matmul(_facing(step, left), after)
    group.load_one(row, replace(step.index, group.environment_of(row)))


def _forward(step: Step, matrix: Array, left: Array, xp: Any) -> Array:
    if step.source is Source.PERMUTE:
        return xp.permute_dims(left.reshape(step.shape), step.axes).reshape(-1)
    return xp.matmul(_facing(step, left).T, matrix).reshape(-1)


def _backward(step: Step, matrix: Array, right: Array, xp: Any) -> Array:
    if step.source is Source.PERMUTE:
        shape = tuple(step.shape[axis] for axis in step.axes)
        order = tuple(np.argsort(step.axes).tolist())
        return xp.permute_dims(right.reshape(shape), order).reshape(-1)
    after = right.reshape(step.fronts, step.rest, step.columns)
    out = xp.sum(xp.matmul(matrix, xp.permute_dims(after, (0, 2, 1))), axis=0)  # (rows, rest)
    return (out.T if step.behind else out).reshape(-1)


def _facing(step: Step, boundary: Array) -> Array:
    """The boundary as (contracted, rest)."""
    if step.behind:
        return boundary.reshape(step.rest, step.rows).T
    return boundary.reshape(step.rows, step.rest)
