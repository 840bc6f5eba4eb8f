"""The trunk as it reads growing circuits, told one set of conditions."""

from collections.abc import Sequence

import torch
from torch import Tensor

from qtools.generate.model.decoder import Decoder
from qtools.generate.model.network import CircuitModel


class Reader:
    """Reads B circuits in step under the conditions that it is told.

    Args:
        model: trunk and embeddings; read, never written.
        conditions: condition ids of each circuit.
        first_BD: embedding of the first row of each.
    """

    def __init__(
        self, model: CircuitModel, conditions: Sequence[tuple[int, ...]], first_BD: Tensor
    ) -> None:
        self._told = model.embed_conditions(torch.tensor(conditions))
        self._decoder = Decoder(model.trunk, len(conditions))
        self._next = first_BD + self._told

    def state(self) -> Tensor:
        """(B, D) state after the rows read so far."""
        return self._decoder.step(self._next)

    def read(self, x_BD: Tensor) -> None:
        """Take in the embedding of one more row per circuit."""
        self._next = x_BD + self._told

    def keep(self, chosen: Tensor) -> None:
        """Keep only the circuits at these places."""
        self._told, self._next = self._told[chosen], self._next[chosen]
        self._decoder.keep(chosen)
