"""Random choices under masks, each circuit from its own stream of random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qtools.errors import BadInputError
from qtools.generate.language.vocabulary import NUM_COLUMNS

_BLOCK = 64
_SMALLEST = 1e-280
#: Beyond this circuits are of no family at all.
MOST_GUIDANCE = 10.0


@dataclass(frozen=True, kw_only=True)
class Temper:
    """How the model's distribution is sharpened.

    Attributes:
        temperature: logits are divided by it.
        top_p: only the likeliest values that make up this probability are kept, per cell.
        cutoff: only values at least this fraction as likely as a typical one are kept, per cell:
            ``p >= cutoff exp(-entropy)``, the part of eta-sampling (arXiv:2210.15191) that
            depends on the distribution.
        min_p: only values at least this fraction as likely as the likeliest are kept, per cell
            (arXiv:2407.01082).
        guidance: how much more a circuit is to be of its family than the model by itself makes
            it; see :func:`guided`. More than 0 takes twice the time.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    cutoff: float = 0.0
    min_p: float = 0.0
    guidance: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.guidance <= MOST_GUIDANCE:
            raise BadInputError(
                f"expected guidance from 0 to {MOST_GUIDANCE:g}, got {self.guidance}"
            )
        shares = (self.cutoff, self.min_p)
        if not (self.temperature > 0 and 0 < self.top_p <= 1 and all(0 <= x <= 1 for x in shares)):
            raise BadInputError(
                "expected a positive temperature, a top-p in (0, 1], a cutoff and a min-p in "
                f"[0, 1], got {self.temperature}, {self.top_p}, {self.cutoff} and {self.min_p}"
            )


#: What is used unless told otherwise. Rare slips add up over a circuit; where the model is sure
#: they are cut, and where many values are equally right all of them stay, which top-p cannot do.
#: Nor can min-p where one value is likely and many others share the rest, such as an angle that
#: repeats the one before or is new: it cuts all that are new.
USUAL = Temper(cutoff=0.2)


class Streams:
    """One stream of uniform numbers per circuit, the same whatever else is in the batch.

    Args:
        seed: of the request.
        indices: numbers of the circuits within the request.
    """

    def __init__(self, seed: int, indices: Sequence[int]) -> None:
        self._generators = [
            np.random.Generator(np.random.Philox(key=[seed & (2**64 - 1), index]))
            for index in indices
        ]
        self._block = np.empty((0, 0, 0))
        self._place = _BLOCK

    def next_row(self) -> Tensor:
        """(B, NUM_COLUMNS) uniform numbers in [0, 1), one per cell of a row."""
        if self._place == _BLOCK:
            draws = [g.random((_BLOCK, NUM_COLUMNS)) for g in self._generators]
            self._block, self._place = np.stack(draws), 0
        row = torch.from_numpy(self._block[:, self._place].copy())
        self._place += 1
        return row

    def keep(self, chosen: Tensor) -> None:
        """Keep only the circuits at these places."""
        places = chosen.tolist()
        self._generators = [self._generators[place] for place in places]
        self._block = self._block[places]


def guided(told: Tensor, untold: Tensor, guidance: float) -> Tensor:
    """(M, V) logits moved away from what the model would do if it were not told the family.

    Classifier-free guidance (arXiv:2207.12598): ``told + guidance (told - untold)`` in logarithms
    of probabilities, which weighs every value by how much it speaks for the family.
    """
    told, untold = (torch.log_softmax(logits.double(), dim=1) for logits in (told, untold))
    moved = told + guidance * (told - untold)
    return torch.where(torch.isfinite(told) & torch.isfinite(untold), moved, float("-inf"))


def choose(logits: Tensor, mask: Tensor, uniform: Tensor, temper: Temper) -> tuple[Tensor, Tensor]:
    """One value per circuit by inversion of the masked distribution.

    Args:
        logits: (B, V).
        mask: (B, V) legal values, at least one per circuit.
        uniform: (B,) in [0, 1).
        temper: sharpening, applied after masking.

    Returns:
        (B,) choices and (B,) the probability that the mask removed, before sharpening.
    """
    raw = logits.double()
    weights = (raw - raw.max(1, keepdim=True).values).exp()
    chances = torch.where(mask, weights, 0.0)
    kept = chances.sum(1)
    removed = 1 - kept / weights.sum(1)
    # Far below the rest what is legal underflows; sharpening needs the logits again.
    if temper.temperature != 1 or bool((kept < _SMALLEST).any()):
        chances = _chances_of_legal(raw, mask, temper.temperature)
    if temper.cutoff > 0:
        chances = chances / chances.sum(1, keepdim=True)
        typical = torch.exp(-torch.special.entr(chances).sum(1, keepdim=True))
        # The likeliest is at least as likely as a typical one, up to rounding.
        least = (temper.cutoff * typical).minimum(chances.max(1, keepdim=True).values)
        chances = torch.where(chances >= least, chances, 0.0)
    if temper.min_p > 0:
        least = temper.min_p * chances.max(1, keepdim=True).values
        chances = torch.where(chances >= least, chances, 0.0)
    if temper.top_p < 1:
        chances = _nucleus(chances / chances.sum(1, keepdim=True), temper.top_p)
    summed = chances.cumsum(1)
    target = uniform[:, None] * summed[:, -1:]
    picked = (summed <= target).sum(1)
    beyond = picked == chances.shape[1]
    if bool(beyond.any()):
        # Rounding left the target at the very end; the last possible value is meant.
        last = chances.shape[1] - 1 - (chances > 0).flip(1).long().argmax(1)
        picked = torch.where(beyond, last, picked)
    return picked, removed.clamp(0, 1)


def _chances_of_legal(logits: Tensor, mask: Tensor, temperature: float) -> Tensor:
    """(B, V) softmax of what is legal alone: defined even when the model gives it nothing."""
    legal = logits.masked_fill(~mask, float("-inf"))
    chances = torch.softmax(legal / temperature, dim=1).nan_to_num()
    lost = ~(chances > 0).any(1, keepdim=True)
    return torch.where(mask & lost, 1.0, chances)


def _nucleus(chances: Tensor, top_p: float) -> Tensor:
    ordered, order = chances.sort(dim=1, descending=True, stable=True)
    before = ordered.cumsum(1) - ordered
    kept = torch.where(before < top_p, ordered, 0.0)
    return torch.zeros_like(chances).scatter(1, order, kept)
