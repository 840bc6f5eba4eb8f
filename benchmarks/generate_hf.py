"""The bundled model under transformers' own ``generate``: the yardstick of our sampler's speed.

The same weights as a model of flat words, one word per cell: the trunk runs once per row, as in
our sampler, and the heads once per word. ``generate`` draws, keeps the cache and decides when to
stop. There is no grammar, which would only cost it time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from qtools.generate.grammar.condition_table import Order
from qtools.generate.language.angles import FIRST_BIN, NUM_ANGLE_TOKENS, NUM_FINE
from qtools.generate.language.vocabulary import (
    BOS,
    EMPTY,
    EOS,
    FIRST_GATE,
    HAS_ANGLE,
    MAX_INDEX,
    NUM_COLUMNS,
    NUM_OPS,
    OPERAND_KINDS,
    PAD,
    Column,
    Kind,
)
from qtools.generate.model.context import RunningContext
from qtools.generate.model.network import CircuitModel, operand_logits

_SIZES = (NUM_OPS, MAX_INDEX, MAX_INDEX, MAX_INDEX, NUM_ANGLE_TOKENS, NUM_FINE)
_OFFSETS = [sum(_SIZES[:column]) for column in range(NUM_COLUMNS)]
_WORDS = sum(_SIZES)


class FlatCircuits(PreTrainedModel, GenerationMixin):  # type: ignore[no-untyped-call]
    """The model one word at a time; holds the row that is being written."""

    _supports_sdpa = True
    _supports_cache_class = True

    def __init__(self, model: CircuitModel) -> None:
        config = model.config.trunk()
        config.vocab_size = _WORDS
        super().__init__(config)
        self.circuits = model
        self.begin(torch.zeros(1, len(model.conditions), dtype=torch.long))

    def begin(self, conditions: Tensor) -> None:
        """Start a circuit under conditions (1, fields)."""
        self._told = self.circuits.embed_conditions(conditions)
        self._context = RunningContext(1)
        self._z = torch.zeros(1, self.circuits.config.width)
        self._next = Column.OP
        self._embedded: list[Tensor] = []
        self._row = torch.full((1, NUM_COLUMNS), EMPTY)
        self.gates = 0

    @classmethod
    def can_generate(cls) -> bool:
        """It can."""
        return True

    def get_output_embeddings(self) -> nn.Module | None:
        """None: the heads are the model's own."""
        return None

    def forward(
        self, input_ids: Tensor, past_key_values: Any = None, **_: Any
    ) -> CausalLMOutputWithPast:
        """Logits (1, 1, words) of the word after the last one."""
        word = int(input_ids[0, -1])
        if self._next == Column.OP and word == BOS:
            self._row[0, Column.OP] = BOS
            nothing = torch.zeros(1, self.circuits.config.width)
            self._read_row((nothing, nothing, nothing), past_key_values)
        else:
            self._take(word, past_key_values)
        logits = torch.full((1, 1, _WORDS), float("-inf"))
        start = _OFFSETS[self._next]
        chosen = self._logits()[0]
        # Without the grammar a statement may ask for an operand that does not exist.
        possible = bool(torch.isfinite(chosen).any())
        logits[0, 0, start : start + _SIZES[self._next]] = chosen if possible else 0.0
        return CausalLMOutputWithPast(logits=logits, past_key_values=past_key_values)

    def _logits(self) -> Tensor:
        heads, column = self.circuits.columns, self._next
        if column == Column.OP:
            return heads.op_logits(self._z)
        if column == Column.ANGLE:
            return heads.angle_logits(self._z)
        if column == Column.FINE:
            return heads.fine_logits(self._z, self._row[:, Column.ANGLE])
        before = self._context.context
        kind = Kind(int(OPERAND_KINDS[int(self._row[0, Column.OP])][column - 1]))
        return operand_logits(heads, kind, column, self._z, self._row, before, before.recency())

    def _take(self, word: int, cache: Any) -> None:
        """Take in a word and find the column of the next."""
        heads, column = self.circuits.columns, self._next
        self._row[0, column] = word - _OFFSETS[column]
        op = int(self._row[0, Column.OP])
        if column == Column.OP:
            self._z = heads.after_op(self._z, self._row[:, Column.OP])
        while column < Column.C:
            if column != Column.OP:
                self._after_operand(column)
            column = Column(column + 1)
            if OPERAND_KINDS[op][column - 1]:
                self._next = column
                return
        if column == Column.C:
            self._after_operand(column)
            if HAS_ANGLE[op]:
                self._next = Column.ANGLE
                return
        elif column == Column.ANGLE and int(self._row[0, column]) >= FIRST_BIN:
            self._next = Column.FINE
            return
        self.gates += op >= FIRST_GATE
        self._read_row((self._embedded[0], self._embedded[1], self._embedded[2]), cache)

    def _after_operand(self, column: Column) -> None:
        operands, before = self.circuits.columns.operands, self._context.context
        a, b, c = (self._row[:, i] for i in (Column.A, Column.B, Column.C))
        if column == Column.A:
            made = operands.a(a, before, before.recency())
        elif column == Column.B:
            made = operands.b(a, b, before, before.recency())
        else:
            made = operands.c(b, c)
        self._embedded.append(made)
        self._z = self.circuits.columns.after_operand(column, self._z, made)

    def _read_row(self, embedded: tuple[Tensor, Tensor, Tensor], cache: Any) -> None:
        """Run the trunk on a finished row."""
        if int(self._row[0, Column.OP]) != BOS:
            self._context.advance(self._row)
        x = self.circuits.embed_rows(self._row, embedded, self._context.context) + self._told
        out = self.circuits.trunk(inputs_embeds=x[:, None], past_key_values=cache, use_cache=True)
        self._z = out.last_hidden_state[:, 0]
        self._row = torch.full((1, NUM_COLUMNS), EMPTY)
        self._embedded, self._next = [], Column.OP


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast circuits were written.

    Attributes:
        gates: written in all.
        seconds: wall time.
        cpu_seconds: of this process.
    """

    gates: int
    seconds: float
    cpu_seconds: float


@torch.inference_mode()
def generate_pace(model: CircuitModel, orders: Sequence[Order], *, words: int) -> Pace:
    """``model.generate``, one circuit of so many words at a time."""
    flat = FlatCircuits(model)
    flat.train(False)
    gates, wall, cpu = 0, time.perf_counter(), time.process_time()
    for order in orders:
        flat.begin(torch.tensor([order.conditions]))
        flat.generate(  # type: ignore[misc] # its annotation of self is wrong
            torch.tensor([[BOS]]),
            attention_mask=torch.ones(1, 1, dtype=torch.long),
            do_sample=True,
            top_k=0,
            max_new_tokens=words,
            suppress_tokens=[PAD, BOS, EOS],
        )
        gates += flat.gates
    return Pace(
        gates=gates,
        seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu,
    )
