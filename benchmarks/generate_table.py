"""The figures of a model: validity, novelty, two-sample test, losses, conditioning, speed.

    python -m benchmarks.generate_table --model default --corpus corpus/ --samples 1000

Prints one Markdown table; every figure comes from this run.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from qtools.circuits import qasm2
from qtools.circuits.normal import NormalCircuit
from qtools.datasets.corpus import Corpus
from qtools.generate.baselines.trigram import Trigram
from qtools.generate.corpus import load_corpus
from qtools.generate.draw import Temper
from qtools.generate.generator import CircuitGenerator, Sample
from qtools.generate.losses import bits_per_gate
from qtools.generate.request import Request
from qtools.generate.sample import sample_group
from qtools.generate.verify.classifier import classifier_matrix, two_sample_test
from qtools.generate.verify.conditioning import check_families, check_limits
from qtools.generate.verify.execution import verify_execution
from qtools.generate.verify.novelty import shared_ngrams, verify_novelty
from qtools.generate.verify.sequence import ketgpt_classifier, sequence_two_sample_test
from qtools.generate.verify.statistics import Rate
from qtools.generate.verify.suite import Reference, as_circuit, baseline_sets
from qtools.generate.verify.unseen import Asked, verify_unseen

_TRAINING_FOR_FAMILIES = 3000


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all measurements share."""

    generator: CircuitGenerator
    corpus: Path
    reference: Reference
    samples: list[Sample]
    seed: int
    workers: int

    @property
    def normal(self) -> list[NormalCircuit]:
        """The sampled circuits."""
        return [sample.circuit for sample in self.samples]


Row = tuple[str, str]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--validity-samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    generator = CircuitGenerator.from_pretrained(given.model)
    made = generator.samples(given.samples, seed=given.seed, workers=given.workers)
    bench = Bench(
        generator=generator,
        corpus=given.corpus,
        reference=Reference.read(given.corpus),
        samples=sorted(made, key=lambda sample: sample.index),
        seed=given.seed,
        workers=given.workers,
    )
    print("| figure | measured |\n|---|---|", flush=True)
    rows = chain(
        _validity(bench, given.validity_samples),
        _novelty(bench),
        _losses(bench),
        _two_sample(bench),
        _conditioning(bench),
        _unseen(bench),
        _speed(bench),
    )
    for name, value in rows:
        print(f"| {name} | {value} |", flush=True)


def _validity(bench: Bench, count: int) -> Iterator[Row]:
    made = bench.generator.samples(
        count, Request(num_qubits=(2, 64)), seed=bench.seed + 1, workers=bench.workers
    )
    found = sorted(made, key=lambda sample: sample.index)
    report = verify_execution([as_circuit(s.circuit, str(s.index)) for s in found], simulate=0)
    for step, rate in report.rates.items():
        yield f"{step}, {count} samples of 2 to 64 qubits", _show(rate)
    removed = float(np.mean([sample.removed for sample in found]))
    yield "probability removed by the grammar, mean per cell", f"{removed:.2%}"


def _novelty(bench: Bench) -> Iterator[Row]:
    families = [sample.conditions.family or "" for sample in bench.samples]
    fixed = [family in bench.reference.fixed for family in families]
    report = verify_novelty(bench.normal, bench.reference.training, fixed=fixed)
    varied = [c for c, is_fixed in zip(bench.normal, fixed, strict=True) if not is_fixed]
    unique = verify_novelty(varied, bench.reference.training).unique
    yield "unique", _show(report.unique)
    yield "unique, varied families", _show(unique)
    yield "novel modulo relabelling", _show(report.novel)
    yield "novel, varied families", _show(report.novel_varied)
    real = shared_ngrams(bench.reference.held_out, bench.reference.training)
    for n, shared in report.shared_ngrams.items():
        yield (
            f"{n}-grams seen in training: generated, held-out real, ratio",
            f"{shared:.1%}, {real[n]:.1%}, {shared / real[n] if real[n] else float('nan'):.2f}",
        )


def _losses(bench: Bench) -> Iterator[Row]:
    corpus = load_corpus(bench.corpus)
    test = corpus.split("test")
    trigram = Trigram.of(corpus.split("train")).bits_per_gate(test)
    model = bench.generator.pretrained.model
    yield (
        "bits per gate on test, trigram: structure, angles, residuals",
        f"{trigram.structure:.3f}, {trigram.angles:.3f}, {trigram.residuals:.3f}",
    )
    for name, conditioned in (("given", True), ("open", False)):
        bits = bits_per_gate(model, test, conditioned=conditioned)
        yield (
            f"the same, model, conditions {name}",
            f"{bits.structure:.3f}, {bits.angles:.3f}, {bits.residuals:.3f}; structure "
            f"{1 - bits.structure / trigram.structure:.0%} below trigram",
        )


