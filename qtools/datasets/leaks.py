"""Leaks between splits: shared structures and groups, and shared n-grams of gates."""

from collections.abc import Iterable
from dataclasses import dataclass

from qtools.circuits import qasm2
from qtools.circuits.normal import NormalCircuit
from qtools.datasets.corpus import Corpus
from qtools.datasets.splits import SPLITS, TRAIN

NGRAM = 8
_SAMPLE = 200


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How much of the circuits of a split occurs in train.

    Attributes:
        split: which.
        sampled: circuits looked at.
        mean: mean over them of the fraction of their gate n-grams that occur anywhere in train.
        nearest_mean, nearest_max: mean and largest fraction that occurs in one training circuit,
            the nearest.
    """

    split: str
    sampled: int
    mean: float
    nearest_mean: float
    nearest_max: float


@dataclass(frozen=True, kw_only=True)
class LeakReport:
    """Leaks of a corpus.

    Attributes:
        straddling: structures and groups that are in more than one split.
        ngram: length of the n-grams.
        overlaps: one per split other than train.
    """

    straddling: int
    ngram: int
    overlaps: tuple[Overlap, ...]

    @classmethod
    def empty(cls) -> "LeakReport":
        """The report of nothing."""
        return cls(straddling=0, ngram=NGRAM, overlaps=())

    def lines(self) -> list[str]:
        """The report in words."""
        return [f"structures and groups in more than one split: {self.straddling}"] + [
            f"{o.split}: {o.mean:.1%} of the gate {self.ngram}-grams of {o.sampled} circuits occur "
            f"in train, {o.nearest_mean:.1%} in the nearest training circuit "
            f"(at most {o.nearest_max:.1%})"
            for o in self.overlaps
        ]


def leak_report(corpus: Corpus) -> LeakReport:
    """Look for leaks; memory holds the hashes of the n-grams of train."""
    where: dict[str, set[str]] = {}
    for row in corpus.rows(columns=["structure", "group", "split"], released=False):
        for key in (row["structure"], row["group"]):
            where.setdefault(key, set()).add(row["split"])
    index: dict[int, list[int]] = {}
    for number, text in enumerate(_texts(corpus, TRAIN)):
        for gram in gate_ngrams(qasm2.loads(text)):
            index.setdefault(gram, []).append(number)
    return LeakReport(
        straddling=sum(len(splits) > 1 for splits in where.values()),
        ngram=NGRAM,
        overlaps=tuple(
            overlap
            for split in SPLITS
            if split != TRAIN and (overlap := _overlap(corpus, split, index)) is not None
        ),
    )


def _texts(corpus: Corpus, split: str) -> Iterable[str]:
    return (row["qasm"] for row in corpus.rows(split, columns=["qasm"]))


def _overlap(corpus: Corpus, split: str, index: dict[int, list[int]]) -> Overlap | None:
    everywhere, nearest = [], []
    for number, text in enumerate(_texts(corpus, split)):
        if number == _SAMPLE:
            break
        grams = gate_ngrams(qasm2.loads(text))
        if not grams:
            continue
        hits: dict[int, int] = {}
        for gram in grams:
            for other in index.get(gram, ()):
                hits[other] = hits.get(other, 0) + 1
        everywhere.append(sum(gram in index for gram in grams) / len(grams))
        nearest.append(max(hits.values(), default=0) / len(grams))
    if not everywhere:
        return None
    return Overlap(
        split=split,
        sampled=len(everywhere),
        mean=sum(everywhere) / len(everywhere),
        nearest_mean=sum(nearest) / len(nearest),
        nearest_max=max(nearest),
    )


def gate_ngrams(circuit: NormalCircuit, *, length: int = NGRAM) -> set[int]:
    """Hashes of runs of ``length`` gates, with operands relative to the first operand of the run.

    Angles are left out: they are random in most families, and with them nothing would overlap.
    """
    gates = [(gate.name, gate.qubits) for gate in circuit.gates()]
    found = set()
    for start in range(len(gates) - length + 1):
        run = gates[start : start + length]
        first = run[0][1][0]
        found.add(hash(tuple((name, tuple(q - first for q in qubits)) for name, qubits in run)))
    return found
