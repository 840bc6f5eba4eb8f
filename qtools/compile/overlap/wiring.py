"""Blocks as the matrices of a contraction plan, and the way back for their environments.

A block ``G[out_i, out_j, in_i, in_j]`` becomes ``M[w, (x, y), (u, v)]``: ``x`` is its input and
``y`` its output on site ``i`` where they are legs of the boundary, ``w`` its output on ``i`` where
that opens a new leg, ``u`` its input on ``j`` and ``v`` its output on ``j``. An input that is no
leg meets the initial vector of its site.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.arrays import DOUBLE, Array, Arrays
from qtools.compile.overlap.plan import Pair, Step, Wires


@dataclass(frozen=True, kw_only=True)
class WiredBlocks:
    """All blocks of a circuit that are wired alike, converted together.

    Attributes:
        blocks: (b,) their indices.
        wires: as in :class:`Step`.
        initial: (b, 2, 2), the initial vectors of their sites ``i`` and ``j``.
        matrices: (b, w, k, m), the matrices, written by :meth:`load`.
        environments: (b, w, k, m), derivatives of the overlap by the matrices.
        arrays: of the last two.
    """

    blocks: NDArray[np.intp]
    wires: Wires
    initial: ComplexArray
    matrices: Array
    environments: Array
    arrays: Arrays

    def load(self, gates: ComplexArray) -> None:
        """Write the matrices of these blocks, given all gates (num_blocks, 4, 4)."""
        blocks = gates[self.blocks].reshape(-1, 2, 2, 2, 2)
        converted = self._convert(blocks, self.initial).reshape(self.matrices.shape)
        self.matrices[...] = self.arrays.put(converted)

    def load_one(self, row: int, gate: ComplexArray) -> None:
        """Write the matrix of one of these blocks, given its gate (4, 4)."""
        converted = self._convert(gate.reshape(1, 2, 2, 2, 2), self.initial[row : row + 1])
        self.matrices[row] = self.arrays.put(converted.reshape(self.matrices.shape[1:]))

    def store(self, environments: ComplexArray) -> None:
        """Write the environments of these blocks into the array (num_blocks, 4, 4) of all."""
        environments[self.blocks] = self._revert(self.arrays.get(self.environments), self.initial)

    def environment_of(self, row: int) -> ComplexArray:
        """The environment (4, 4) of one of these blocks."""
        picked = slice(row, row + 1)
        found = self.arrays.get(self.environments[picked])
        reverted: ComplexArray = self._revert(found, self.initial[picked])[0]
        return reverted

    def _convert(self, blocks: ComplexArray, initial: ComplexArray) -> ComplexArray:
        # Axes: b; o, v outputs on i and j; x, u inputs on i and j.
        input_open, output_open, partner_open = self.wires
        if not partner_open:
            blocks = np.einsum("bovxu,bu->bovx", blocks, initial[:, 1])[..., None]
        if not input_open:
            blocks = np.einsum("bovxu,bx->bovu", blocks, initial[:, 0])[..., None, :]
        return blocks.transpose((0, 3, 1, 4, 2) if output_open else (0, 1, 3, 4, 2))

    def _revert(self, environments: ComplexArray, initial: ComplexArray) -> ComplexArray:
        input_open, output_open, partner_open = self.wires
        x, u = 1 + input_open, 1 + partner_open
        if output_open:
            blocks = environments.reshape(-1, x, 2, u, 2).transpose(0, 2, 4, 1, 3)
        else:
            blocks = environments.reshape(-1, 2, x, u, 2).transpose(0, 1, 4, 2, 3)
        if not input_open:
            blocks = blocks * initial[:, 0][:, None, None, :, None]
        if not partner_open:
            blocks = blocks * initial[:, 1][:, None, None, None, :]
        return blocks.reshape(-1, 4, 4)


def wire(
    steps: Sequence[Step],
    pairs: Sequence[Pair],
    initial: ComplexArray,
    arrays: Arrays = DOUBLE,
) -> tuple[WiredBlocks, ...]:
    """Group the block steps of a plan by their wires; ``initial`` is (num_qubits, 2)."""
    groups: dict[Wires, list[Step]] = {}
    for step in steps:
        groups.setdefault(step.wires, []).append(step)
    wired = []
    for wires, members in groups.items():
        blocks = np.array([step.index for step in members])
        left, right = np.array([pairs[step.index] for step in members]).T
        shape = (len(members), members[0].fronts, members[0].rows, members[0].columns)
        wired.append(
            WiredBlocks(
                blocks=blocks,
                wires=wires,
                initial=np.stack([initial[left], initial[right]], axis=1),
                matrices=arrays.empty(shape),
                environments=arrays.empty(shape),
                arrays=arrays,
            )
        )
    return tuple(wired)
