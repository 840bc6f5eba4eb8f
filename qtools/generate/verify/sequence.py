"""A small transformer that classifies circuits by their statements.

Two uses. :func:`sequence_two_sample_test` is the two-sample test of
:mod:`qtools.generate.verify.classifier` with this model in place of boosting: it sees order, which
features do not. :func:`ketgpt_classifier` is the classifier of the KetGPT paper (arXiv:2402.13352)
rebuilt from its description, with this model in place of DistilBERT: real circuits against random
lines, judged by the first 46 lines. It is easy to please; it is here for comparison only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qtools.circuits.normal import NormalCircuit
from qtools.errors import BadInputError
from qtools.generate.angles import NUM_ANGLE_TOKENS
from qtools.generate.rows import encode_circuit
from qtools.generate.verify.statistics import Estimate, Rate, bootstrap
from qtools.generate.vocabulary import EMPTY, EOS, FIRST_GATE, MAX_INDEX, NUM_OPS, PAD, Column

_LENGTH = 256
_KETGPT_LINES = 46
_FOLDS = 5
_BATCH = 32
_SIZES = (NUM_OPS, 2 * MAX_INDEX + 1, 2 * MAX_INDEX + 1, NUM_ANGLE_TOKENS + 1)
Inputs = NDArray[np.int64]


def statement_inputs(circuits: Sequence[NormalCircuit], *, length: int = _LENGTH) -> Inputs:
    """(N, length, 4): op, step of the first operand, distance of the second, angle token.

    Longer circuits are cut; shorter ones end in ``pad``.
    """
    made = np.zeros((len(circuits), length, len(_SIZES)), dtype=np.int64)
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

    def __init__(self, width: int = 64, length: int = _LENGTH) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size in _SIZES)
        self.place = nn.Embedding(length, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, 4, 2 * width, dropout=0.1, batch_first=True, norm_first=True
            )
            for _ in range(2)
        )
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
        for _ in range(epochs):
            for part in np.array_split(rng.permutation(len(inputs)), -(-len(inputs) // _BATCH)):
                chosen = _cut(x[part])
                loss = nn.functional.binary_cross_entropy_with_logits(model(chosen), y[part])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return model.train(False)


def predict(model: StatementClassifier, inputs: Inputs) -> NDArray[np.float64]:
    """(N,) logits."""
    with torch.inference_mode():
        parts = [
            model(_cut(torch.from_numpy(inputs[i : i + 64]))) for i in range(0, len(inputs), 64)
        ]
    return torch.cat(parts).double().numpy()


def _cut(x_NTC: Tensor) -> Tensor:
    """Without the columns that are padding in all sequences."""
    used = int((x_NTC[..., 0] != PAD).any(0).sum())
    return x_NTC[:, :used]


def sequence_two_sample_test(
    generated: Sequence[NormalCircuit],
    real: Sequence[NormalCircuit],
    *,
    groups: Sequence[str],
    epochs: int = 20,
    seed: int = 0,
) -> Estimate:
    """AUC of telling generated from held-out real circuits, cross-validated.

    Args:
        generated, real: the larger set is cut to the size of the smaller.
        groups: of the real circuits; a group is never split between folds.
        epochs: of each fold.
        seed: of everything.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold

    size = min(len(generated), len(real))
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(real))[:size].tolist()
    picked = rng.permutation(len(generated))[:size].tolist()
    inputs = statement_inputs([*(generated[i] for i in picked), *(real[i] for i in chosen)])
    labels = np.repeat([1, 0], size)
    names = [f"generated {i}" for i in range(size)] + [groups[i] for i in chosen]
    folds = StratifiedGroupKFold(n_splits=_FOLDS, shuffle=True, random_state=seed)
    scores = np.zeros(2 * size)
    for train, test in folds.split(inputs, labels, names):
        model = fit(inputs[train], labels[train], epochs=epochs, seed=seed)
        # Folds are scored by models of their own; ranks make their scores comparable.
        raw = predict(model, inputs[test])
        scores[test] = raw.argsort().argsort() / max(1, len(test) - 1)

    def auc(places: NDArray[np.int64]) -> float:
        if len(set(labels[places].tolist())) < 2:
            return 0.5
        return float(roc_auc_score(labels[places], scores[places]))

    return bootstrap(auc, 2 * size, rng)


@dataclass(frozen=True, kw_only=True)
class KetgptReport:
    """Verdicts of the classifier that knows real circuits and random lines.

    Attributes:
        accuracy: on held-out real circuits and fresh random lines.
        called_real: generated circuits that it calls real.
    """

    accuracy: Rate
    called_real: Rate


def ketgpt_classifier(
    train: Sequence[NormalCircuit],
    held_out: Sequence[NormalCircuit],
    generated: Sequence[NormalCircuit],
    *,
    epochs: int = 6,
    seed: int = 0,
) -> KetgptReport:
    """Train on real circuits against random lines; judge the generated ones.

    Raises:
        BadInputError: no training circuits.
    """
    if not train:
        raise BadInputError("expected training circuits for the classifier, got none")
    rng = np.random.default_rng(seed)
    lines = _vocabulary_of_lines(train)
    length = _KETGPT_LINES + 4
    real = statement_inputs(train, length=length)
    fake = np.stack([_random_lines(lines, row, rng) for row in real])
    model = fit(
        np.concatenate([real, fake]),
        np.repeat([0, 1], len(real)),
        epochs=epochs,
        seed=seed,
    )
    held = statement_inputs(held_out, length=length)
    fresh = np.stack([_random_lines(lines, row, rng) for row in held])
    right = (predict(model, held) < 0).sum() + (predict(model, fresh) > 0).sum()
    verdicts = predict(model, statement_inputs(generated, length=length)) < 0
    return KetgptReport(
        accuracy=Rate(count=int(right), total=2 * len(held)),
        called_real=Rate(count=int(verdicts.sum()), total=len(verdicts)),
    )


def _vocabulary_of_lines(circuits: Sequence[NormalCircuit]) -> Inputs:
    """(V, 4) distinct gate statements as inputs."""
    inputs = statement_inputs(circuits).reshape(-1, len(_SIZES))
    return np.unique(inputs[inputs[:, 0] >= FIRST_GATE], axis=0)


def _random_lines(lines: Inputs, like: Inputs, rng: np.random.Generator) -> Inputs:
    """Inputs of the same length whose gates are drawn uniformly from all lines."""
    made = like.copy()
    places = np.flatnonzero((like[:, 0] != PAD) & (like[:, 0] != EOS) & (like[:, 0] >= FIRST_GATE))
    made[places] = lines[rng.integers(0, len(lines), len(places))]
    return made
