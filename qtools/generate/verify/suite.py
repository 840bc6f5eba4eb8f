"""All checks of one set of circuits in one go, with the real circuits as yardstick."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qtools.circuits import qasm2
from qtools.circuits.normal import NormalCircuit
from qtools.console import Ticker
from qtools.datasets.corpus import Corpus
from qtools.errors import BadInputError
from qtools.generate.verify.circuits import Circuit
from qtools.generate.verify.classifier import TwoSampleReport, classifier_matrix, two_sample_test
from qtools.generate.verify.execution import ExecutionReport, verify_execution
from qtools.generate.verify.novelty import NoveltyReport, TrainingIndex, verify_novelty
from qtools.generate.verify.sequence import sequence_two_sample_test
from qtools.generate.verify.statistics import Estimate
from qtools.generate.verify.structure import StructureReport, compare_structure, feature_matrix

_MAX_TRAINING = 20_000
_MAX_REAL = 1_000
#: Fewer circuits than this cannot be told from real ones by five folds.
_MIN_TWO_SAMPLE = 20


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Real circuits that a set is compared with; make it with :meth:`read`.

    Attributes:
        held_out: circuits of the split ``test``.
        groups: their instances.
        families: their families.
        training: index of the split ``train``.
        fixed: families that have one circuit per size (and level) in the corpus.
    """

    held_out: tuple[NormalCircuit, ...]
    groups: tuple[str, ...]
    families: tuple[str, ...]
    training: TrainingIndex
    fixed: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> "Reference":
        """Read the splits ``train`` and ``test`` of a corpus.

        Raises:
            BadInputError: no corpus, or no test circuits.
        """
        corpus = Corpus.open(path)
        columns = ["qasm", "family", "group", "parameters"]
        held = list(corpus.rows("test", columns=columns))[:_MAX_REAL]
        if not held:
            raise BadInputError(f"expected circuits in the split 'test' of {path}, got none")
        train = list(corpus.rows("train", columns=columns))[:_MAX_TRAINING]
        return cls(
            held_out=tuple(qasm2.loads(row["qasm"]) for row in held),
            groups=tuple(row["group"] for row in held),
            families=tuple(row["family"] for row in held),
            training=TrainingIndex.of(qasm2.loads(row["qasm"]) for row in train),
            fixed=_fixed_families([*train, *held]),
        )


def _fixed_families(rows: Sequence[dict[str, str]]) -> frozenset[str]:
    """Families whose circuits have no parameters but the number of qubits."""
    varied = {row["family"] for row in rows if set(_keys(row["parameters"])) - {"num_qubits"}}
    return frozenset(row["family"] for row in rows) - varied


def _keys(parameters: str) -> list[str]:
    import json

    return list(json.loads(parameters))


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What is known about one set of circuits.

    Attributes:
        name: of the set.
        circuits: how many.
        execution: None for sets that were not run.
        structure, novelty: against the reference.
        two_sample, sequence: tests by boosting and by a sequence model; None for sets too small.
    """

    name: str
    circuits: int
    execution: ExecutionReport | None
    structure: StructureReport
    novelty: NoveltyReport
    two_sample: TwoSampleReport | None
    sequence: Estimate | None


def verify(
    name: str,
    circuits: Sequence[Circuit],
    reference: Reference,
    *,
    simulate: int | None = None,
    run: bool = True,
    seed: int = 0,
    tick: Ticker | None = None,
) -> Verification:
    """Run all checks on a set.

    Args:
        name: of the set.
        circuits: the set.
        reference: real circuits.
        simulate: how many to transpile and simulate; all when None.
        run: whether to execute at all.
        seed: of folds and bootstraps.
        tick: told what is being done.
    """
    say = tick or (lambda text, fraction=None: None)
    normal = [circuit.normal for circuit in circuits]
    say(f"{name}: execution", 0.0)
    execution = verify_execution(circuits, simulate=simulate) if run else None
    say(f"{name}: structure", 0.4)
    structure = compare_structure(
        feature_matrix(normal), feature_matrix(reference.held_out), seed=seed
    )
    say(f"{name}: novelty", 0.6)
    fixed = [circuit.family in reference.fixed for circuit in circuits]
    novelty = verify_novelty(normal, reference.training, fixed=fixed)
    say(f"{name}: two-sample test", 0.8)
    two_sample = sequence = None
    if min(len(normal), len(reference.held_out)) >= _MIN_TWO_SAMPLE:
        two_sample = two_sample_test(
            classifier_matrix(normal),
            classifier_matrix(reference.held_out),
            groups=reference.groups,
            seed=seed,
        )
        say(f"{name}: sequence model", 0.9)
        sequence = sequence_two_sample_test(
            normal, reference.held_out, groups=reference.groups, seed=seed
        )
    return Verification(
        name=name,
        circuits=len(circuits),
        execution=execution,
        structure=structure,
        novelty=novelty,
        two_sample=two_sample,
        sequence=sequence,
    )


def baseline_sets(reference: Reference, count: int, *, seed: int = 0) -> dict[str, list[Circuit]]:
    """Qiskit's random circuits, and shuffles of held-out circuits, as many as asked."""
    from qtools.generate.baselines.random_circuits import matched_random, qiskit_random

    rng = np.random.default_rng(seed)
    like = [
        reference.held_out[i % len(reference.held_out)]
        for i in rng.permutation(max(count, 1))[:count]
    ]
    made = {
        "qiskit random": [qiskit_random(circuit, rng) for circuit in like],
        "matched random": [matched_random(circuit, rng) for circuit in like],
    }
    return {name: [as_circuit(c, str(i)) for i, c in enumerate(m)] for name, m in made.items()}


def as_circuit(circuit: NormalCircuit, name: str, family: str = "") -> Circuit:
    """A circuit of a set from its normal form."""
    return Circuit(name=name, qasm=qasm2.dumps(circuit), normal=circuit, family=family)
