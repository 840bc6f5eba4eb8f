"""Circuits of general two-qubit blocks on the bonds of a chain."""

from dataclasses import dataclass

import numpy as np

from qtools.compile.mps import ComplexArray


@dataclass(frozen=True, kw_only=True)
class Ansatz:
    """Two-qubit blocks applied in time order to a product state.

    Attributes:
        initial: (num_qubits, 2), the product state that the blocks act on.
        bonds: left site of each block, in time order; block ``b`` acts on qubits
            ``(bonds[b], bonds[b] + 1)``.
        gates: (num_blocks, 4, 4), unitary of each block, row ``2 * out_i + out_j`` and column
            ``2 * in_i + in_j`` for qubits ``(i, j) = (bonds[b], bonds[b] + 1)``.
        frozen: the first ``frozen`` blocks are part of the given preparation and are not optimised.
    """

    initial: ComplexArray
    bonds: tuple[int, ...]
    gates: ComplexArray
    frozen: int = 0

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return len(self.initial)

    @property
    def num_blocks(self) -> int:
        """Number of two-qubit blocks, frozen ones included."""
        return len(self.bonds)

    def with_gates(self, gates: ComplexArray) -> "Ansatz":
        """The same layout with other gates."""
        return Ansatz(
            initial=self.initial,
            bonds=self.bonds,
            gates=np.asarray(gates, dtype=complex),
            frozen=self.frozen,
        )
