"""Two-sample tests: can a classifier tell generated circuits from held-out real ones?

Cross-validated gradient boosting on structural features, the gate histogram and what follows what
(arXiv:1610.06545); angles are compared as finely as rows can write them. An AUC of 0.5 means it
cannot. The *floor* is the same test between two halves of the real circuits. Circuits of one group
(angles and levels of one instance) are never split between training and testing folds, and
intervals come from drawing whole groups again: circuits of one instance are not independent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.normal import NormalCircuit
from qtools.errors import MissingDependencyError
from qtools.generate.language.angles import written
from qtools.generate.language.vocabulary import OP_IDS, OP_NAMES
from qtools.generate.verify.statistics import Estimate, bootstrap
from qtools.generate.verify.structure import Matrix, feature_matrix

_FOLDS = 5
_ROC_POINTS = 65
#: Circuits in a leaf of a tree, at least; fewer where there are less than ten times as many.
_LEAF = 20
Labels = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Separation:
    """How well scores tell two labels apart.

    Attributes:
        auc: area under the ROC curve, with a bootstrap interval.
        roc: (false, true positive rate), from (0, 0) to (1, 1).
        confusion: ((real called real, real called generated), (generated called real, generated
            called generated)), at the threshold that calls half of all generated.
    """

    auc: Estimate
    roc: tuple[tuple[float, float], ...]
    confusion: tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class TwoSampleReport:
    """What a classifier makes of generated against held-out real circuits.

    Attributes:
        auc: area under its ROC curve, with a bootstrap interval.
        floor: one half of the real circuits against the other; None where it was not asked for.
        roc, confusion: see :class:`Separation`.
    """

    auc: Estimate
    floor: Estimate | None
    roc: tuple[tuple[float, float], ...]
    confusion: tuple[tuple[int, int], tuple[int, int]]

    @classmethod
    def of(cls, against: Separation, floor: Separation | None) -> "TwoSampleReport":
        """The report of both tests."""
        return cls(
            auc=against.auc,
            floor=floor.auc if floor else None,
            roc=against.roc,
            confusion=against.confusion,
        )


def classifier_matrix(circuits: Sequence[NormalCircuit]) -> Matrix:
    """(circuits, F): structural features, gate fractions, and what follows what on a circuit."""
    histogram = np.array([_histogram(circuit) for circuit in circuits])
    return np.concatenate([feature_matrix(circuits), histogram], axis=1)


def _histogram(circuit: NormalCircuit) -> NDArray[np.float64]:
    ops = [OP_IDS.get(op.name, OP_IDS["barrier_all"]) for op in circuit.operations]
    counts = np.bincount(ops, minlength=len(OP_NAMES)) / max(1, len(ops))
    firsts = [op.qubits[0] for op in circuit.operations if op.is_gate]
    steps = np.diff(firsts) if len(firsts) > 1 else np.zeros(1)
    moves = [float((steps == step).mean()) for step in (-1, 0, 1)]
    return np.array([*counts, *moves, _distinct_angles(circuit)])


def _distinct_angles(circuit: NormalCircuit) -> float:
    """Fraction of the angles that are distinct, as finely as rows can tell them apart.

    Compared to the last bit, rounding errors of whoever made the real circuits would give them
    away: a model has one angle where they have two that differ by 1e-16.
    """
    angles = [angle for op in circuit.operations for angle in op.params]
    return len({written(angle) for angle in set(angles)}) / max(1, len(angles))


def two_sample_test(
    generated: Matrix,
    real: Matrix,
    *,
    groups: Sequence[str] | None = None,
    generated_groups: Sequence[str] | None = None,
    with_floor: bool = True,
    seed: int = 0,
) -> TwoSampleReport:
    """Test two feature matrices; see the module's docstring.

    Args:
        generated, real: (N, F) and (M, F); the larger is cut to the size of the smaller.
        groups: of the real circuits; each its own when None.
        generated_groups: of the generated ones, for circuits asked for by the conditions of real
            ones: a circuit and the one it was asked to be like must not be told apart by a model
            that has seen either. Each its own when None.
        with_floor: also tell one half of the real circuits from the other.
        seed: of folds, cuts and trees.

    Raises:
        MissingDependencyError: scikit-learn is not installed.
    """
    rng = np.random.default_rng(seed)
    names = list(groups) if groups is not None else [str(i) for i in range(len(real))]
    pair = paired(len(generated), generated_groups, names, rng)
    x = np.concatenate([generated[pair.generated], real[pair.real]])
    against = _separate(x, pair.labels, pair.groups, rng)
    floor = _separate(real, halves(names, rng), names, rng) if with_floor else None
    return TwoSampleReport.of(against, floor)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Equally many generated and real circuits.

    Attributes:
        generated, real: (K,) places in either set.
        labels: (2 K,) 1 for generated, which come first.
        groups: (2 K,) of the generated, then of the real circuits.
    """

    generated: Labels
    real: Labels
    labels: Labels
    groups: list[str]


