"""Polar updates: every block becomes the unitary that its environment likes best.

For a block with environment ``E`` the overlap is ``o = sum(E * G) = tr(E^T G)``. With
``conj(E) = U S V^dagger`` the largest ``|o|`` of all unitaries is ``tr S``, at ``G = U V^dagger``.
:func:`jacobi` moves all blocks at once; :class:`Sweeper` one after another along the chain, each
with the environment that the blocks moved before it have made.
"""

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.exact import plan_exact
from qtools.compile.overlap.plan import Source, Step
from qtools.compile.overlap.wiring import wire


def polar(matrices: ComplexArray) -> ComplexArray:
    """The unitary nearest to each of the stacked matrices."""
    u, _, v = np.linalg.svd(matrices)
    nearest: ComplexArray = np.matmul(u, v)
    return nearest


def jacobi(
    gates: ComplexArray, overlap: complex, environments: ComplexArray, damping: float
) -> ComplexArray:
    """All blocks moved at once, each by ``1 - damping`` of the way to its polar update.

    The update is taken at the phase of the present overlap, so that all blocks pull the same way.
    """
    best = polar(environments.conj()) * (overlap / abs(overlap))
    return polar(damping * gates + (1.0 - damping) * best)


class Sweeper:
    """Gauss-Seidel sweeps over the blocks of an exact contraction, in both directions in turn.

    Attributes:
        gates: (num_blocks, 4, 4), the present blocks.
        overlap: of the present circuit with the target.
    """

    def __init__(self, ansatz: Ansatz, target: MPS) -> None:
        self.gates = ansatz.gates.copy()
        self._frozen = ansatz.frozen
        self._plan = plan_exact(ansatz, target)
        blocks = [step for step in self._plan.steps if step.source is Source.BLOCK]
        self._slots = {
            int(block): (group, row)
            for group in wire(blocks, ansatz.pairs, ansatz.initial)
            for row, block in enumerate(group.blocks)
        }
        self._matrices = [self._matrix(step, ansatz, target) for step in self._plan.steps]
        size = len(self._plan.steps)
        self._left = [np.ones(1, dtype=complex)] * (size + 1)
        self._right = [np.ones(1, dtype=complex)] * (size + 1)
        for s in reversed(range(size)):
            self._right[s] = self._backward(s)
        self.overlap = complex(self._right[0][0])

    def rise(self) -> None:
        """One sweep from the first site to the last."""
        for s in range(len(self._plan.steps)):
            self._update(s)
            self._left[s + 1] = self._forward(s)

    def fall(self) -> None:
        """One sweep from the last site to the first."""
        for s in reversed(range(len(self._plan.steps))):
            self._update(s)
            self._right[s] = self._backward(s)

    def _update(self, s: int) -> None:
        step = self._plan.steps[s]
        if step.source is not Source.BLOCK or step.index < self._frozen:
            return
        group, row = self._slots[step.index]
        x = self._left[s].reshape(step.rows, step.rest)
        y = self._right[s + 1].reshape(step.fronts, step.rest, step.columns)
        np.matmul(x, y, out=group.environments[row])
        environment = group.environment_of(row)
        self.gates[step.index] = polar(environment.conj())
        self.overlap = complex(np.sum(environment * self.gates[step.index]))
        group.load_one(row, self.gates[step.index])

    def _forward(self, s: int) -> ComplexArray:
        step = self._plan.steps[s]
        x = self._left[s].reshape(step.rows, step.rest)
        out: ComplexArray = np.matmul(x.T, self._matrices[s])
        return out.reshape(-1)

    def _backward(self, s: int) -> ComplexArray:
        step = self._plan.steps[s]
        y = self._right[s + 1].reshape(step.fronts, step.rest, step.columns)
        out: ComplexArray = np.matmul(self._matrices[s], y.swapaxes(1, 2)).sum(axis=0)
        return out.reshape(-1)

    def _matrix(self, step: Step, ansatz: Ansatz, target: MPS) -> ComplexArray:
        """The matrix (w, k, m) of a step; for a block, a view that follows its gate."""
        if step.source is Source.BLOCK:
            group, row = self._slots[step.index]
            group.load_one(row, self.gates[step.index])
            view: ComplexArray = group.matrices[row]
            return view
        if step.source is Source.TARGET:
            tensor = target.tensors[step.index].conj().transpose(1, 0, 2)
            return np.ascontiguousarray(tensor).reshape(1, step.rows, step.columns)
        if step.source is Source.INITIAL:
            vector: ComplexArray = ansatz.initial[step.index].reshape(2, 1, 1)
            return vector
        return np.eye(2, dtype=complex).reshape(1, 4, 1)
