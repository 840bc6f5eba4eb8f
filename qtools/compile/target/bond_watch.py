"""Whether the state of an evolution will fit into memory, told long before it no longer does."""

import math
from dataclasses import dataclass, field

from qtools.errors import CapacityError

_COPIES = 8  # of the state's tensors that an update holds at once
_BYTES = 16
_FIRST_BOND = 16  # below it, growth says nothing about what is to come

# Entanglement grows at most linearly after a quench, but bonds grow faster at first: a forecast
# takes this share of the growth seen last, and so refuses only what is far out of reach.
_CAUTION = 0.5


@dataclass(kw_only=True)
class BondWatch:
    """Follows the largest bond of an evolution.

    Attributes:
        time: of the whole evolution.
        largest: bond that memory holds.
        possible: bond that the state can have at all.
    """

    time: float
    largest: int
    possible: int
    _marks: list[tuple[float, float]] = field(default_factory=list)

    @classmethod
    def over(cls, time: float, num_sites: int, dimension: int, max_memory: int) -> "BondWatch":
        """A watch over an evolution for ``time`` within ``max_memory`` bytes."""
        held = math.isqrt(max_memory // (_COPIES * _BYTES * num_sites * dimension))
        possible = dimension ** min(num_sites // 2, 64)
        return cls(time=time, largest=max(1, held), possible=possible)

    def see(self, bond: int, elapsed: float) -> None:
        """Note the bond after ``elapsed`` time.

        Raises:
            CapacityError: when it is too large, or is sure to become so.
        """
        if bond > self.largest:
            raise self._error(f"a bond of {bond} at time {elapsed:g} of {self.time:g}")
        if bond < _FIRST_BOND or (self._marks and math.log2(bond) < self._marks[-1][1] + 1.0):
            return
        self._marks.append((elapsed, math.log2(bond)))
        if len(self._marks) < 2:
            return
        (before, small), (now, large) = self._marks[-2:]
        if now > before:
            growth = _CAUTION * (large - small) / (now - before)
            forecast = min(large + growth * (self.time - now), math.log2(self.possible))
            if forecast > math.log2(self.largest) + 1.0:
                raise self._error(
                    f"a bond of about 2^{forecast:.0f} at time {self.time:g}, by its growth up to "
                    f"{now:g}"
                )

    def _error(self, what: str) -> CapacityError:
        return CapacityError(
            f"the target state needs {what}, but memory allows {self.largest}; use a shorter time, "
            "a larger tolerance, more memory, or max_bond to do with less"
        )
