"""The stages of the table of a model: each measures a few figures and returns JSON values.

Every stage can run alone; what another one needs (samples, the line-token model) is kept in the
work folder by :class:`Bench`.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.generate_bench import Bench, Sizes, orders_like
from benchmarks.generate_hf import generate_pace
from qtools.circuits import qasm2
from qtools.circuits.normal import NormalCircuit
from qtools.datasets.corpus import Corpus
from qtools.generate.baselines import sets
from qtools.generate.grammar.limits import Limits
from qtools.generate.grammar.request import Request
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.rows import decode_rows
from qtools.generate.language.vocabulary import FIRST_GATE
from qtools.generate.sampling.draw import USUAL, Temper
from qtools.generate.sampling.group import sample_group
from qtools.generate.training.losses import BitsPerGate, bits_per_gate
from qtools.generate.verify.circuits import Program, as_circuit, parsed
from qtools.generate.verify.classifier import classifier_matrix, two_sample_test
from qtools.generate.verify.conditioning import check_limits
from qtools.generate.verify.execution import verify_execution
from qtools.generate.verify.families import check_families
from qtools.generate.verify.run import real_set
from qtools.generate.verify.sequence import sequence_two_sample_test
from qtools.generate.verify.statistics import Rate, spread
from qtools.generate.verify.table import as_json, cells
from qtools.generate.verify.unseen import Asked, verify_unseen
from qtools.generate.verify.verification import verify

Record = dict[str, Any]
_CHUNK = 1000
# On validation circuits better than 2; `generate_decoding` compares.
_GUIDANCE = 1.0


Stage = Callable[[Bench], Record]


def validity(number: int) -> Stage:
    """A thousand samples of 2 to 64 qubits through both parsers."""

    def measure(bench: Bench) -> Record:
        count = min(_CHUNK, bench.sizes.validity - number * _CHUNK)
        made = list(
            bench.generator.samples(
                count,
                Request(num_qubits=(2, 64)),
                seed=bench.seed + 1000 + number,
                workers=bench.workers,
            )
        )
        programs = [as_circuit(s.circuit, str(s.index)).program for s in made]
        report = verify_execution(programs, simulate=0)
        return {
            "rates": {step: vars(rate) for step, rate in report.rates.items()},
            "failures": [vars(failure) for failure in report.failures[:20]],
            "removed": float(np.mean([s.removed for s in made])),
            "qubits": [
                min(s.circuit.num_qubits for s in made),
                max(s.circuit.num_qubits for s in made),
            ],
        }

    return measure


def losses(bench: Bench) -> Record:
    """Bits per gate of the model on the test split."""
    test, model = _test_documents(bench), bench.generator.pretrained.model
    return {
        "circuits": len(test),
        "model": _bits(bits_per_gate(model, test)),
        "model, conditions open": _bits(bits_per_gate(model, test, conditioned=False)),
    }


def baseline_losses(bench: Bench) -> Record:
    """The same of the trigram and of line tokens."""
    test, line = _test_documents(bench), bench.line
    by_line = line.bits_per_gate(sets.lines_of(test), int(test.gates.sum()))
    # Written while the model is there; otherwise it is trained again for them.
    _set(bench, "line tokens")
    return {
        "circuits": len(test),
        "trigram": _bits(bench.trigram.bits_per_gate(test)),
        "line tokens": _bits(by_line),
        "line_model": {
            "parameters": line.parameters,
            "vocabulary": len(line.vocabulary),
            "lines_seen": line.lines_seen,
        },
    }


def _test_documents(bench: Bench) -> EncodedDocuments:
    test = bench.encoded.split("test")
    return test.chosen(range(0, len(test), -(-len(test) // bench.sizes.test)))


def _bits(bits: BitsPerGate) -> Record:
    return vars(bits) | {"total": bits.structure + bits.angles + bits.residuals}


#: Sets beside the model's that are verified in the same way.
BASELINES = ("real", "qiskit random", "matched random", "trigram", "line tokens")


def verified(name: str) -> Stage:
    """All checks on one set."""

    def measure(bench: Bench) -> Record:
        made = verify(
            name,
            _set(bench, name),
            bench.reference,
            depth=bench.sizes.depth,
            ketgpt=bench.ketgpt,
            with_floor=name == "model",
            seed=bench.seed,
        )
        return {
            "cells": cells(made),
            "record": as_json(made),
            "ketgpt_accuracy": vars(bench.ketgpt.accuracy),
        }

    return measure


def _set(bench: Bench, name: str) -> list[Program]:
    if name == "model":
        return bench.samples
    if name == "real":
        return real_set(bench.reference).get("real", [])
    like, seed = bench.likenesses(), bench.seed
    makers: dict[str, Callable[[], list[Program]]] = {
        "trigram": lambda: sets.trigram_set(bench.trigram, like, seed=seed),
        "line tokens": lambda: sets.line_set(bench.line, like, seed=seed),
    }
    rng = np.random.default_rng(seed)
    return bench.programs(
        bench.shared, name, makers.get(name, lambda: sets.random_sets(like, rng)[name])
    )


def held_out_ngrams(bench: Bench) -> Record:
    """Shared n-grams and nearest similarity of held-out real circuits, as a yardstick."""
    held = bench.reference.held_out.circuits
    shared = bench.reference.index.ngrams.shared(held)
    near = bench.reference.index.nearest.nearest(held).similarity
    return {"shared_ngrams": {str(n): s for n, s in shared.items()}, "nearest": float(near.mean())}


def same_conditions(bench: Bench) -> Record:
    """Circuits asked for by the conditions of the held-out ones, one by one.

    The splits differ in their mix of families and sizes, and real circuits of one are told from
    those of another; here both sides have the same mix. A circuit is kept in the fold of the one
    that it was asked to be like.
    """
    real = bench.reference.held_out
    orders = orders_like(bench.generator, bench.corpus, "test", real)
    drawn = sorted(bench.generator.draw(orders, seed=bench.seed), key=lambda one: one.index)
    made = [decode_rows(one.rows) for one in drawn]
    shared = bench.reference.index.ngrams.shared(made)
    pair = (real.circuits, real.families)
    agreement = check_families(bench.judge, pair, (made, real.families))
    return {
        "shared_ngrams": {str(n): value for n, value in shared.items()},
        "family, generated": vars(agreement.generated),
        "family, real": vars(agreement.real),
        **_told_apart(bench, made, real.groups),
    }


def training_circuits(bench: Bench) -> Record:
    """Training circuits as if they were a generated set: what a perfect model of them would get."""
    train, rng = bench.reference.training, np.random.default_rng(bench.seed)
    count = min(len(train), len(bench.reference.held_out))
    picked = rng.choice(len(train), count, replace=False).tolist()
    made = [train.circuits[i] for i in picked]
    return _told_apart(bench, made, [train.groups[i] for i in picked])


def _told_apart(
    bench: Bench, made: Sequence[NormalCircuit], made_groups: Sequence[str]
) -> dict[str, Any]:
    """Both two-sample tests against as many held-out circuits."""
    held, depth = bench.reference.held_out, bench.sizes.depth
    boosting = two_sample_test(
        classifier_matrix(made),
        bench.reference.classifier_features,
        groups=held.groups,
        generated_groups=made_groups,
        with_floor=False,
        seed=bench.seed,
    )
    places = spread(min(len(made), len(held)), depth.sequence)
    sequence = sequence_two_sample_test(
        [made[place] for place in places],
        [held.circuits[place] for place in places],
        groups=[held.groups[place] for place in places],
        generated_groups=[made_groups[place] for place in places],
        statements=depth.statements,
        epochs=depth.epochs,
        with_floor=False,
        seed=bench.seed,
    )
    return {"two_sample": vars(boosting.auc), "sequence": vars(sequence.auc)}


def conditioning(bench: Bench) -> Record:
    """Hard conditions by counting; the family by a classifier trained on real circuits."""
    table = bench.generator.pretrained.table
    rng = np.random.default_rng(bench.seed)
    made: list[NormalCircuit] = []
    limits: list[Limits] = []
    for gate_set in table.names.gate_sets:
        low = int(rng.integers(2, 40))
        request = Request(gate_set=gate_set, num_qubits=(low, low + 8), gates=(50, 120))
        orders = table.orders(request, range(bench.sizes.hard), seed=bench.seed)
        drawn = bench.generator.samples(bench.sizes.hard, request, seed=bench.seed)
        made += [sample.circuit for sample in sorted(drawn, key=lambda s: s.index)]
        limits += [order.limits for order in orders]
    obeyed = check_limits(made, limits)
    hard = ("qubits", "gate_set", "gate_budget")
    return {
        **{name: vars(getattr(obeyed, name)) for name in hard},
        **_families(bench, bench.samples),
    }


def guidance(bench: Bench) -> Record:
    """How often the family is the one asked for, under guidance towards it."""
    temper = replace(USUAL, guidance=_GUIDANCE)
    make = partial(bench.sampled, bench.sizes.baseline, Request(), temper)
    made = bench.programs(bench.work, "guided", make)
    return {"guidance": _GUIDANCE, **_families(bench, made)}


def _families(bench: Bench, made: list[Program]) -> Record:
    """The family by a classifier trained on real circuits."""
    held, found = bench.reference.held_out, parsed(made)
    agreement = check_families(
        bench.judge,
        (held.circuits, held.families),
        ([c.normal for c in found], [c.program.family for c in found]),
    )
    return {
        "family, real": vars(agreement.real),
        "family, generated": vars(agreement.generated),
        "by_family": {name: vars(rate) for name, rate in agreement.by_family.items()},
    }


def unseen(bench: Bench) -> Record:
    """Families with one circuit per size at sizes never seen, asked for by name."""
    columns = ["qasm", "family", "gate_set", "level"]
    rows = [
        row
        for row in Corpus.open(bench.corpus).rows("held_out_sizes", columns=columns)
        if row["family"] in bench.reference.fixed and row["level"] == "alg"
    ]
    picked = np.linspace(0, len(rows) - 1, min(len(rows), bench.sizes.unseen)).astype(int)
    asked = [
        Asked(
            family=rows[i]["family"],
            gate_set=rows[i]["gate_set"],
            level=rows[i]["level"],
            circuit=qasm2.loads(rows[i]["qasm"]),
        )
        for i in sorted(set(picked.tolist()))
    ]
    report = verify_unseen(bench.generator, asked)
    return {
        "exact": vars(report.exact),
        "seeded": vars(report.seeded),
        "by_family": {name: vars(rate) for name, rate in report.by_family.items()},
    }


def speed(bench: Bench) -> Record:
    """Circuits of about 150 gates per second, and against ``model.generate`` one by one."""
    request = Request(gates=(130, 170))
    model, table = bench.generator.pretrained.model, bench.generator.pretrained.table
    list(bench.generator.samples(2, request, seed=3))
    load = os.getloadavg()[0]
    started = time.perf_counter()
    made = list(bench.generator.samples(bench.sizes.paced, request, seed=3, workers=bench.workers))
    seconds = time.perf_counter() - started
    gates = float(np.mean([sum(1 for _ in sample.circuit.gates()) for sample in made]))
    orders = table.orders(request, range(min(64, bench.sizes.paced)), seed=3)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    wall, cpu = time.perf_counter(), time.process_time()
    group = sample_group(model, orders, seed=3, temper=Temper())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    written = sum(int((drawn.rows[:, 0] >= FIRST_GATE).sum()) for drawn in group)
    few, words = orders[: bench.sizes.generate], bench.sizes.words
    slow = generate_pace(model, few, words=words)
    torch.set_num_threads(bench.workers)
    threaded = generate_pace(model, few, words=words)
    torch.set_num_threads(before)
    return {
        "circuits": len(made),
        "workers": bench.workers,
        "gates": gates,
        "per_second": len(made) / seconds,
        "load": load,
        "batched_gates_per_second": written / wall,
        "generate_gates_per_second": slow.gates / slow.seconds,
        "threaded_generate_gates_per_second": threaded.gates / threaded.seconds,
        "batched_gates_per_cpu_second": written / cpu,
        "generate_gates_per_cpu_second": slow.gates / slow.cpu_seconds,
    }


def stages(sizes: Sizes) -> dict[str, Stage]:
    """All stages by name, in an order in which each finds what it needs."""
    chunks = range(-(-sizes.validity // _CHUNK))
    return {
        "speed": speed,
        "losses": losses,
        "unseen": unseen,
        "set model": verified("model"),
        "same conditions": same_conditions,
        "conditioning": conditioning,
        "guidance": guidance,
        **{f"validity {number}": validity(number) for number in chunks},
        **stages_without_model(),
    }


def stages_without_model() -> dict[str, Stage]:
    """What the model is held against: real circuits and baselines."""
    return {
        "held-out n-grams": held_out_ngrams,
        "training circuits": training_circuits,
        "baseline losses": baseline_losses,
        **{f"set {name}": verified(name) for name in BASELINES},
    }


def rate_of(record: Record) -> Rate:
    """A rate from its JSON values."""
    return Rate(count=record["count"], total=record["total"])
