"""Two-sample tests: can a classifier tell generated circuits from held-out real ones?

Cross-validated gradient boosting on structural features, the gate histogram and its bigrams
(arXiv:1610.06545). An AUC of 0.5 means it cannot. The *floor* is the same test between two halves
of the real circuits. Circuits of one group (angles and levels of one instance) are never split
between training and testing folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.normal import NormalCircuit
from qtools.errors import MissingDependencyError
from qtools.generate.verify.statistics import Estimate, bootstrap
from qtools.generate.verify.structure import Matrix, feature_matrix
from qtools.generate.vocabulary import OP_IDS, OP_NAMES

_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class TwoSampleReport:
    """Area under the ROC curve of the classifier.

    Attributes:
        auc: generated against held-out real, with a bootstrap interval.
        floor: one half of the real circuits against the other.
    """

    auc: Estimate
    floor: Estimate


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
    angles = [p for op in circuit.operations for p in op.params]
    distinct = len(set(angles)) / max(1, len(angles))
    return np.array([*counts, *moves, distinct])


def two_sample_test(
    generated: Matrix,
    real: Matrix,
    *,
    groups: Sequence[str] | None = None,
    seed: int = 0,
) -> TwoSampleReport:
    """Test two feature matrices; see the module's docstring.

    Args:
        generated, real: (N, F) and (M, F); the larger is cut to the size of the smaller.
        groups: of the real circuits; each its own when None.
        seed: of folds, cuts and trees.

    Raises:
        MissingDependencyError: scikit-learn is not installed.
    """
    rng = np.random.default_rng(seed)
    names = list(groups) if groups is not None else [str(i) for i in range(len(real))]
    size = min(len(generated), len(real))
    chosen = np.sort(rng.permutation(len(real))[:size])
    a = generated[rng.permutation(len(generated))[:size]]
    auc = _cross_validated(
        np.concatenate([a, real[chosen]]),
        np.repeat([1, 0], size),
        [f"generated {i}" for i in range(size)] + [names[i] for i in chosen],
        rng,
    )
    labels = _halves(names, rng)
    return TwoSampleReport(auc=auc, floor=_cross_validated(real, labels, names, rng))


def _halves(groups: Sequence[str], rng: np.random.Generator) -> NDArray[np.int64]:
    """A random half of the groups."""
    distinct = sorted(set(groups))
    side = dict(zip(distinct, rng.permutation(len(distinct)) % 2, strict=True))
    return np.array([side[group] for group in groups], dtype=np.int64)


def _cross_validated(
    x: Matrix, labels: NDArray[np.int64], groups: Sequence[str], rng: np.random.Generator
) -> Estimate:
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedGroupKFold
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("scikit-learn", extra="generate") from error
    seed = int(rng.integers(1 << 31))
    folds = StratifiedGroupKFold(n_splits=_FOLDS, shuffle=True, random_state=seed)
    scores = np.zeros(len(labels))
    for train, test in folds.split(x, labels, groups):
        model = HistGradientBoostingClassifier(max_iter=150, random_state=seed)
        scores[test] = model.fit(x[train], labels[train]).predict_proba(x[test])[:, 1]

    # Whole groups are drawn again: circuits of one instance are not independent.
    members: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    parts = [np.array(part) for part in members.values()]

    def auc(picked_groups: NDArray[np.int64]) -> float:
        picked = np.concatenate([parts[group] for group in picked_groups])
        both = len(set(labels[picked].tolist())) == 2
        return float(roc_auc_score(labels[picked], scores[picked])) if both else 0.5

    return bootstrap(auc, len(parts), rng)
