"""From a corpus to a model directory: train, measure, write."""

from pathlib import Path

from qtools.datasets.corpus import Corpus
from qtools.generate.grammar.condition_table import ConditionTable
from qtools.generate.model.pretrained import save_pretrained
from qtools.generate.training.card import Losses, model_card
from qtools.generate.training.corpus import load_corpus
from qtools.generate.training.losses import bits_per_gate
from qtools.generate.training.ranks import is_first
from qtools.generate.training.recipe import TrainRecipe
from qtools.generate.training.train import STATE_FOLDER, Report, Trained, train

_MEASURED = ("test", "held_out_sizes", "held_out_families")
_MEASURED_DOCUMENTS = 400


def train_model(
    recipe: TrainRecipe,
    corpus_path: Path,
    out: Path,
    *,
    max_seconds: float | None = None,
    report: Report | None = None,
) -> tuple[Trained, tuple[Losses, ...]]:
    """Train (or go on training) and write the model directory.

    See :func:`qtools.generate.train.train` for arguments and errors. Held-out losses are measured
    on up to 400 circuits per split.
    """
    corpus = load_corpus(corpus_path, cache=out / STATE_FOLDER)
    trained = train(recipe, corpus, out, max_seconds=max_seconds, report=report)
    model = trained.model
    if not is_first():
        return trained, ()
    losses = []
    for split in _MEASURED:
        if split not in corpus.splits:
            continue
        documents = corpus.split(split)
        documents = documents.chosen(
            range(0, len(documents), -(-len(documents) // _MEASURED_DOCUMENTS))
        )
        losses.append(
            Losses(
                split=split,
                conditioned=bits_per_gate(model, documents),
                unconditioned=bits_per_gate(model, documents, conditioned=False),
            )
        )
    table = ConditionTable.of(corpus.split("train"), corpus.names, corpus.gates_of)
    manifest = Corpus.open(corpus_path).manifest
    card = model_card(model, recipe, corpus, manifest, trained.progress, tuple(losses))
    save_pretrained(out, model, table, card)
    return trained, tuple(losses)
