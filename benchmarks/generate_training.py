"""What a training step buys: optimiser, positions and sizes of the model, on equal rows.

    python -m benchmarks.generate_training --corpus corpus/ --steps 250

Short runs with the schedule, batches and conditions of the recipe ``default``; one table of bits
per gate on validation and on sizes that training never saw.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measure import machine, write_results
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.vocabulary import FIRST_GATE, Column
from qtools.generate.model.network import MAX_ROWS, CircuitConfig, CircuitModel, PackedBatch
from qtools.generate.training.corpus import EncodedCorpus, load_corpus
from qtools.generate.training.losses import bits_per_gate
from qtools.generate.training.optimizers import make_optimizers, set_rates
from qtools.generate.training.packing import training_batches
from qtools.generate.training.recipe import ModelSize, TrainRecipe, load_recipe

_DOCUMENTS = 150
_SMALL = ModelSize(width=96, layers=3, heads=3, inner=256, pointer=48)
_LARGE = ModelSize(width=256, layers=6, heads=4, inner=704, pointer=128)

Optimizers = tuple[torch.optim.Optimizer, ...]


class _LearnedPositions(CircuitModel):  # type: ignore[no-untyped-call] # as its parent
    """GPT-2's positions: a learnt vector per row, and no rotation."""

    def __init__(self, config: CircuitConfig) -> None:
        super().__init__(config)
        _without_rotation(self)
        self.place = nn.Embedding(MAX_ROWS, config.width)
        nn.init.normal_(self.place.weight, std=0.02)

    def _inputs(self, batch: PackedBatch, context: Any, embedded: Any) -> Tensor:
        x_BTD = super()._inputs(batch, context, embedded)
        position = torch.arange(x_BTD.shape[1]) - batch.start_BT[:, :-1]
        added: Tensor = x_BTD + self.place(position)
        return added


def _without_rotation(model: CircuitModel) -> CircuitModel:
    model.trunk.rotary_emb.inv_freq.zero_()
    return model


def _adamw(model: CircuitModel, recipe: TrainRecipe) -> Optimizers:
    made = torch.optim.AdamW(
        model.parameters(),
        lr=recipe.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=recipe.weight_decay,
    )
    for group in made.param_groups:
        group["initial_lr"] = group["lr"]
    return (made,)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to train."""

    name: str
    size: ModelSize | None = None
    build: Callable[[CircuitConfig], CircuitModel] = CircuitModel
    optimizers: Callable[[CircuitModel, TrainRecipe], Optimizers] = make_optimizers


VARIANTS = (
    Variant(name="default: Muon and AdamW, rotary positions"),
    Variant(name="AdamW alone", optimizers=_adamw),
    Variant(name="learnt positions", build=_LearnedPositions),
    Variant(name="no positions", build=lambda config: _without_rotation(CircuitModel(config))),
    Variant(name="small", size=_SMALL),
    Variant(name="large", size=_LARGE),
)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = replace(load_recipe("default"), steps=given.steps, warmup=30, decay=0.3)
    corpus = load_corpus(given.corpus, cache=given.cache)
    rows = []
    for variant in VARIANTS:
        rows.append(_measured(variant, recipe, corpus))
        print(rows[-1], flush=True)
        write_results(
            "generate_training",
            rows,
            measured_on=machine(),
            notes=f"{given.steps} steps of {recipe.rows_per_batch} rows; structure + angles, in "
            "bits per gate; CPU seconds of training.",
        )


def _measured(variant: Variant, recipe: TrainRecipe, corpus: EncodedCorpus) -> dict[str, Any]:
    torch.manual_seed(recipe.seed)
    size = variant.size or recipe.model
    model = variant.build(CircuitConfig(condition_sizes=corpus.names.sizes(), **asdict(size)))
    began = time.process_time()
    _train(model, variant.optimizers(model, recipe), recipe, corpus.split("train"))
    seconds = time.process_time() - began
    model.train(False)
    return {
        "variant": variant.name,
        "parameters": sum(p.numel() for p in model.parameters()),
        "validation": _bits(model, corpus.split("validation")),
        "unseen sizes": _bits(model, corpus.split("held_out_sizes")),
        "CPU seconds": seconds,
    }


def _train(
    model: CircuitModel, optimizers: Optimizers, recipe: TrainRecipe, documents: EncodedDocuments
) -> None:
    for number, batch in enumerate(batches(recipe, documents)):
        step(model, optimizers, recipe, number, batch)


def step(
    model: CircuitModel,
    optimizers: Optimizers,
    recipe: TrainRecipe,
    number: int,
    batch: PackedBatch,
) -> None:
    """One step of training in one process."""
    set_rates(optimizers, recipe.schedule(number))
    with torch.autocast("cpu", torch.bfloat16):
        nll_BTC = model(batch)
    weight = torch.ones(len(Column))
    weight[Column.FINE] = recipe.fine_weight
    gates = (batch.rows_BTC[:, 1:, Column.OP] >= FIRST_GATE).sum().clamp(min=1)
    model.zero_grad(set_to_none=True)
    ((nll_BTC * weight).sum() / gates).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()


def batches(recipe: TrainRecipe, documents: EncodedDocuments) -> Iterator[PackedBatch]:
    """The batches of all steps of a recipe."""
    endless = training_batches(
        _short(documents, recipe.max_rows),
        rows_per_batch=recipe.rows_per_batch,
        seed=recipe.seed,
        first_step=0,
        drop=recipe.drop,
    )
    return (batch for _, batch in zip(range(recipe.steps), endless, strict=False))


def _bits(model: CircuitModel, documents: EncodedDocuments) -> float:
    some = _short(documents, 1280)
    some = some.chosen(range(0, len(some), max(1, len(some) // _DOCUMENTS)))
    with torch.autocast("cpu", torch.bfloat16):
        found = bits_per_gate(model, some)
    return found.structure + found.angles


def _short(documents: EncodedDocuments, rows: int) -> EncodedDocuments:
    return documents.chosen(np.flatnonzero(documents.lengths() <= rows))


if __name__ == "__main__":
    main()
