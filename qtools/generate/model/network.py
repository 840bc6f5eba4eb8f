"""The model: a Llama-style decoder over rows with the heads of :mod:`qtools.generate.model.heads`.

Shapes: B sequences, T rows, C columns, D width, F condition fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaModel, PretrainedConfig, PreTrainedModel

from qtools.generate.language.angles import NUM_FINE
from qtools.generate.language.vocabulary import (
    BOS,
    EMPTY,
    IF,
    MAX_INDEX,
    NUM_COLUMNS,
    OPERAND_KINDS,
    PAD,
    Column,
    Kind,
)
from qtools.generate.model.context import NUM_COUNTS, Context, contexts
from qtools.generate.model.heads import Heads
from qtools.generate.model.trunk import run_trunk

_KINDS = torch.from_numpy(OPERAND_KINDS)
#: Longest sequence of rows that the model is made for.
MAX_ROWS = 4096
#: Heads compute a multiple of this number of rows.
_RASTER = 256
EVERY_SIZE = range(1, MAX_INDEX + 1)


class CircuitConfig(PretrainedConfig):  # type: ignore[no-untyped-call] # its hook is untyped
    """Sizes of the model and of its condition vocabulary.

    Attributes:
        condition_sizes: ids per condition field, the open one included.
        width, layers, heads, inner: of the decoder; ``inner`` is the width of its MLP.
        pointer: inner width of the pointers.
        register_sizes: of the quantum registers of the training circuits; see
            :class:`qtools.generate.model.heads.Sizes`.
    """

    model_type = "qtools-circuits"

    def __init__(
        self,
        *,
        condition_sizes: tuple[int, ...] = (),
        width: int = 192,
        layers: int = 4,
        heads: int = 3,
        inner: int = 512,
        pointer: int = 96,
        register_sizes: Sequence[int] = EVERY_SIZE,
        **kwargs: Any,
    ) -> None:
        self.condition_sizes = list(condition_sizes)
        self.width = width
        self.layers = layers
        self.heads = heads
        self.inner = inner
        self.pointer = pointer
        self.register_sizes = list(register_sizes)
        super().__init__(**kwargs)

    def trunk(self) -> LlamaConfig:
        """The decoder's own configuration."""
        return LlamaConfig(
            vocab_size=1,
            hidden_size=self.width,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.heads,
            intermediate_size=self.inner,
            max_position_embeddings=MAX_ROWS,
            attention_dropout=0.0,
            use_cache=False,
            pad_token_id=None,
            bos_token_id=None,
            eos_token_id=None,
            attn_implementation="sdpa",  # type: ignore[call-arg] # taken as a keyword
        )


@dataclass(frozen=True, kw_only=True)
class PackedBatch:
    """Documents one after the other.

    Attributes:
        rows_BTC: ``bos`` row and rows of each document, then ``pad`` rows.
        start_BT: place of the ``bos`` row of the document that each row belongs to.
        conditions_BTF: condition ids of the document that each row belongs to.
    """

    rows_BTC: Tensor
    start_BT: Tensor
    conditions_BTF: Tensor

    def to(self, device: torch.device) -> "PackedBatch":
        """The batch on another device."""
        return PackedBatch(
            rows_BTC=self.rows_BTC.to(device),
            start_BT=self.start_BT.to(device),
            conditions_BTF=self.conditions_BTF.to(device),
        )


