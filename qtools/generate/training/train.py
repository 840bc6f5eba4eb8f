"""Training: a loop on accelerate that can be killed at any time and goes on where it was.

Same recipe, corpus and machine give the same losses; a run in stages sees the same batches as a
run in one piece. Under ``torchrun`` the ranks share every batch
(:mod:`qtools.generate.training.ranks`).
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from qtools.errors import BadInputError, StoppedEarlyError
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.vocabulary import BOS, FIRST_GATE, PAD, Column
from qtools.generate.model.network import CircuitConfig, CircuitModel, PackedBatch
from qtools.generate.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from qtools.generate.training.corpus import EncodedCorpus
from qtools.generate.training.losses import BitsPerGate, bits_per_gate
from qtools.generate.training.optimizers import make_optimizers, set_rates
from qtools.generate.training.packing import training_batches
from qtools.generate.training.ranks import agreed, is_first, make_accelerator, parallel, part_of
from qtools.generate.training.recipe import TrainRecipe
from qtools.runs.lock import locked
from qtools.runs.tasks import content_id

#: Folder of the run's state inside its output directory.
STATE_FOLDER = ".training"
Report = Callable[[Progress, BitsPerGate], None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished run.

    Attributes:
        model: the trained model, in float32 on the CPU.
        progress: with the learning curve.
    """

    model: CircuitModel
    progress: Progress


def train(
    recipe: TrainRecipe,
    corpus: EncodedCorpus,
    out: Path,
    *,
    max_seconds: float | None = None,
    report: Report | None = None,
) -> Trained:
    """Train, or go on training, the model of a recipe.

    Args:
        recipe: what to do.
        corpus: what to learn from: its split ``train``, watched on ``validation``.
        out: directory whose folder ``.training`` keeps the state.
        max_seconds: stop after this time with the state saved.
        report: called after every evaluation.

    Raises:
        StoppedEarlyError: ``max_seconds`` are over; run again to go on.
        OutputExistsError: ``out`` holds another run.
        BadInputError: nothing to train on, or another run trains in ``out``.
    """
    deadline = None if max_seconds is None else time.monotonic() + max_seconds
    with locked(out) if is_first() else nullcontext():
        run = _Run(recipe, corpus, out)
        run.go(deadline, report or (lambda progress, loss: None))
    return Trained(model=run.finished(), progress=run.progress)


class _Run:
    """One run, or one rank of it, in this process."""

    def __init__(self, recipe: TrainRecipe, corpus: EncodedCorpus, out: Path) -> None:
        from accelerate.utils import set_seed

        set_seed(recipe.seed)
        self.recipe = recipe
        self.accelerator = make_accelerator(recipe.precision)
        self.state = out / STATE_FOLDER
        self.documents = _at_most(corpus.split("train"), recipe.max_rows)
        self.validation = _sample(
            _at_most(corpus.split("validation"), recipe.max_rows), recipe.validation_documents
        )
        config = CircuitConfig(
            condition_sizes=corpus.names.sizes(),
            width=recipe.model.width,
            layers=recipe.model.layers,
            heads=recipe.model.heads,
            inner=recipe.model.inner,
            pointer=recipe.model.pointer,
            register_sizes=corpus.split("train").widths(),
        )
        self.model = CircuitModel(config)
        nn.Module.to(self.model, self.accelerator.device)
        self.optimizers = make_optimizers(self.model, recipe)
        self.progress = load_checkpoint(
            self.state, self.model, self.optimizers, run=content_id([recipe.id, corpus.id])
        )
        self.parallel = parallel(self.model, self.accelerator)

    def go(self, deadline: float | None, report: Report) -> None:
        recipe, progress = self.recipe, self.progress
        if progress.step >= recipe.steps or progress.stale >= recipe.patience:
            return
        batches = training_batches(
            self.documents,
            rows_per_batch=recipe.rows_per_batch,
            seed=recipe.seed,
            first_step=progress.step,
            drop=recipe.drop,
        )
        clock = time.monotonic()
        for batch in batches:
            self._step(batch)
            now = time.monotonic()
            progress.seconds, clock = progress.seconds + now - clock, now
            done = progress.step >= recipe.steps
            if done or progress.step % recipe.evaluate_every == 0:
                loss = self._evaluate()
                if self.accelerator.is_main_process:
                    report(progress, loss)
                done = done or progress.stale >= recipe.patience
            out_of_time = deadline is not None and agreed(now > deadline, self.accelerator)
            is_due = done or out_of_time or progress.step % recipe.checkpoint_every == 0
            if is_due and self.accelerator.is_main_process:
                save_checkpoint(self.state, self.model, self.optimizers, progress)
            if done:
                return
            if out_of_time:
                raise StoppedEarlyError(
                    f"stopped after step {progress.step} of {recipe.steps} with the state saved; "
                    "run again to go on"
                )

    def finished(self) -> CircuitModel:
        """The model on the CPU, in evaluation mode."""
        nn.Module.cpu(self.model)
        self.model.train(False)
        return self.model

    def _step(self, batch: PackedBatch) -> None:
        # Of the whole batch, whichever part of it this rank computes.
        op = batch.rows_BTC[:, 1:, Column.OP]
        accelerator = self.accelerator
        part, share = part_of(batch, accelerator.process_index, accelerator.num_processes)
        set_rates(self.optimizers, self.recipe.schedule(self.progress.step))
        with self.accelerator.autocast():
            nll_BTC = self.parallel(part.to(accelerator.device))
        weight = torch.ones(len(Column), device=nll_BTC.device)
        weight[Column.FINE] = self.recipe.fine_weight
        gates = (op >= FIRST_GATE).sum().clamp(min=1).to(nll_BTC.device)
        loss = (nll_BTC * weight).sum() / gates
        if share != 1.0:
            loss = loss * share
        self.model.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.progress.step += 1
        self.progress.rows += int(((op != PAD) & (op != BOS)).sum())

    def _evaluate(self) -> BitsPerGate:
        progress = self.progress
        with self.accelerator.autocast():
            loss: BitsPerGate = agreed(bits_per_gate(self.model, self.validation), self.accelerator)
        score = loss.structure + loss.angles
        progress.stale = 0 if score < progress.best else progress.stale + 1
        progress.best = min(progress.best, score)
        progress.log.append(
            {
                "step": progress.step,
                "rows": progress.rows,
                "seconds": round(progress.seconds, 3),
                "structure": loss.structure,
                "angles": loss.angles,
                "residuals": loss.residuals,
            }
        )
        return loss


def _at_most(documents: EncodedDocuments, rows: int) -> EncodedDocuments:
    kept = documents.chosen(np.flatnonzero(documents.lengths() <= rows))
    if not len(kept):
        raise BadInputError(f"expected circuits of at most {rows} rows to train on, got none")
    return kept


def _sample(documents: EncodedDocuments, count: int) -> EncodedDocuments:
    if len(documents) <= count:
        return documents
    chosen = np.random.default_rng(0).choice(len(documents), size=count, replace=False)
    return documents.chosen(np.sort(chosen))
