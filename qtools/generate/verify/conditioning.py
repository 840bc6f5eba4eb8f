"""Are conditions obeyed? Hard ones by counting, the family by a classifier.

The family classifier is gradient boosting on the features of
:func:`qtools.generate.verify.classifier.classifier_matrix`, trained on real circuits; its accuracy
on held-out real circuits bounds what can be said about generated ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtools.circuits.normal import NormalCircuit
from qtools.errors import MissingDependencyError
from qtools.generate.limits import Limits
from qtools.generate.verify.classifier import classifier_matrix
from qtools.generate.verify.statistics import Rate


@dataclass(frozen=True, kw_only=True)
class Obedience:
    """How often hard conditions were met."""

    qubits: Rate
    gate_set: Rate
    gate_budget: Rate


def check_limits(circuits: Sequence[NormalCircuit], limits: Sequence[Limits]) -> Obedience:
    """Count the circuits that meet their limits."""
    pairs = list(zip(circuits, limits, strict=True))
    names = [[gate.name for gate in circuit.gates()] for circuit in circuits]
    budgets = [
        limit.min_gates <= len(found) <= limit.max_gates
        for found, limit in zip(names, limits, strict=True)
    ]
    sets = [set(found) <= set(limit.gates) for found, limit in zip(names, limits, strict=True)]
    return Obedience(
        qubits=_rate([circuit.num_qubits == limit.num_qubits for circuit, limit in pairs]),
        gate_set=_rate(sets),
        gate_budget=_rate(budgets),
    )


@dataclass(frozen=True, kw_only=True)
class FamilyAgreement:
    """Agreement of a family classifier with what was asked.

    Attributes:
        real: its accuracy on held-out real circuits.
        generated: how often it names the family that was asked for.
        by_family: the same per family.
    """

    real: Rate
    generated: Rate
    by_family: dict[str, Rate]


def check_families(
    train: tuple[Sequence[NormalCircuit], Sequence[str]],
    held_out: tuple[Sequence[NormalCircuit], Sequence[str]],
    generated: tuple[Sequence[NormalCircuit], Sequence[str]],
    *,
    seed: int = 0,
) -> FamilyAgreement:
    """Train the classifier on real circuits and judge the generated ones.

    Args:
        train, held_out: real circuits with their families.
        generated: circuits with the families that were asked for.
        seed: of the classifier.

    Raises:
        MissingDependencyError: scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("scikit-learn", extra="generate") from error
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, early_stopping=False, random_state=seed
    )
    model.fit(classifier_matrix(train[0]), np.array(train[1]))
    known = set(train[1])
    real = [(circuit, family) for circuit, family in zip(*held_out, strict=True) if family in known]
    on_real = model.predict(classifier_matrix([circuit for circuit, _ in real]))
    on_generated = model.predict(classifier_matrix(generated[0]))
    hits = [bool(a == b) for a, b in zip(on_generated, generated[1], strict=True)]
    by_family = {
        family: _rate([hit for hit, name in zip(hits, generated[1], strict=True) if name == family])
        for family in sorted(set(generated[1]))
    }
    return FamilyAgreement(
        real=_rate([bool(a == family) for a, (_, family) in zip(on_real, real, strict=True)]),
        generated=_rate(hits),
        by_family=by_family,
    )


def _rate(hits: Sequence[bool]) -> Rate:
    return Rate(count=sum(hits), total=len(hits))
