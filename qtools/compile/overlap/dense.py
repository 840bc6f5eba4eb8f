"""``<target|V|0>`` and the environments of all blocks from whole statevectors.

Up to about 20 qubits a statevector fits into memory, whatever the geometry and the depth. Two
blocks of a layer at a time are one matrix: its sites are brought to the front of the state, which
then is a matrix ``X`` (16, rest), and ``K X`` is one product. The states before all products are
kept. Going back with ``U``, the conjugated target that the later blocks have acted on, the
derivative by ``K`` is ``U X^T``, and that by one of its two blocks a part of it. Nothing is
truncated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.accuracy import EXACT
from qtools.compile.overlap.layers import layers_of

BLOCKS_AT_ONCE = 2
"""Blocks in one product: more are more arithmetic, fewer more copies of the state."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """How the axes of a state change places: runs of axes that stay together move as one.

    Attributes:
        shape: dimensions of the runs before.
        axes: which run comes to each place.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]

    @classmethod
    def between(cls, before: Sequence[int], after: Sequence[int]) -> "Turn":
        """The turn from one order of the axes, all of dimension 2, to another."""
        place = {axis: position for position, axis in enumerate(before)}
        starts: list[int] = []
        lengths: list[int] = []
        for axis in after:
            if starts and place[axis] == starts[-1] + lengths[-1]:
                lengths[-1] += 1
            else:
                starts.append(place[axis])
                lengths.append(1)
        order = np.argsort(starts)
        return cls(
            shape=tuple(2 ** lengths[run] for run in order),
            axes=tuple(int(run) for run in np.argsort(order)),
        )

    def __call__(self, state: ComplexArray, rows: int) -> ComplexArray:
        """The state in the new order, as a matrix (rows, rest)."""
        turned = state.reshape(self.shape).transpose(self.axes)
        return np.ascontiguousarray(turned).reshape(rows, -1)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Blocks of one layer that act together.

    Attributes:
        blocks: their indices.
        rows: dimension of their sites together.
        forth: brings their sites to the front, from the order that the group before left.
        back: the way back.
    """

    blocks: tuple[int, ...]
    rows: int
    forth: Turn
    back: Turn


class DenseOverlap:
    """Overlap of a circuit with a fixed target, and its derivative by every block.

    The layout (pairs, initial state) is that of ``ansatz``; the gates are given at each call. Cost
    and memory grow as ``2 ** n`` (``4 ** n`` for an operator) times the number of blocks.

    Attributes:
        accuracy: of the last evaluation; this engine does not truncate.
    """

    accuracy = EXACT

    def __init__(self, ansatz: Ansatz, target: MPS) -> None:
        self._num_blocks = ansatz.num_blocks
        self._start = _product(ansatz.initial)
        self._groups, order = _grouped(ansatz)
        axes = _num_axes(ansatz)
        end = Turn.between(range(axes), order)
        self._bra = end(_dense(target).conj(), 1).ravel()

    def value(self, gates: ComplexArray) -> complex:
        """The overlap ``<target|V|0>`` for gates (num_blocks, 4, 4)."""
        state = self._start
        for group in self._groups:
            state = _matrix(gates, group) @ group.forth(state, group.rows)
        return complex(np.dot(self._bra, state.ravel()))

    def value_and_environments(self, gates: ComplexArray) -> tuple[complex, ComplexArray]:
        """The overlap and its derivatives (num_blocks, 4, 4) by the entries of all gates."""
        matrices = [_matrix(gates, group) for group in self._groups]
        before: list[ComplexArray] = []
        state = self._start
        for group, matrix in zip(self._groups, matrices, strict=True):
            before.append(group.forth(state, group.rows))
            state = matrix @ before[-1]
        overlap = complex(np.dot(self._bra, state.ravel()))
        environments = np.empty((self._num_blocks, 4, 4), dtype=complex)
        bra = self._bra
        for group, matrix in zip(reversed(self._groups), reversed(matrices), strict=True):
            rows = bra.reshape(group.rows, -1)
            derivative = rows @ before.pop().T
            for place, block in enumerate(group.blocks):
                environments[block] = _share(derivative, gates, group.blocks, place)
            bra = group.back(matrix.T @ rows, 1).ravel()
        return overlap, environments


def num_groups(ansatz: Ansatz) -> int:
    """How many products one pass through the circuit takes."""
    layers = layers_of(ansatz.bonds, ansatz.rights)
    return sum(-(-len(layer.blocks) // BLOCKS_AT_ONCE) for layer in layers)


def _grouped(ansatz: Ansatz) -> tuple[list[Group], list[int]]:
    """The groups in time order, and the order of the axes behind the last one."""
    step = 2 if ansatz.is_operator else 1
    order = list(range(_num_axes(ansatz)))
    groups = []
    for layer in layers_of(ansatz.bonds, ansatz.rights):
        blocks: list[int] = layer.blocks.tolist()
        for first in range(0, len(blocks), BLOCKS_AT_ONCE):
            chosen = tuple(blocks[first : first + BLOCKS_AT_ONCE])
            front = [step * site for block in chosen for site in ansatz.pairs[block]]
            after = front + [axis for axis in order if axis not in front]
            groups.append(
                Group(
                    blocks=chosen,
                    rows=4 ** len(chosen),
                    forth=Turn.between(order, after),
                    back=Turn.between(after, order),
                )
            )
            order = after
    return groups, order


def _num_axes(ansatz: Ansatz) -> int:
    return ansatz.num_qubits * (2 if ansatz.is_operator else 1)


def _matrix(gates: ComplexArray, group: Group) -> ComplexArray:
    """The product of the gates of a group, on all their sites."""
    return reduce(_kron, (gates[block] for block in group.blocks))


def _share(
    derivative: ComplexArray, gates: ComplexArray, blocks: tuple[int, ...], place: int
) -> ComplexArray:
    """The derivative by one block of a group, from that by their product."""
    ahead = reduce(_kron, (gates[b] for b in blocks[:place]), np.ones((1, 1), dtype=complex))
    behind = reduce(_kron, (gates[b] for b in blocks[place + 1 :]), np.ones((1, 1), dtype=complex))
    a, c = len(ahead), len(behind)
    spread = derivative.reshape(a, 4, c, a, 4, c)
    share: ComplexArray = np.einsum("apcbqd,ab,cd->pq", spread, ahead, behind)
    return share


def _kron(a: ComplexArray, b: ComplexArray) -> ComplexArray:
    product: ComplexArray = a[:, None, :, None] * b[None, :, None, :]
    return product.reshape(len(a) * len(b), -1)


def _product(vectors: NDArray[np.complex128]) -> ComplexArray:
    """The product state of one vector per site, the first site most significant."""
    return reduce(np.multiply.outer, vectors, np.ones(1, dtype=complex)).ravel()


def _dense(mps: MPS) -> ComplexArray:
    """The statevector of an MPS, the first site most significant."""
    state = np.ones((1, 1), dtype=complex)
    for tensor in mps.tensors:
        state = np.tensordot(state, tensor, axes=(1, 0)).reshape(-1, tensor.shape[2])
    return state[:, 0]
