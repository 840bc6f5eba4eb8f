"""Rates and means with intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Z = 1.959963984540054


def spread(total: int, most: int | None) -> list[int]:
    """At most so many places of ``total``, evenly from first to last; all if None.

    Sets come in some order, by family or by size: their beginning is not like the rest.
    """
    if most is None or most >= total:
        return list(range(total))
    return [int(place) for place in np.linspace(0, total - 1, most)]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A fraction of counted things, with Wilson's 95 % interval."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """The fraction; not a number for nothing counted."""
        return self.count / self.total if self.total else math.nan

    def interval(self) -> tuple[float, float]:
        """Wilson's score interval (J. Am. Stat. Assoc. 22, 209 (1927))."""
        if not self.total:
            return math.nan, math.nan
        p, n = self.value, self.total
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with a 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def bootstrap(
    statistic: Callable[[NDArray[np.int64]], float],
    size: int,
    rng: np.random.Generator,
    *,
    repeats: int = 200,
) -> Estimate:
    """Percentile bootstrap of ``statistic(indices)`` over ``size`` items."""
    draws = [statistic(rng.integers(0, size, size)) for _ in range(repeats)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(value=statistic(np.arange(size)), low=float(low), high=float(high))
