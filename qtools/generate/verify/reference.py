"""The real circuits that a set is compared with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from qtools.circuits import qasm2
from qtools.circuits.normal import NormalCircuit
from qtools.datasets.corpus import Corpus
from qtools.errors import BadInputError
from qtools.generate.verify.classifier import classifier_matrix
from qtools.generate.verify.novelty import TrainingIndex
from qtools.generate.verify.structure import Matrix, feature_matrix

#: Held-out circuits that sets are compared with at most.
MAX_HELD_OUT = 1000
_COLUMNS = (
    "id",
    "qasm",
    "family",
    "group",
    "parameters",
    "level",
    "gate_set",
    "num_qubits",
    "fingerprint",
)
_ABSTRACT = "alg"
_SEED = 2402


@dataclass(frozen=True, kw_only=True)
class RealCircuits:
    """Circuits of one split.

    Attributes:
        names: ids in the corpus.
        circuits: in normal form.
        families, groups: families, and instances (circuits of one differ in angles and level).
    """

    names: tuple[str, ...]
    circuits: tuple[NormalCircuit, ...]
    families: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.circuits)

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]]) -> "RealCircuits":
        """The circuits of rows of a corpus."""
        return cls(
            names=tuple(row["id"] for row in rows),
            circuits=tuple(qasm2.loads(row["qasm"]) for row in rows),
            families=tuple(row["family"] for row in rows),
            groups=tuple(row["group"] for row in rows),
        )

    def some(self, count: int) -> "RealCircuits":
        """So many of them at random, always the same; all if there are fewer."""
        if count >= len(self):
            return self
        rng = np.random.default_rng(_SEED)
        picked = np.sort(rng.choice(len(self), count, replace=False)).tolist()
        return RealCircuits(
            names=tuple(self.names[i] for i in picked),
            circuits=tuple(self.circuits[i] for i in picked),
            families=tuple(self.families[i] for i in picked),
            groups=tuple(self.groups[i] for i in picked),
        )


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Real circuits that a set is compared with; make it with :meth:`read`.

    Attributes:
        training: the split ``train``.
        held_out: circuits of the split ``test``, what sets are compared with.
        yardstick: circuits of the split ``validation``: real ones that are compared with
            ``held_out`` as a set is, to show what figures real circuits get.
        fixed: families that have one circuit per size (and level) in the corpus.
    """

    training: RealCircuits
    held_out: RealCircuits
    yardstick: RealCircuits
    fixed: frozenset[str]

    @classmethod
    def read(cls, path: Path, *, most: int = MAX_HELD_OUT) -> "Reference":
        """Read a corpus.

        Args:
            path: its directory.
            most: held-out circuits to compare with.

        Raises:
            BadInputError: no corpus, or no test circuits.
        """
        corpus = Corpus.open(path)
        rows = {
            split: list(corpus.rows(split, columns=list(_COLUMNS)))
            for split in ("train", "test", "validation")
        }
        for split in ("train", "test"):
            if not rows[split]:
                raise BadInputError(f"expected circuits in the split {split!r} of {path}, got none")
        return cls(
            training=RealCircuits.of(rows["train"]),
            held_out=RealCircuits.of(rows["test"]).some(most),
            yardstick=RealCircuits.of(rows["validation"]).some(most),
            fixed=fixed_families([*rows["train"], *rows["test"]]),
        )

    @cached_property
    def index(self) -> TrainingIndex:
        """Of the training circuits."""
        return TrainingIndex.of(self.training.circuits)

    @cached_property
    def features(self) -> Matrix:
        """Structural features of the held-out circuits."""
        return feature_matrix(self.held_out.circuits)

    @cached_property
    def classifier_features(self) -> Matrix:
        """What the two-sample test by boosting sees of the held-out circuits."""
        return classifier_matrix(self.held_out.circuits)


def fixed_families(rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Families with one circuit per size.

    They have no parameters but the number of qubits, and one circuit (modulo relabelling) for each
    number of them, level and gate set. What a transpiler made of a circuit may vary with its seed,
    so the algorithmic level decides where there is one.
    """
    varied = {r["family"] for r in rows if set(json.loads(r["parameters"])) - {"num_qubits"}}
    abstract = {row["family"] for row in rows if row["level"] == _ABSTRACT}
    first: dict[tuple[Any, ...], str] = {}
    for row in rows:
        if row["level"] == _ABSTRACT or row["family"] not in abstract:
            key = tuple(row[name] for name in ("family", "level", "gate_set", "num_qubits"))
            if first.setdefault(key, row["fingerprint"]) != row["fingerprint"]:
                varied.add(row["family"])
    return frozenset(row["family"] for row in rows) - varied
