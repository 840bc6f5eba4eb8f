"""Are circuits new, and how much of them is copied from the training set?

Circuits are the same when their fingerprints modulo qubit relabelling and commuting reorder are
equal; angles are compared as the tokenizer writes them. What is copied in part is told by the
shared n-grams (:mod:`qtools.generate.verify.ngrams`) and by the nearest training circuit
(:mod:`qtools.generate.verify.nearest`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qtools.circuits.canonical import canonical_fingerprint
from qtools.circuits.normal import NormalCircuit
from qtools.generate.language.rows import decode_rows, encode_circuit
from qtools.generate.verify.nearest import NearestIndex
from qtools.generate.verify.ngrams import NgramIndex
from qtools.generate.verify.statistics import Estimate, Rate, bootstrap


@dataclass(frozen=True, kw_only=True)
class NoveltyReport:
    """Uniqueness and novelty of a set against a training set.

    Attributes:
        unique: distinct circuits among the set, modulo relabelling.
        unique_varied: the same, without families that have one circuit per size.
        novel: circuits that are not in the training set, modulo relabelling.
        novel_varied: the same, without families that have one circuit per size.
        shared_ngrams: n -> fraction of the set's n-grams that occur in the training set.
        nearest: mean similarity to the nearest training circuit, from 0 to 1.
        similarity: of each circuit to its nearest training circuit.
        nearest_place: that circuit's place in the training set.
    """

    unique: Rate
    unique_varied: Rate
    novel: Rate
    novel_varied: Rate
    shared_ngrams: dict[int, float]
    nearest: Estimate
    similarity: tuple[float, ...]
    nearest_place: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class TrainingIndex:
    """What is remembered of a training set.

    Attributes:
        fingerprints: of its circuits, angles quantised.
        ngrams: its n-grams.
        nearest: its circuits, to find the nearest one.
    """

    fingerprints: frozenset[str]
    ngrams: NgramIndex
    nearest: NearestIndex

    @classmethod
    def of(cls, circuits: Sequence[NormalCircuit]) -> "TrainingIndex":
        """Index a training set."""
        return cls(
            fingerprints=frozenset(fingerprint(circuit) for circuit in circuits),
            ngrams=NgramIndex.of(circuits),
            nearest=NearestIndex.of(circuits),
        )


def fingerprint(circuit: NormalCircuit) -> str:
    """Fingerprint modulo relabelling and commuting reorder, of the circuit with its angles as
    the tokenizer writes them."""
    quantised = decode_rows(encode_circuit(circuit))
    # The size of classical registers says nothing about what a circuit does.
    return canonical_fingerprint(_measured_bits_only(quantised)).fingerprint


def _measured_bits_only(circuit: NormalCircuit) -> NormalCircuit:
    if len(circuit.cregs) != 1:
        return circuit
    used = sorted({bit for op in circuit.operations for bit in op.clbits})
    place = {bit: index for index, bit in enumerate(used)}
    operations = tuple(
        op._replace(clbits=tuple(place[bit] for bit in op.clbits)) for op in circuit.operations
    )
    if any(op.condition is not None for op in operations):
        return circuit
    return replace(circuit, cregs=(len(used),) if used else (), operations=operations)


def verify_novelty(
    circuits: Sequence[NormalCircuit],
    training: TrainingIndex,
    *,
    fixed: Sequence[bool] = (),
    seed: int = 0,
) -> NoveltyReport:
    """Compare a set with a training set.

    Args:
        circuits: the set.
        training: the training set's index.
        fixed: per circuit, whether its family has one circuit per size (nothing new is possible
            there); all False when empty.
        seed: of the bootstrap.
    """
    found = [fingerprint(circuit) for circuit in circuits]
    fixed = fixed or [False] * len(found)
    varied = [mark for mark, is_fixed in zip(found, fixed, strict=True) if not is_fixed]
    near = training.nearest.nearest(circuits)
    return NoveltyReport(
        unique=_unique(found),
        unique_varied=_unique(varied),
        novel=_novel(found, training),
        novel_varied=_novel(varied, training),
        shared_ngrams=training.ngrams.shared(circuits),
        nearest=bootstrap(
            lambda picked: float(near.similarity[picked].mean()),
            len(found),
            np.random.default_rng(seed),
        ),
        similarity=tuple(near.similarity.tolist()),
        nearest_place=tuple(near.place.tolist()),
    )


def _unique(found: Sequence[str]) -> Rate:
    return Rate(count=len(set(found)), total=len(found))


def _novel(found: Sequence[str], training: TrainingIndex) -> Rate:
    new = sum(mark not in training.fingerprints for mark in found)
    return Rate(count=new, total=len(found))
