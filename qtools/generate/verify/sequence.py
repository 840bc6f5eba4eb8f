"""The two-sample test of :mod:`qtools.generate.verify.classifier` by a small sequence model.

A transformer over statements (:mod:`qtools.generate.verify.statements`) in place of boosting on
features: it sees the order of statements and which qubits follow each other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.normal import NormalCircuit
from qtools.generate.verify.classifier import (
    Separation,
    TwoSampleReport,
    folds,
    halves,
    paired,
    separation,
)
from qtools.generate.verify.statements import LENGTH, Inputs, fit, predict, statement_inputs


def sequence_two_sample_test(
    generated: Sequence[NormalCircuit],
    real: Sequence[NormalCircuit],
    *,
    groups: Sequence[str] | None = None,
    generated_groups: Sequence[str] | None = None,
    statements: int = LENGTH,
    epochs: int = 20,
    with_floor: bool = True,
    seed: int = 0,
) -> TwoSampleReport:
    """Tell generated from held-out real circuits, cross-validated.

    Args:
        generated, real: the larger set is cut to the size of the smaller.
        groups: of the real circuits, never split between folds; each its own when None.
        generated_groups: see :func:`qtools.generate.verify.classifier.two_sample_test`.
        statements: of each circuit that the model sees; the rest is cut.
        epochs: of each fold.
        with_floor: also tell one half of the real circuits from the other.
        seed: of everything.

    Raises:
        MissingDependencyError: scikit-learn is not installed.
    """
    rng = np.random.default_rng(seed)
    names = list(groups) if groups is not None else [str(i) for i in range(len(real))]
    pair = paired(len(generated), generated_groups, names, rng)
    made = statement_inputs(generated, length=statements)[pair.generated]
    held = statement_inputs(real, length=statements)
    inputs = np.concatenate([made, held[pair.real]])
    against = _separate(inputs, pair.labels, pair.groups, epochs, rng)
    floor = None
    if with_floor:
        floor = _separate(held, halves(names, rng), names, epochs, rng)
    return TwoSampleReport.of(against, floor)


def _separate(
    inputs: Inputs,
    labels: NDArray[np.int64],
    groups: Sequence[str],
    epochs: int,
    rng: np.random.Generator,
) -> Separation:
    seed = int(rng.integers(1 << 31))
    scores = np.zeros(len(labels))
    for train, test in folds(labels, groups, seed):
        model = fit(inputs[train], labels[train], epochs=epochs, seed=seed)
        # Folds are scored by models of their own; ranks make their scores comparable.
        scores[test] = predict(model, inputs[test]).argsort().argsort() / max(1, len(test) - 1)
    return separation(labels, scores, groups, rng)
