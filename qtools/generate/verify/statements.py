"""A small transformer that classifies circuits by their statements.

Unlike features it sees order. :mod:`qtools.generate.verify.sequence` and
:mod:`qtools.generate.verify.ketgpt` use it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qtools.circuits.normal import NormalCircuit
from qtools.generate.language.angles import NUM_ANGLE_TOKENS
from qtools.generate.language.rows import encode_circuit
from qtools.generate.language.vocabulary import EMPTY, MAX_INDEX, NUM_OPS, PAD, Column

#: Statements that are looked at; longer circuits are cut.
LENGTH = 256
#: Ids per input column.
SIZES = (NUM_OPS, 2 * MAX_INDEX + 1, 2 * MAX_INDEX + 1, NUM_ANGLE_TOKENS + 1)
_BATCH = 32
# Batches that share their circuits out by length.
_WINDOW = 8
Inputs = NDArray[np.int64]


def statement_inputs(circuits: Sequence[NormalCircuit], *, length: int = LENGTH) -> Inputs:
    """(N, length, 4): op, step of the first operand, distance of the second, angle token.

    Longer circuits are cut; shorter ones end in ``pad``.
    """
    made = np.zeros((len(circuits), length, len(SIZES)), dtype=np.int64)
    made[..., 0] = PAD
    for line, circuit in enumerate(circuits):
        rows = encode_circuit(circuit)[:length].astype(np.int64)
        a, b = rows[:, Column.A], rows[:, Column.B]
        before = np.concatenate([[0], a[:-1]])
        step = np.where((a != EMPTY) & (before != EMPTY), a - before + MAX_INDEX, 2 * MAX_INDEX)
        apart = np.where(b != EMPTY, b - a + MAX_INDEX, 2 * MAX_INDEX)
        inputs = (rows[:, Column.OP], step, apart, rows[:, Column.ANGLE] + 1)
        made[line, : len(rows)] = np.stack(inputs, axis=1)
    return made


class StatementClassifier(nn.Module):
    """Embeddings of statements, two transformer layers, the mean, one logit."""

    def __init__(self, width: int = 64, length: int = LENGTH) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size in SIZES)
        self.place = nn.Embedding(length, width)
        layers = [
            nn.TransformerEncoderLayer(
                width, 4, 2 * width, dropout=0.1, batch_first=True, norm_first=True
            )
            for _ in range(2)
        ]
        for layer in layers:
            # Dropout of attention weights would keep torch from its fused kernel.
            layer.self_attn.dropout = 0.0
        self.layers = nn.ModuleList(layers)
        self.out = nn.Linear(width, 1)

    def forward(self, x_NTC: Tensor) -> Tensor:
        """(N,) logits of being generated."""
        padding_NT = x_NTC[..., 0] == PAD
        x_NTD = self.place(torch.arange(x_NTC.shape[1]))
        x_NTD = x_NTD + torch.stack([t(x_NTC[..., i]) for i, t in enumerate(self.tables)]).sum(0)
        for layer in self.layers:
            x_NTD = layer(x_NTD, src_key_padding_mask=padding_NT)
        weight_NT1 = (~padding_NT).float()[..., None]
        mean_ND = (x_NTD * weight_NT1).sum(1) / weight_NT1.sum(1)
        logits: Tensor = self.out(mean_ND)[:, 0]
        return logits


def fit(
    inputs: Inputs, labels: NDArray[np.int64], *, epochs: int, seed: int
) -> StatementClassifier:
    """Train a classifier; equal seeds give equal weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = StatementClassifier(length=inputs.shape[1])
        steps = epochs * -(-len(inputs) // _BATCH)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
        rng = np.random.default_rng(seed)
        x, y = torch.from_numpy(inputs), torch.from_numpy(labels).float()
        lengths = _lengths(inputs)
        for _ in range(epochs):
            for part in like_length(lengths, rng):
                chosen = _cut(x[part])
                loss = nn.functional.binary_cross_entropy_with_logits(model(chosen), y[part])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return model.train(False)


def like_length(
    lengths: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Places in random batches whose circuits are of about one length.

    A batch takes as long as its longest circuit; drawn from all circuits, nearly all would be as
    long as circuits can be.
    """
    windows = np.array_split(
        rng.permutation(len(lengths)), max(1, round(len(lengths) / (_WINDOW * _BATCH)))
    )
    ordered = [window[np.argsort(lengths[window], kind="stable")] for window in windows]
    parts = _batches(np.concatenate(ordered))
    for place in rng.permutation(len(parts)):
        yield parts[place]


def predict(model: StatementClassifier, inputs: Inputs) -> NDArray[np.float64]:
    """(N,) logits."""
    logits = np.zeros(len(inputs))
    with torch.inference_mode():
        for part in _batches(np.argsort(_lengths(inputs), kind="stable")):
            logits[part] = model(_cut(torch.from_numpy(inputs[part]))).double().numpy()
    return logits


def _batches(places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.array_split(places, -(-len(places) // _BATCH)) if len(places) else []


def _lengths(inputs: Inputs) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = (inputs[..., 0] != PAD).sum(1)
    return lengths


def _cut(x_NTC: Tensor) -> Tensor:
    """Without the columns that are padding in all sequences."""
    used = int((x_NTC[..., 0] != PAD).any(0).sum())
    return x_NTC[:, :used]
