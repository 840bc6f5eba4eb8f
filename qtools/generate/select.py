"""A benchmark suite: circuits that cover the space of features evenly.

Greedy k-centre (Gonzalez 1985): start from the circuit nearest to the middle, then always take the
one that is farthest from all taken. The largest distance from any circuit to its nearest taken one
is at most twice the best possible.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.errors import BadInputError
from qtools.generate.verify.structure import Matrix, Scale

_RANDOM_PICKS = 20


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Chosen circuits and how well they cover all.

    Attributes:
        chosen: (k,) places, in the order taken.
        radius: largest distance of a circuit to the nearest chosen one, in standard deviations
            of the features.
        random_radius: the same for as many random circuits, mean over 20 picks.
    """

    chosen: NDArray[np.int64]
    radius: float
    random_radius: float


def select(features: Matrix, count: int, *, seed: int = 0) -> Selection:
    """Choose ``count`` rows of a feature matrix by greedy k-centre.

    Raises:
        BadInputError: there are fewer rows than that.
    """
    if not 1 <= count <= len(features):
        raise BadInputError(
            f"expected to choose 1 to {len(features)} circuits, got {count}; sample more"
        )
    points = Scale.of(features).apply(features)
    first = int(np.argmin((points**2).sum(1)))
    chosen = [first]
    nearest = _distances(points, first)
    while len(chosen) < count:
        farthest = int(np.argmax(nearest))
        chosen.append(farthest)
        nearest = np.minimum(nearest, _distances(points, farthest))
    rng = np.random.default_rng(seed)
    radii = [
        _radius(points, rng.choice(len(points), count, replace=False)) for _ in range(_RANDOM_PICKS)
    ]
    return Selection(
        chosen=np.array(chosen), radius=float(nearest.max()), random_radius=float(np.mean(radii))
    )


def _distances(points: Matrix, place: int) -> Matrix:
    return np.asarray(np.sqrt(((points - points[place]) ** 2).sum(1)))


def _radius(points: Matrix, chosen: NDArray[np.int64]) -> float:
    nearest = np.min([_distances(points, int(place)) for place in chosen], axis=0)
    return float(nearest.max())