def paired(
    count: int, made: Sequence[str] | None, groups: Sequence[str], rng: np.random.Generator
) -> Pair:
    """Cut ``count`` generated and all real circuits at random to the size of the smaller set.

    Args:
        count: of generated circuits.
        made: their groups; each its own when None.
        groups: of the real ones.
        rng: decides which stay.
    """
    size = min(count, len(groups))
    real = np.sort(rng.permutation(len(groups))[:size])
    generated = rng.permutation(count)[:size]
    own = [made[i] for i in generated] if made else [f"generated {i}" for i in range(size)]
    names = own + [groups[i] for i in real]
    return Pair(generated=generated, real=real, labels=np.repeat([1, 0], size), groups=names)


def halves(groups: Sequence[str], rng: np.random.Generator) -> Labels:
    """(circuits,) 0 or 1: a random half of the groups."""
    distinct = sorted(set(groups))
    side = dict(zip(distinct, rng.permutation(len(distinct)) % 2, strict=True))
    return np.array([side[group] for group in groups], dtype=np.int64)


def folds(labels: Labels, groups: Sequence[str], seed: int) -> Iterator[tuple[Labels, Labels]]:
    """Places to train on and to test on, five times; groups are kept together.

    Raises:
        MissingDependencyError: scikit-learn is not installed.
    """
    try:
        from sklearn.model_selection import StratifiedGroupKFold
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("scikit-learn", extra="generate") from error
    splitter = StratifiedGroupKFold(n_splits=_FOLDS, shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(labels)), labels, groups)


def separation(
    labels: Labels, scores: Matrix, groups: Sequence[str], rng: np.random.Generator
) -> Separation:
    """Judge held-out scores."""
    from sklearn.metrics import roc_auc_score, roc_curve

    members: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    parts = [np.array(part) for part in members.values()]

    def auc(picked_groups: Labels) -> float:
        picked = np.concatenate([parts[group] for group in picked_groups])
        both = len(set(labels[picked].tolist())) == 2
        return float(roc_auc_score(labels[picked], scores[picked])) if both else 0.5

    false, true, _ = roc_curve(labels, scores)
    grid = np.linspace(0, 1, _ROC_POINTS)
    called = (scores > np.median(scores)).astype(np.int64)
    counts = [[int(((labels == a) & (called == b)).sum()) for b in (0, 1)] for a in (0, 1)]
    return Separation(
        auc=bootstrap(auc, len(parts), rng),
        roc=((0.0, 0.0), *zip(grid.tolist(), np.interp(grid, false, true).tolist(), strict=True)),
        confusion=((counts[0][0], counts[0][1]), (counts[1][0], counts[1][1])),
    )


def _separate(
    x: Matrix, labels: Labels, groups: Sequence[str], rng: np.random.Generator
) -> Separation:
    seed = int(rng.integers(1 << 31))
    scores = np.zeros(len(labels))
    for train, test in folds(labels, groups, seed):
        from sklearn.ensemble import HistGradientBoostingClassifier

        # With as many as usual no leaf of a small set could be split, and every AUC would be 0.5.
        leaf = min(_LEAF, max(1, len(train) // 10))
        model = HistGradientBoostingClassifier(
            max_iter=150, min_samples_leaf=leaf, random_state=seed
        )
        scores[test] = model.fit(x[train], labels[train]).predict_proba(x[test])[:, 1]
    return separation(labels, scores, groups, rng)
