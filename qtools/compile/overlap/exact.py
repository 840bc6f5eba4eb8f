"""Exact boundary contraction of ``<target|V|0>`` with the environments of all blocks.

For a block ``G`` the environment ``E`` is the derivative of the overlap, ``o = sum(E * G)`` (no
conjugation), since the overlap is linear in each block; see :mod:`qtools.compile.overlap.plan` for
the steps. An evaluation walks from both ends of the chain to its middle, keeping the boundaries it
passes, and then back from the middle to both ends. On the way back the boundary of the other side
is at hand, and the product of the two gives the environment. The two halves are independent on
both ways, so at large bonds they run in two threads.

At small bonds an evaluation is bound by the overhead of a call, so every matrix product is one
``numpy.dot`` between views that are made once.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.accuracy import EXACT
from qtools.compile.overlap.arrays import DOUBLE, Array, Arrays
from qtools.compile.overlap.engine import Replace
from qtools.compile.overlap.exact_sweep import BlockSlot, sweep_there_and_back
from qtools.compile.overlap.plan import ContractionPlan, Source, Step, plan_contraction
from qtools.compile.overlap.targets import TargetTensors, target_tensors
from qtools.compile.overlap.wiring import wire
from qtools.runs.cores import cores

# Below this many real operations a second thread costs more than it brings.
THREADING_FLOPS = 100_000_000


class Product(NamedTuple):
    """``out = left @ right``, or, where ``scratch`` is given, ``out += left @ right``.

    Without ``right`` it is a copy, ``out = left``, and ``scratch`` is ``out``.
    """

    left: Array
    right: Array | None
    out: Array
    scratch: Array | None = None


Products = list[Product]


class ExactOverlap:
    """Overlap of a circuit with a fixed target, and its derivative by every block.

    The layout (bonds, initial state) is that of ``ansatz``; the gates are given at each call.
    Cost and memory grow as ``2 ** L * chi ** 2`` per site for ``L`` brick layers and target bond
    ``chi``. An engine is not safe to call from several threads.

    Attributes:
        plan: the steps of the contraction, with their cost.
        accuracy: of the last evaluation; this engine does not truncate.
        sweep_pays: a sweep costs three evaluations and many small calls.
    """

    sweep_pays = False

    accuracy = EXACT

    def __init__(self, ansatz: Ansatz, target: MPS, *, arrays: Arrays = DOUBLE) -> None:
        self._arrays = arrays
        tensors = target_tensors(ansatz.initial, target)
        self.plan = plan_exact(ansatz, target)
        steps = self.plan.steps
        self._num_blocks = ansatz.num_blocks
        self._groups = wire(
            [step for step in steps if step.source is Source.BLOCK],
            ansatz.pairs,
            ansatz.initial,
            arrays,
        )
        self._slots = {
            int(block): BlockSlot(group, row)
            for group in self._groups
            for row, block in enumerate(group.blocks)
        }
        self._matrices = [self._matrix(step, ansatz, tensors) for step in steps]
        middle = self.plan.middle
        left = self._kept(range(middle + 1))
        right = self._kept(range(middle, len(steps) + 1))
        left[0][0] = right[len(steps)][0] = 1.0
        self._meeting = left[middle], right[middle]
        self._inward = (
            [product for s in range(middle) for product in self._forward(s, left[s], left[s + 1])],
            [
                product
                for s in reversed(range(middle, len(steps)))
                for product in self._backward(s, right[s], right[s + 1])
            ],
        )
        from_right = self._passing(range(middle), right[middle])
        from_left = self._passing(range(middle + 1, len(steps) + 1), left[middle])
        self._outward = (
            [
                product
                for s in reversed(range(middle))
                for product in (
                    *self._environment(s, left[s], from_right[s + 1]),
                    *self._backward(s, from_right[s], from_right[s + 1]),
                )
            ],
            [
                product
                for s in range(middle, len(steps))
                for product in (
                    *self._environment(s, from_left[s], right[s + 1]),
                    *self._forward(s, from_left[s], from_left[s + 1]),
                )
            ],
        )
        threaded = arrays.is_numpy and self.plan.flops > THREADING_FLOPS and cores() > 1
        self._threads = ThreadPoolExecutor(1) if threaded else None
        self._multiply = _multiply if arrays.is_numpy else partial(_multiply_with, arrays.xp)

    def value(self, gates: ComplexArray) -> complex:
        """The overlap ``<target|V|0>`` for gates (num_blocks, 4, 4)."""
        self._load(gates)
        self._run(self._inward)
        return self._overlap()

    def value_and_environments(self, gates: ComplexArray) -> tuple[complex, ComplexArray]:
        """The overlap and its derivatives (num_blocks, 4, 4) by the entries of all gates."""
        self._load(gates)
        self._run(self._inward)
        self._run(self._outward)
        environments = np.empty((self._num_blocks, 4, 4), dtype=complex)
        for group in self._groups:
            group.store(environments)
        return self._overlap(), environments

    def swept(self, gates: ComplexArray, replace: Replace) -> None:
        """Replace all blocks one after another, along the chain and back.

        Args:
            gates: (num_blocks, 4, 4) to begin with.
            replace: is given each block with its environment among the present others.
        """
        self._load(gates)
        sweep_there_and_back(self.plan, self._matrices, self._slots, replace, self._arrays)

    def _overlap(self) -> complex:
        left, right = self._meeting
        return complex(self._arrays.xp.matmul(left, right))

    def _load(self, gates: ComplexArray) -> None:
        for group in self._groups:
            group.load(gates)

    def _run(self, halves: tuple[Products, Products]) -> None:
        if self._threads is None:
            self._multiply(halves[0])
            self._multiply(halves[1])
            return
        other = self._threads.submit(self._multiply, halves[1])
        self._multiply(halves[0])
        other.result()

    def _matrix(self, step: Step, ansatz: Ansatz, tensors: Sequence[TargetTensors]) -> Array:
        """The matrix (w, k, m) of a step; for a block, a view that each evaluation fills."""
        if step.source is Source.BLOCK:
            slot = self._slots[step.index]
            return slot.group.matrices[slot.row]
        return self._arrays.put(_constant(step, ansatz, tensors))

    def _kept(self, boundaries: range) -> dict[int, Array]:
        """A buffer of its own for each boundary; boundary ``s`` stands before step ``s``."""
        return {s: self._arrays.empty((self.plan.boundary_size(s),)) for s in boundaries}

    def _passing(self, boundaries: range, meeting: Array) -> dict[int, Array]:
        """Two buffers in turn for boundaries that only the next step needs, and the middle."""
        size = max((self.plan.boundary_size(s) for s in boundaries), default=0)
        pair = self._arrays.empty((size,)), self._arrays.empty((size,))
        views = {s: pair[s % 2][: self.plan.boundary_size(s)] for s in boundaries}
        return views | {self.plan.middle: meeting}

    def _forward(self, s: int, before: Array, after: Array) -> Products:
        """Carry the boundary from the left over step ``s``."""
        step, matrix = self.plan.steps[s], self._matrices[s]
        if step.source is Source.PERMUTE:
            moved = self._arrays.xp.permute_dims(before.reshape(step.shape), step.axes)
            return [_copy(moved, after.reshape(moved.shape))]
        x = _facing(step, before)
        out = after.reshape(step.fronts, step.rest, step.columns)
        return [Product(x.T, matrix[w], out[w]) for w in range(step.fronts)]

    def _backward(self, s: int, before: Array, after: Array) -> Products:
        """Carry the boundary from the right over step ``s``; several fronts add up."""
        step, matrix = self.plan.steps[s], self._matrices[s]
        if step.source is Source.PERMUTE:
            shape = [step.shape[axis] for axis in step.axes]
            order = tuple(np.argsort(step.axes).tolist())
            back = self._arrays.xp.permute_dims(after.reshape(shape), order)
            return [_copy(back, before.reshape(step.shape))]
        x = after.reshape(step.fronts, step.rest, step.columns)
        products = []
        for w in range(step.fronts):
            if step.behind:
                out = before.reshape(step.rest, step.rows)
                left, right = x[w], matrix[w].T
            else:
                out = before.reshape(step.rows, step.rest)
                left, right = matrix[w], x[w].T
            products.append(
                Product(left, right, out, self._arrays.empty(tuple(out.shape)) if w else None)
            )
        return products

    def _environment(self, s: int, before: Array, after: Array) -> Products:
        """Derivative by the matrix of step ``s``, from the boundaries on both of its sides."""
        step = self.plan.steps[s]
        if step.source is not Source.BLOCK:
            return []
        slot = self._slots[step.index]
        x = _facing(step, before)
        y = after.reshape(step.fronts, step.rest, step.columns)
        out = slot.group.environments[slot.row]
        return [Product(x, y[w], out[w]) for w in range(step.fronts)]


def _constant(step: Step, ansatz: Ansatz, tensors: Sequence[TargetTensors]) -> ComplexArray:
    """The matrix (w, k, m) of a step that is no block."""
    if step.source is Source.TARGET:
        return tensors[step.index].qubit.reshape(1, step.rows, step.columns)
    if step.source is Source.REFERENCE:
        reference = tensors[step.index].reference
        assert reference is not None
        return reference
    if step.source is Source.INITIAL:
        vector: ComplexArray = ansatz.initial[step.index].reshape(2, 1, 1).copy()
        return vector
    return np.eye(2, dtype=complex).reshape(1, 4, 1)


def _copy(source: Array, out: Array) -> Product:
    return Product(source, None, out, out)


def plan_exact(ansatz: Ansatz, target: MPS) -> ContractionPlan:
    """The plan of the exact contraction of ``ansatz`` with ``target``."""
    dimensions = target.bond_dimensions
    inner = None
    if ansatz.is_operator:
        inner = [2 * min(pair) for pair in pairwise(dimensions)]
    return plan_contraction(ansatz.num_qubits, ansatz.pairs, dimensions, inner)


def _facing(step: Step, boundary: Array) -> Array:
    """The boundary as (contracted, rest)."""
    if step.behind:
        return boundary.reshape(step.rest, step.rows).T
    return boundary.reshape(step.rows, step.rest)


def _multiply(products: Products) -> None:
    dot = np.dot
    for left, right, out, scratch in products:
        if right is None:
            np.copyto(out, left)
        elif scratch is None:
            dot(left, right, out)
        else:
            dot(left, right, scratch)
            np.add(out, scratch, out)


def _multiply_with(xp: Array, products: Products) -> None:
    for left, right, out, scratch in products:
        if right is None:
            out[...] = left
        elif scratch is None:
            xp.matmul(left, right, out=out)
        else:
            xp.matmul(left, right, out=scratch)
            out += scratch
