"""What decoding, guidance and enforced lengths change, judged on the validation split.

    python -m benchmarks.generate_decoding --model default --corpus corpus/

One circuit is asked for by the conditions of each of some validation circuits. Per way of sampling:
the two-sample test by boosting against those circuits (0.5 is perfect), how often a classifier
names the family that was asked for, whether the length is the one that was told, and how many runs
of four gates occur in training, over that of the validation circuits. The test split is not looked
at.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.generate_bench import orders_like
from benchmarks.measure import machine, write_results
from qtools.circuits.normal import NormalCircuit
from qtools.generate.grammar.condition_table import Order
from qtools.generate.language.conditions import FIELDS, bin_range, size_bin
from qtools.generate.language.rows import decode_rows
from qtools.generate.sampling.draw import USUAL, Temper
from qtools.generate.sampling.generator import CircuitGenerator
from qtools.generate.verify.classifier import classifier_matrix, two_sample_test
from qtools.generate.verify.families import FamilyJudge
from qtools.generate.verify.ngrams import NgramIndex
from qtools.generate.verify.reference import RealCircuits, Reference

_LENGTH = FIELDS.index("length")


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way of sampling.

    Attributes:
        name: of its row.
        temper: how the distribution is sharpened.
        order: what is made of each order.
    """

    name: str
    temper: Temper = USUAL
    order: Callable[[Order], Order] = lambda order: order


def _held_to_length(order: Order) -> Order:
    """The number of gates inside the bin that the model is told."""
    low, high = bin_range(order.conditions[_LENGTH] - 1)
    limits = order.limits
    rows = max(limits.max_rows, 4 * high + 4 * limits.num_qubits)
    held = replace(limits, min_gates=max(1, low), max_gates=max(1, high), max_rows=rows)
    return replace(order, limits=held)


WAYS = (
    Way(name="cutoff 0.2, the default"),
    Way(name="cutoff 0.1", temper=Temper(cutoff=0.1)),
    Way(name="cutoff 0.3", temper=Temper(cutoff=0.3)),
    Way(name="min-p 0.1", temper=Temper(min_p=0.1)),
    Way(name="top-p 0.95", temper=Temper(top_p=0.95)),
    Way(name="nothing cut", temper=Temper()),
    Way(name="temperature 0.9", temper=replace(USUAL, temperature=0.9)),
    Way(name="temperature 1.1", temper=replace(USUAL, temperature=1.1)),
    Way(name="guidance 0.5", temper=replace(USUAL, guidance=0.5)),
    Way(name="guidance 1", temper=replace(USUAL, guidance=1.0)),
    Way(name="guidance 2", temper=replace(USUAL, guidance=2.0)),
    Way(name="gates held to the length that was told", order=_held_to_length),
)


@dataclass(frozen=True, kw_only=True)
class Judges:
    """What circuits are judged by.

    Attributes:
        real: validation circuits.
        orders: by the conditions of each.
        families: names the family of a circuit.
        known: runs of gates of the training circuits.
    """

    real: RealCircuits
    orders: Sequence[Order]
    families: FamilyJudge
    known: NgramIndex

    def row(self, name: str, made: Sequence[NormalCircuit]) -> dict[str, Any]:
        """Figures of circuits that were made to the orders, one for each."""
        features, real = classifier_matrix(made), classifier_matrix(self.real.circuits)
        groups = self.real.groups
        test = two_sample_test(
            features, real, groups=groups, generated_groups=groups, with_floor=False
        )
        told = np.array([order.conditions[_LENGTH] - 1 for order in self.orders])
        lengths = [size_bin(sum(1 for _ in circuit.gates())) for circuit in made]
        off = np.abs(told - lengths)
        return {
            "way": name,
            "AUC": test.auc.value,
            "low": test.auc.low,
            "high": test.auc.high,
            "family as asked": np.mean(np.array(self.families.names(made)) == self.real.families),
            "length bin as told": (off == 0).mean(),
            "or next to it": (off <= 1).mean(),
            "4-grams over real": self.known.shared(made)[4]
            / self.known.shared(self.real.circuits)[4],
        }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--circuits", type=int, default=400)
    given = parser.parse_args()
    torch.set_num_threads(1)
    reference = Reference.read(given.corpus)
    real = reference.yardstick.some(given.circuits)
    judge = FamilyJudge.fit(reference.training.circuits, reference.training.families)
    generator = CircuitGenerator.from_pretrained(given.model)
    orders = orders_like(generator, given.corpus, "validation", real)
    known = NgramIndex.of(reference.training.circuits)
    judges = Judges(real=real, orders=orders, families=judge, known=known)
    right = np.mean(np.array(judge.names(real.circuits)) == real.families)
    rows = []
    for way in WAYS:
        rows.append(judges.row(way.name, _made(generator, orders, way)))
        print(rows[-1], flush=True)
        write_results(
            "generate_decoding",
            rows,
            measured_on=machine(),
            notes=f"{len(real)} validation circuits and as many asked for by their conditions; "
            f"the classifier names the family of {right:.1%} of the real ones.",
        )


def _made(generator: CircuitGenerator, orders: Sequence[Order], way: Way) -> list[NormalCircuit]:
    changed = [way.order(order) for order in orders]
    drawn = sorted(generator.draw(changed, seed=0, temper=way.temper), key=lambda one: one.index)
    return [decode_rows(one.rows) for one in drawn]


if __name__ == "__main__":
    main()
