"""Structural features of two sets of circuits, and how far apart their distributions are.

Distances: per feature Wasserstein's in units of the reference's standard deviation; over all
features the maximum mean discrepancy with a Gaussian kernel whose bandwidth is the median distance
within the reference (fixed on real data, so that sets are comparable), and density and coverage
(arXiv:2002.09797).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from qtools.circuits.features import FEATURE_NAMES, features
from qtools.circuits.normal import NormalCircuit
from qtools.generate.verify.statistics import Estimate, bootstrap

_NEIGHBOURS = 5
#: Features that grow with the circuit are compared on a logarithmic scale.
_LOGARITHMIC = frozenset(
    {
        "num_qubits",
        "num_gates",
        "two_qubit_gates",
        "depth",
        "ig_diameter",
        "ig_maximal_cliques",
        "gdg_critical_path_length",
        "gdg_path_length_mean",
        "gdg_path_length_std",
        "ig_adjacency_std",
    }
)
Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StructureReport:
    """Distances of a set from a reference set.

    Attributes:
        wasserstein: per feature, in standard deviations of the reference.
        mean_wasserstein: their mean.
        mmd: squared maximum mean discrepancy, unbiased estimate (below 0 by chance for equal sets).
        density: mean number of reference balls that hold a circuit, over the number of
            neighbours; 1 is ideal.
        coverage: fraction of reference circuits that have a circuit in their ball; 1 is ideal.
    """

    wasserstein: dict[str, Estimate]
    mean_wasserstein: float
    mmd: Estimate
    density: Estimate
    coverage: Estimate


def feature_matrix(circuits: Sequence[NormalCircuit]) -> Matrix:
    """(circuits, features); metrics over their work limit are not numbers."""
    rows = [asdict(features(circuit)) for circuit in circuits]
    return np.array(
        [[np.nan if row[n] is None else float(row[n]) for n in FEATURE_NAMES] for row in rows]
    ).reshape(-1, len(FEATURE_NAMES))


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Normalisation fixed on the reference; make it with :meth:`of`."""

    mean: Matrix
    std: Matrix

    @classmethod
    def of(cls, reference: Matrix) -> "Scale":
        """Centre and spread of the reference on its scale."""
        scaled = _logarithmic(reference)
        spread = np.nanstd(scaled, axis=0)
        return cls(mean=np.nanmean(scaled, axis=0), std=np.where(spread > 0, spread, 1.0))

    def apply(self, matrix: Matrix) -> Matrix:
        """Normalised features; what is not a number becomes the reference's mean."""
        return np.nan_to_num((_logarithmic(matrix) - self.mean) / self.std)


def compare_structure(generated: Matrix, reference: Matrix, *, seed: int = 0) -> StructureReport:
    """Distances between two feature matrices.

    Intervals come from drawing the generated circuits again, that of the coverage from drawing the
    reference again.
    """
    scale = Scale.of(reference)
    a, b = scale.apply(generated), scale.apply(reference)
    rng = np.random.default_rng(seed)
    distances = {
        name: bootstrap(partial(_wasserstein, a[:, column], b[:, column]), len(a), rng, repeats=100)
        for column, name in enumerate(FEATURE_NAMES)
    }
    within, across = _squared_distances(b, b), _squared_distances(a, b)
    radius = np.sort(within, axis=1)[:, min(_NEIGHBOURS, len(b) - 1)]
    inside = across <= radius[None, :]
    neighbours = max(1, min(_NEIGHBOURS, len(b) - 1))
    # A set drawn again has fewer different circuits and covers less, so the reference is drawn.
    covered = np.asarray(inside.any(0))
    return StructureReport(
        wasserstein=distances,
        mean_wasserstein=float(np.mean([d.value for d in distances.values()])),
        mmd=_mmd(_squared_distances(a, a), across, within, rng),
        density=bootstrap(lambda p: float(inside[p].sum(1).mean() / neighbours), len(a), rng),
        coverage=bootstrap(lambda p: float(covered[p].mean()), len(b), rng),
    )


def _mmd(aa: Matrix, ab: Matrix, bb: Matrix, rng: np.random.Generator) -> Estimate:
    """Squared MMD from squared distances, without the pairs of a circuit with itself."""
    off = np.triu_indices(len(bb), 1)
    bandwidth = float(np.median(bb[off])) if len(off[0]) else 1.0
    aa, ab, bb = (np.exp(-d / (bandwidth or 1.0)) for d in (aa, ab, bb))
    of_reference = float(bb[off].mean()) if len(off[0]) else 1.0

    def statistic(picked: NDArray[np.int64]) -> float:
        # A circuit that is drawn twice is no pair of circuits.
        pairs = picked[:, None] != picked[None, :]
        same = float((aa[np.ix_(picked, picked)] * pairs).sum() / max(1, pairs.sum()))
        return same - 2 * float(ab[picked].mean()) + of_reference

    return bootstrap(statistic, len(aa), rng, repeats=50)


def _wasserstein(a: Matrix, b: Matrix, picked: NDArray[np.int64]) -> float:
    return float(wasserstein_distance(a[picked], b))


def _logarithmic(matrix: Matrix) -> Matrix:
    logarithmic = np.array([name in _LOGARITHMIC for name in FEATURE_NAMES])
    return np.where(logarithmic, np.log1p(np.maximum(matrix, 0)), matrix)


def _squared_distances(a: Matrix, b: Matrix) -> Matrix:
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(a, b, "sqeuclidean"))
