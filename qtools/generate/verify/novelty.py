"""Are circuits new, and how much of them is copied from the training set?

Circuits are the same when their fingerprints modulo qubit relabelling and commuting reorder are
equal; angles are compared as the tokenizer writes them. An n-gram is a run of n statements, each
written with its operands relative to the first operand of the run, so that a shifted copy counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qtools.circuits.canonical import canonical_fingerprint
from qtools.circuits.normal import NormalCircuit, Operation
from qtools.generate.rows import decode_rows, encode_circuit
from qtools.generate.verify.statistics import Rate

NGRAM_LENGTHS = (4, 8, 16, 32, 64)


@dataclass(frozen=True, kw_only=True)
class NoveltyReport:
    """Uniqueness and novelty of a set against a training set.

    Attributes:
        unique: distinct circuits among the set, modulo relabelling.
        novel: circuits that are not in the training set, modulo relabelling.
        novel_varied: the same, without families that have one circuit per size.
        shared_ngrams: n -> fraction of the set's n-grams that occur in the training set.
        longest_shared: mean over circuits of the longest shared n, of the lengths looked at, over
            all circuits long enough to hold one.
    """

    unique: Rate
    novel: Rate
    novel_varied: Rate
    shared_ngrams: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class TrainingIndex:
    """What is remembered of a training set.

    Attributes:
        fingerprints: of its circuits, angles quantised.
        ngrams: n -> hashes of its n-grams.
    """

    fingerprints: frozenset[str]
    ngrams: dict[int, frozenset[int]]

    @classmethod
    def of(cls, circuits: Iterable[NormalCircuit]) -> "TrainingIndex":
        """Index a training set."""
        fingerprints: set[str] = set()
        ngrams: dict[int, set[int]] = {n: set() for n in NGRAM_LENGTHS}
        for circuit in circuits:
            fingerprints.add(fingerprint(circuit))
            steps = _steps(circuit)
            for n, found in ngrams.items():
                found.update(_ngrams(steps, n))
        return cls(
            fingerprints=frozenset(fingerprints),
            ngrams={n: frozenset(found) for n, found in ngrams.items()},
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
    circuits: Sequence[NormalCircuit], training: TrainingIndex, *, fixed: Sequence[bool] = ()
) -> NoveltyReport:
    """Compare a set with a training set.

    Args:
        circuits: the set.
        training: the training set's index.
        fixed: per circuit, whether its family has one circuit per size (nothing new is possible
            there); all False when empty.
    """
    found = [fingerprint(circuit) for circuit in circuits]
    fixed = fixed or [False] * len(found)
    new = [mark not in training.fingerprints for mark in found]
    varied = [is_new for is_new, is_fixed in zip(new, fixed, strict=True) if not is_fixed]
    return NoveltyReport(
        unique=Rate(count=len(set(found)), total=len(found)),
        novel=Rate(count=sum(new), total=len(new)),
        novel_varied=Rate(count=sum(varied), total=len(varied)),
        shared_ngrams=shared_ngrams(circuits, training),
    )


def shared_ngrams(circuits: Sequence[NormalCircuit], training: TrainingIndex) -> dict[int, float]:
    """n -> fraction of the set's n-grams that occur in the training set (0 where there are none).

    Compare the curve with that of held-out real circuits: real circuits share much, too.
    """
    shared = dict.fromkeys(NGRAM_LENGTHS, 0)
    total = dict.fromkeys(NGRAM_LENGTHS, 0)
    for circuit in circuits:
        steps = _steps(circuit)
        for n in NGRAM_LENGTHS:
            grams = _ngrams(steps, n)
            total[n] += len(grams)
            shared[n] += sum(gram in training.ngrams[n] for gram in grams)
    return {n: shared[n] / total[n] if total[n] else 0.0 for n in NGRAM_LENGTHS}


def _steps(circuit: NormalCircuit) -> list[Operation]:
    return [op for op in circuit.operations if op.is_gate]


def _ngrams(steps: Sequence[Operation], n: int) -> list[int]:
    """Hashes of all runs of n gates; angles to 2 digits, qubits relative to the run's first."""
    coarse = [(op.name, tuple(round(p, 2) for p in op.params)) for op in steps]
    found = []
    for start in range(len(steps) - n + 1):
        origin = steps[start].qubits[0]
        run = tuple(
            (coarse[i], tuple(q - origin for q in steps[i].qubits)) for i in range(start, start + n)
        )
        found.append(hash(run))
    return found
