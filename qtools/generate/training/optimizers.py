"""Optimisers of training: Muon for hidden matrices, AdamW for everything else.

Embeddings and output heads are tables of rows, not maps between hidden states, and stay with
AdamW, as the authors of Muon advise.
"""

from collections.abc import Iterator

import torch
from torch import nn

from qtools.generate.model.heads import Pointer, Step
from qtools.generate.model.network import CircuitModel
from qtools.generate.training.muon import Muon
from qtools.generate.training.recipe import TrainRecipe


def make_optimizers(model: CircuitModel, recipe: TrainRecipe) -> tuple[torch.optim.Optimizer, ...]:
    """(AdamW, Muon) over disjoint parameters that are all of the model's.

    Every parameter group keeps its full rate as ``initial_lr``; see :func:`set_rates`.
    """
    hidden = list(_hidden_matrices(model))
    known = {id(p) for p in hidden}
    others = [p for p in model.parameters() if id(p) not in known]
    groups = [
        {"params": [p for p in others if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0},
    ]
    adamw = torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98))
    muon = Muon(
        hidden,
        lr=recipe.hidden_rate,
        weight_decay=recipe.weight_decay,
        momentum=0.95,
        adjust_lr_fn="original",
    )
    for optimizer in (adamw, muon):
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    return adamw, muon


def set_rates(optimizers: tuple[torch.optim.Optimizer, ...], fraction: float) -> None:
    """Set every rate to a fraction of its full value."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = fraction * group["initial_lr"]


def _hidden_matrices(model: CircuitModel) -> Iterator[nn.Parameter]:
    """Weights that map one hidden state to another."""
    yield from (p for p in model.trunk.parameters() if p.ndim == 2)
    for module in model.columns.modules():
        if isinstance(module, Step):
            yield from (*module.into.parameters(), *module.out.parameters())
        elif isinstance(module, Pointer):
            yield from module.into.parameters()