def _two_sample(bench: Bench) -> Iterator[Row]:
    real = classifier_matrix(bench.reference.held_out)
    sets = {"model": bench.normal}
    for name, made in baseline_sets(bench.reference, len(real), seed=bench.seed).items():
        sets[name] = [circuit.normal for circuit in made]
    for name, circuits in sets.items():
        report = two_sample_test(
            classifier_matrix(circuits), real, groups=bench.reference.groups, seed=bench.seed
        )
        auc, floor = report.auc, report.floor
        yield (
            f"two-sample AUC by boosting, {name}",
            f"{auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}], floor {floor.value:.3f} "
            f"[{floor.low:.3f}, {floor.high:.3f}]",
        )
        told = sequence_two_sample_test(
            circuits, bench.reference.held_out, groups=bench.reference.groups, seed=bench.seed
        )
        yield (
            f"two-sample AUC by a sequence model, {name}",
            f"{told.value:.3f} [{told.low:.3f}, {told.high:.3f}]",
        )
    train = list(Corpus.open(bench.corpus).rows("train", columns=["qasm"]))
    stride = max(1, len(train) // _TRAINING_FOR_FAMILIES)
    verdict = ketgpt_classifier(
        [qasm2.loads(row["qasm"]) for row in train[::stride]],
        bench.reference.held_out,
        bench.normal,
        seed=bench.seed,
    )
    yield "KetGPT's classifier, accuracy on real and random lines", _show(verdict.accuracy)
    yield "KetGPT's classifier calls generated real", _show(verdict.called_real)


def _conditioning(bench: Bench) -> Iterator[Row]:
    table = bench.generator.pretrained.table
    rng = np.random.default_rng(bench.seed)
    circuits, limits = [], []
    for gate_set in table.names.gate_sets:
        low = int(rng.integers(2, 40))
        request = Request(gate_set=gate_set, num_qubits=(low, low + 8), gates=(50, 120))
        orders = table.orders(request, range(16), seed=bench.seed)
        made = bench.generator.samples(16, request, seed=bench.seed)
        circuits += [sample.circuit for sample in sorted(made, key=lambda s: s.index)]
        limits += [order.limits for order in orders]
    obeyed = check_limits(circuits, limits)
    yield "qubits obeyed", _show(obeyed.qubits)
    yield "gate set obeyed", _show(obeyed.gate_set)
    yield "gate budget obeyed", _show(obeyed.gate_budget)
    rows = list(Corpus.open(bench.corpus).rows("train", columns=["qasm", "family"]))
    stride = max(1, len(rows) // _TRAINING_FOR_FAMILIES)
    rows = rows[::stride]
    agreement = check_families(
        ([qasm2.loads(row["qasm"]) for row in rows], [row["family"] for row in rows]),
        (bench.reference.held_out, bench.reference.families),
        (bench.normal, [sample.conditions.family or "" for sample in bench.samples]),
    )
    yield "family named by the classifier, held-out real", _show(agreement.real)
    yield "family named by the classifier, generated", _show(agreement.generated)


def _unseen(bench: Bench) -> Iterator[Row]:
    columns = ["qasm", "family", "gate_set", "level"]
    rows = Corpus.open(bench.corpus).rows("held_out_sizes", columns=columns)
    asked = [
        Asked(
            family=row["family"],
            gate_set=row["gate_set"],
            level=row["level"],
            circuit=qasm2.loads(row["qasm"]),
        )
        for row in rows
        if row["family"] in bench.reference.fixed and row["level"] == "alg"
    ]
    report = verify_unseen(bench.generator, asked)
    yield "sizes never seen, written exactly", _show(report.exact)
    for family, rate in report.by_family.items():
        yield f"... {family}", _show(rate)


def _speed(bench: Bench) -> Iterator[Row]:
    request = Request(gates=(130, 170))
    model, table = bench.generator.pretrained.model, bench.generator.pretrained.table
    list(bench.generator.samples(2, request, seed=3))
    count = 64 * bench.workers * 2
    started = time.perf_counter()
    made = list(bench.generator.samples(count, request, seed=3, workers=bench.workers))
    batched = count / (time.perf_counter() - started)
    gates = float(np.mean([sum(1 for _ in sample.circuit.gates()) for sample in made]))
    orders = table.orders(request, range(4), seed=3)
    torch.set_num_threads(1)
    started = time.perf_counter()
    for order in orders:
        sample_group(model, [order], seed=3, temper=Temper())
    single = len(orders) / (time.perf_counter() - started)
    yield (
        f"circuits per second, {gates:.0f} gates, {bench.workers} workers",
        f"{batched:.1f}; one by one {single:.2f}, ratio {batched / single:.1f}",
    )


def _show(rate: Rate) -> str:
    low, high = rate.interval()
    return f"{rate.count} of {rate.total} = {rate.value:.2%} [{low:.2%}, {high:.2%}]"


if __name__ == "__main__":
    main()