class CircuitModel(PreTrainedModel):  # type: ignore[no-untyped-call] # its hook is untyped
    """Probability of a circuit's rows, one after the other, under conditions."""

    config_class = CircuitConfig
    base_model_prefix = "circuits"

    def __init__(self, config: CircuitConfig) -> None:
        super().__init__(config)
        width = config.width
        self.trunk = LlamaModel(config.trunk())
        # Inputs are sums of cells; the trunk's own table of tokens has no use.
        del self.trunk.embed_tokens
        self.conditions = nn.ModuleList(nn.Embedding(s, width) for s in config.condition_sizes)
        self.register_size = nn.Embedding(MAX_INDEX + 1, width)
        self.gate_count = nn.Embedding(NUM_COUNTS, width)
        self.fine = nn.Embedding(NUM_FINE, width)
        self.columns = Heads(width, config.pointer, config.register_sizes)
        self.post_init()  # type: ignore[no-untyped-call] # transformers leaves it untyped

    def _init_weights(self, module: nn.Module) -> None:
        """Normal weights of standard deviation 0.02, as GPT-2 and Llama start."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)
        elif hasattr(module, "weight") and isinstance(module.weight, nn.Parameter):
            nn.init.ones_(module.weight)

    def forward(self, batch: PackedBatch) -> Tensor:
        """Negative log-likelihood (B, T - 1, NUM_COLUMNS) in nats of rows 1 to T - 1.

        Cells that are empty, and rows that are ``bos`` or ``pad``, have 0.
        """
        rows, start = batch.rows_BTC, batch.start_BT
        context = contexts(rows, start)
        before = _all_but_last(context)
        recency = before.recency()
        following = rows[:, 1:].reshape(-1, NUM_COLUMNS)
        embedded = self.embed_operands(following, before, recency)
        x_BTD = self._inputs(batch, context, embedded)
        packed = bool(start.any())
        h_BTD = run_trunk(self.trunk, x_BTD, start[:, :-1] if packed else None)
        z_MD = h_BTD.reshape(-1, h_BTD.shape[-1])
        nll = self._column_losses(z_MD, following, before, recency, embedded)
        return nll.view(rows.shape[0], rows.shape[1] - 1, NUM_COLUMNS)

    def embed_operands(
        self, rows_MC: Tensor, before: Context, recency: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(M, D) embeddings of the three operand columns of rows, given what came before."""
        a, b, c = rows_MC[:, Column.A], rows_MC[:, Column.B], rows_MC[:, Column.C]
        return (
            self.columns.operands.a(a, before, recency),
            self.columns.operands.b(a, b, before, recency),
            self.columns.operands.c(b, c),
        )

    def embed_rows(
        self, rows_MC: Tensor, operands: tuple[Tensor, Tensor, Tensor], after: Context
    ) -> Tensor:
        """(M, D) inputs of the trunk for rows, given their operands and what holds after them."""
        angle, fine = rows_MC[:, Column.ANGLE], rows_MC[:, Column.FINE]
        x_MD: Tensor = (
            self.columns.ops(rows_MC[:, Column.OP]) + operands[0] + operands[1] + operands[2]
        )
        x_MD = x_MD + self.register_size(after.num_qubits) + self.gate_count(after.count_bucket())
        turned = self.columns.angles(angle.clamp(min=0)) + torch.where(
            (fine >= 0)[:, None], self.fine(fine.clamp(min=0)), 0.0
        )
        return x_MD + torch.where((angle >= 0)[:, None], turned, 0.0)

    def embed_conditions(self, conditions_MF: Tensor) -> Tensor:
        """(M, D) sum of the embeddings of all fields."""
        parts = [table(conditions_MF[:, i]) for i, table in enumerate(self.conditions)]
        return torch.stack(parts).sum(0)

    def _inputs(
        self, batch: PackedBatch, context: Context, embedded: tuple[Tensor, Tensor, Tensor]
    ) -> Tensor:
        rows = batch.rows_BTC[:, :-1]
        count, length, _ = rows.shape
        # Row t's operands were embedded as the row that follows t - 1; bos rows have none.
        shifted = tuple(
            nn.functional.pad(e.view(count, length, -1)[:, :-1], (0, 0, 1, 0)).flatten(0, 1)
            for e in embedded
        )
        x_MD = self.embed_rows(
            rows.reshape(-1, NUM_COLUMNS),
            (shifted[0], shifted[1], shifted[2]),
            _all_but_last(context),
        )
        # On every row: on the first alone they are learnt far more slowly.
        known = self.embed_conditions(
            batch.conditions_BTF[:, :-1].reshape(-1, len(self.conditions))
        )
        return (x_MD + known).view(count, length, -1)

    def _column_losses(
        self,
        z_MD: Tensor,
        rows_MC: Tensor,
        before: Context,
        recency: Tensor,
        embedded: tuple[Tensor, Tensor, Tensor],
    ) -> Tensor:
        op = rows_MC[:, Column.OP]
        real = (op != BOS) & (op != PAD)
        nll = torch.zeros(*rows_MC.shape, dtype=torch.float32, device=z_MD.device)
        heads = self.columns

        def lose(column: Column, places: Tensor, count: int, logits: Tensor) -> None:
            """Take in the logits of a cell in ``count`` rows; those after them are filling."""
            target = rows_MC[places[:count], column]
            loss = nn.functional.cross_entropy(logits[:count], target, reduction="none")
            nll[places[:count], column] = loss

        places, count = _places(real)
        lose(Column.OP, places, count, heads.op_logits(z_MD[places]))
        kinds = _KINDS.to(op.device)[op]
        z_MD = heads.after_op(z_MD, op)
        for column in (Column.A, Column.B, Column.C):
            for kind in (Kind.QUBIT, Kind.CLBIT, Kind.NUMBER):
                places, count = _places(real & (kinds[:, column - 1] == kind))
                if count:
                    logits = operand_logits(
                        heads,
                        kind,
                        column,
                        z_MD[places],
                        rows_MC[places],
                        before.flat(places),
                        recency[places],
                    )
                    lose(column, places, count, logits)
            z_MD = heads.after_operand(column, z_MD, embedded[column - 1])
        places, count = _places(real & (rows_MC[:, Column.ANGLE] != EMPTY))
        lose(Column.ANGLE, places, count, heads.angle_logits(z_MD[places]))
        places, count = _places(real & (rows_MC[:, Column.FINE] != EMPTY))
        angle = rows_MC[places, Column.ANGLE]
        lose(Column.FINE, places, count, heads.fine_logits(z_MD[places], angle))
        return nll


