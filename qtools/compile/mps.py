"""Matrix product states: the type that every compile job starts from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, kw_only=True)
class MPS:
    """A matrix product state of qubits; site ``i`` is qubit ``i``.

    Attributes:
        tensors: one array per site, axes (left bond, physical, right bond); the outer bonds of the
            first and the last tensor have dimension 1.
    """

    tensors: tuple[ComplexArray, ...]

    @property
    def num_sites(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @classmethod
    def product(cls, vectors: Sequence[ComplexArray] | ComplexArray) -> "MPS":
        """The product of one vector of length 2 per site."""
        return cls(tensors=tuple(np.asarray(v, dtype=complex).reshape(1, 2, 1) for v in vectors))
