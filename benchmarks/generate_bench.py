"""What the stages of the table of a model share: its sizes, its samples, its real circuits."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from qtools.circuits.normal import NormalCircuit
from qtools.datasets.corpus import Corpus
from qtools.generate.baselines import sets
from qtools.generate.baselines.line_model import LineModel, LineRecipe
from qtools.generate.baselines.trigram import Trigram
from qtools.generate.grammar.condition_table import Order
from qtools.generate.grammar.request import Request
from qtools.generate.sampling.draw import USUAL, Temper
from qtools.generate.sampling.generator import CircuitGenerator
from qtools.generate.training.corpus import EncodedCorpus, document_conditions, load_corpus
from qtools.generate.verify.circuits import Program, as_circuit
from qtools.generate.verify.families import FamilyJudge
from qtools.generate.verify.ketgpt import KetgptClassifier
from qtools.generate.verify.reference import RealCircuits, Reference
from qtools.generate.verify.run import train_ketgpt
from qtools.generate.verify.verification import Depth
from qtools.runs.files import write_text


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured; the short form is for trying things out.

    Attributes:
        validity: circuits of 2 to 64 qubits.
        samples: circuits compared with held-out real ones.
        baseline: circuits of each baseline.
        depth: of the verification of each set.
        line: recipe of the line-token model.
        hard: circuits per gate set whose hard conditions are checked.
        unseen: circuits asked for at sizes never seen, at most.
        test: circuits of the test split whose bits are measured, at most.
        paced: circuits of about 150 gates that are timed.
        generate: circuits that ``model.generate`` writes.
        words: of each of them; 150 gates take about 660.
    """

    validity: int = 10_000
    samples: int = 1000
    baseline: int = 500
    depth: Depth = field(default_factory=lambda: Depth(simulate=200, compile=60, sequence=500))
    line: LineRecipe = field(default_factory=LineRecipe)
    hard: int = 32
    unseen: int = 400
    test: int = 2000
    paced: int = 1000
    generate: int = 4
    words: int = 660


QUICK = Sizes(
    validity=20,
    samples=30,
    baseline=24,
    depth=Depth(simulate=2, compile=2, sequence=24, epochs=2),
    line=LineRecipe(lines=3000, width=32, layers=1, vocabulary=1000),
    hard=1,
    unseen=6,
    test=10,
    paced=4,
    generate=1,
    words=80,
)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all stages share.

    Attributes:
        generator: the model.
        corpus: directory of its corpus.
        work: folder of what is kept between runs about the model.
        shared: folder of what is kept between runs about the corpus, whichever the model.
        sizes: how much to measure.
        seed, workers: of the sampler.
    """

    generator: CircuitGenerator
    corpus: Path
    work: Path
    shared: Path
    sizes: Sizes
    seed: int
    workers: int

    @cached_property
    def training(self) -> int:
        """Number of training circuits of this build of the corpus."""
        return Corpus.open(self.corpus).manifest.circuits()["train"]

    @cached_property
    def reference(self) -> Reference:
        """The real circuits."""
        return Reference.read(self.corpus)

    @cached_property
    def encoded(self) -> EncodedCorpus:
        """The corpus as rows."""
        return load_corpus(self.corpus, cache=self.shared)

    @cached_property
    def ketgpt(self) -> KetgptClassifier:
        """The KetGPT paper's classifier."""
        return train_ketgpt(self.reference, seed=self.seed)

    def programs(self, folder: Path, name: str, make: Callable[[], list[Program]]) -> list[Program]:
        """A set of circuits, made once."""
        path = folder / f"programs-{name.replace(' ', '-')}.json"
        if path.exists():
            return [Program(**record) for record in json.loads(path.read_text(encoding="utf-8"))]
        made = make()
        write_text(path, json.dumps([vars(program) for program in made]))
        return made

    @cached_property
    def judge(self) -> FamilyJudge:
        """Names the family of a circuit."""
        train = self.reference.training
        return FamilyJudge.fit(train.circuits, train.families, seed=self.seed)

    @cached_property
    def trigram(self) -> Trigram:
        """The trigram model, trained on the same data."""
        return Trigram.of(self.encoded.split("train"))

    @cached_property
    def line(self) -> LineModel:
        """The line-token model, trained on the same data."""
        return LineModel.trained(sets.lines_of(self.encoded.split("train")), self.sizes.line)

    @cached_property
    def samples(self) -> list[Program]:
        """Circuits of the model under conditions drawn as in training."""
        make = partial(self.sampled, self.sizes.samples, Request())
        return self.programs(self.work, "model", make)

    def sampled(self, count: int, request: Request, temper: Temper = USUAL) -> list[Program]:
        """Circuits of the model, as texts in the order of their numbers."""
        made = self.generator.samples(
            count, request, seed=self.seed, temper=temper, workers=self.workers
        )
        return [
            as_circuit(s.circuit, str(s.index), s.conditions.family or "").program
            for s in sorted(made, key=lambda s: s.index)
        ]

    def likenesses(self) -> list[NormalCircuit]:
        """Held-out circuits that baselines are made like."""
        rng = np.random.default_rng(self.seed)
        return sets.likenesses(self.reference.held_out.circuits, self.sizes.baseline, rng)


def orders_like(
    generator: CircuitGenerator, corpus: Path, split: str, real: RealCircuits
) -> list[Order]:
    """One order per real circuit of a split, by its conditions and in their order."""
    facts = ("family", "gate_set", "level", "num_qubits")
    columns = ["id", *facts, "num_gates", "gdg_critical_path_length"]
    rows = {row["id"]: row for row in Corpus.open(corpus).rows(split, columns=columns)}
    table, orders = generator.pretrained.table, list[Order]()
    for index, name in enumerate(real.names):
        row = rows[name]
        known = document_conditions(
            **{fact: row[fact] for fact in facts},
            gates=row["num_gates"],
            gate_depth=row["gdg_critical_path_length"],
        )
        orders += table.drawing([known]).orders(Request(), [index], seed=0)
    return orders