def operand_logits(
    heads: Heads,
    kind: Kind,
    column: Column,
    z_MD: Tensor,
    rows_MC: Tensor,
    before: Context,
    recency: Tensor,
) -> Tensor:
    """(M, 128) logits of an operand; columns of ``rows_MC`` before ``column`` are known."""
    a, b = rows_MC[:, Column.A], rows_MC[:, Column.B]
    if kind == Kind.CLBIT:
        return heads.clbit_logits(z_MD, a, before)
    if kind == Kind.NUMBER:
        first = column == Column.A
        near = before.num_qubits - 1 if first else a
        is_size = (rows_MC[:, Column.OP] != IF) & first
        return heads.number_logits(column, z_MD, near, before, is_size)
    near, far = {
        Column.A: (before.first, before.last),
        Column.B: (a, before.last),
        Column.C: (a, b),
    }[column]
    return heads.qubit_logits(column, z_MD, near, far, before, recency)


def _places(mask_M: Tensor) -> tuple[Tensor, int]:
    """Places of the true entries and their number, filled up with the first of them.

    Filled up because the library behind products on processors makes a kernel per shape, which
    takes longer than the product: a number of rows that comes again and again finds its kernel.
    """
    places = mask_M.nonzero()[:, 0]
    filling = -len(places) % _RASTER
    return torch.cat([places, places[:1].expand(filling)]) if len(places) else places, len(places)


def _all_but_last(context: Context) -> Context:
    """Contexts after rows 0 to T - 2, flattened to a leading shape (B (T - 1),)."""
    count, length = context.num_qubits.shape
    places = torch.arange(count * length, device=context.num_qubits.device).view(count, length)
    return context.flat(places[:, :-1].reshape(-1))
