"""Sampling a group of circuits in step, under the grammar.

A group is sampled in one batch from first row to last; finished circuits leave it (compaction)
when the batch can shrink to the next size of a fixed ladder. Which circuits form a group, and so
every shape that is computed with, depends on the request alone: circuits are the same whatever
the number of workers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qtools.generate.grammar.condition_table import Order
from qtools.generate.grammar.limits import BatchLimits
from qtools.generate.grammar.rules import Grammar
from qtools.generate.language.angles import FIRST_BIN
from qtools.generate.language.conditions import without_family
from qtools.generate.language.rows import Rows
from qtools.generate.language.vocabulary import (
    BOS,
    EMPTY,
    EOS,
    HAS_ANGLE,
    NUM_COLUMNS,
    OPERAND_KINDS,
    Column,
    Kind,
)
from qtools.generate.model.context import RunningContext
from qtools.generate.model.network import CircuitModel, operand_logits
from qtools.generate.sampling.draw import Streams, Temper, choose, guided
from qtools.generate.sampling.reader import Reader

_KINDS = torch.from_numpy(OPERAND_KINDS)
_HAS_ANGLE = torch.from_numpy(HAS_ANGLE)
#: (B, D) of each reader, or (M, V) logits of each.
States = list[Tensor]
_LADDER = (256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One sampled circuit.

    Attributes:
        index: of its order.
        rows: (T, NUM_COLUMNS), from ``qreg`` to ``eos``.
        removed: mean probability that masks removed, per cell drawn.
    """

    index: int
    rows: Rows
    removed: float


@torch.inference_mode()
def sample_group(
    model: CircuitModel, orders: Sequence[Order], *, seed: int, temper: Temper
) -> list[Drawn]:
    """Sample all orders in one batch; results in their order."""
    batch = _Batch(model, orders, seed, temper)
    while batch.step():
        pass
    return [batch.finished[place] for place in range(len(orders))]


class _Batch:
    """The circuits of a group that are still growing, all at the same row."""

    def __init__(
        self, model: CircuitModel, orders: Sequence[Order], seed: int, temper: Temper
    ) -> None:
        self._model = model
        self._orders = orders
        self._temper = temper
        self._place = torch.arange(len(orders))
        self._streams = Streams(seed, [order.index for order in orders])
        self._grammar = Grammar(BatchLimits.of([order.limits for order in orders]))
        self._context = RunningContext(len(orders))
        self._ended = torch.zeros(len(orders), dtype=torch.bool)
        self._rows: list[NDArray[np.int16]] = []
        self._removed = torch.zeros(len(orders), dtype=torch.float64)
        self._cells = torch.zeros(len(orders), dtype=torch.float64)
        self.finished: dict[int, Drawn] = {}
        self._history: list[tuple[NDArray[np.int64], NDArray[np.int16]]] = []
        self._readers = self._start()

    def step(self) -> bool:
        """Draw one row per circuit; False when all have ended."""
        rows, embedded = self._draw_rows([reader.state() for reader in self._readers])
        self._history.append((self._place.numpy().copy(), rows.to(torch.int16).numpy()))
        ending = (rows[:, Column.OP] == EOS) & ~self._ended
        self._grammar.advance(rows)
        self._context.advance(rows)
        x_BD = self._model.embed_rows(rows, embedded, self._context.context)
        for reader in self._readers:
            reader.read(x_BD)
        self._ended = self._ended | ending
        if bool(ending.any()):
            self._collect(ending)
        return self._compact()

    def _start(self) -> list[Reader]:
        """The reader that is told everything, and for guidance one that is not told the family."""
        rows = torch.full((len(self._orders), NUM_COLUMNS), EMPTY)
        rows[:, Column.OP] = BOS
        nothing = torch.zeros(len(self._orders), self._model.config.width)
        x_BD = self._model.embed_rows(rows, (nothing, nothing, nothing), self._context.context)
        told = [order.conditions for order in self._orders]
        versions = (
            [told] if self._temper.guidance == 0 else [told, [without_family(c) for c in told]]
        )
        return [Reader(self._model, conditions, x_BD) for conditions in versions]

    def _draw_rows(self, states: States) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        heads, before = self._model.columns, self._context.context
        recency = before.recency()
        uniform = self._streams.next_row()
        rows = torch.full((len(uniform), NUM_COLUMNS), EMPTY)
        mask = self._grammar.ops()
        # Circuits that ended wait for compaction; any op will do for them.
        mask[self._ended] = False
        mask[self._ended, EOS] = True
        logits = [heads.op_logits(z_BD) for z_BD in states]
        rows[:, Column.OP] = self._choose(logits, mask, uniform[:, Column.OP])
        states = [heads.after_op(z_BD, rows[:, Column.OP]) for z_BD in states]
        embedded = []
        for column in (Column.A, Column.B, Column.C):
            self._draw_operand(column, states, rows, recency, uniform[:, column])
            made = self._embed_operand(column, rows, recency)
            embedded.append(made)
            states = [heads.after_operand(column, z_BD, made) for z_BD in states]
        self._draw_angle(states, rows, uniform)
        return rows, (embedded[0], embedded[1], embedded[2])

    def _embed_operand(self, column: Column, rows: Tensor, recency: Tensor) -> Tensor:
        operands, before = self._model.columns.operands, self._context.context
        a, b = rows[:, Column.A], rows[:, Column.B]
        if column == Column.A:
            return operands.a(a, before, recency)
        if column == Column.B:
            return operands.b(a, b, before, recency)
        return operands.c(b, rows[:, Column.C])

    def _draw_operand(
        self, column: Column, states: States, rows: Tensor, recency: Tensor, uniform: Tensor
    ) -> None:
        kinds = _KINDS[rows[:, Column.OP]][:, column - 1]
        before = self._context.context
        for kind in (Kind.QUBIT, Kind.CLBIT, Kind.NUMBER):
            chosen = ((kinds == kind) & ~self._ended).nonzero()[:, 0]
            if len(chosen):
                known = rows[chosen], before.flat(chosen), recency[chosen]
                logits = [
                    operand_logits(self._model.columns, kind, column, z_BD[chosen], *known)
                    for z_BD in states
                ]
                mask = self._grammar.operand(column, rows)[chosen]
                rows[chosen, column] = self._choose(logits, mask, uniform[chosen], chosen)

    def _draw_angle(self, states: States, rows: Tensor, uniform: Tensor) -> None:
        heads = self._model.columns
        turned = (_HAS_ANGLE[rows[:, Column.OP]] & ~self._ended).nonzero()[:, 0]
        if not len(turned):
            return
        mask = self._grammar.angles()[turned]
        logits = [heads.angle_logits(z_BD[turned]) for z_BD in states]
        token = self._choose(logits, mask, uniform[turned, Column.ANGLE], turned)
        rows[turned, Column.ANGLE] = token
        free = turned[token >= FIRST_BIN]
        if len(free):
            bins = rows[free, Column.ANGLE]
            logits = [heads.fine_logits(z_BD[free], bins) for z_BD in states]
            everything = torch.ones_like(logits[0], dtype=torch.bool)
            drawn = self._choose(logits, everything, uniform[free, Column.FINE], free)
            rows[free, Column.FINE] = drawn

    def _choose(
        self, logits: States, mask: Tensor, uniform: Tensor, places: Tensor | None = None
    ) -> Tensor:
        told = (
            logits[0] if len(logits) == 1 else guided(logits[0], logits[1], self._temper.guidance)
        )
        choice, removed = choose(told, mask, uniform, self._temper)
        if places is None:
            alive = (~self._ended).double()
            self._removed += removed * alive
            self._cells += alive
        else:
            self._removed[places] += removed
            self._cells[places] += 1
        return choice

    def _collect(self, ending: Tensor) -> None:
        for line in ending.nonzero()[:, 0].tolist():
            place = int(self._place[line])
            rows = [drawn[places == place] for places, drawn in self._history]
            self.finished[place] = Drawn(
                index=self._orders[place].index,
                rows=np.concatenate(rows),
                removed=float(self._removed[line] / self._cells[line]),
            )

    def _compact(self) -> bool:
        alive = int((~self._ended).sum())
        if not alive:
            return False
        size = next(size for size in reversed(_LADDER) if size >= min(alive, _LADDER[0]))
        if alive > _LADDER[0] or size >= len(self._ended):
            return True
        # The living ones first, then as many ended ones as the size needs.
        chosen = torch.argsort(self._ended.long(), stable=True)[:size].sort().values
        self._place, self._ended = self._place[chosen], self._ended[chosen]
        self._removed, self._cells = self._removed[chosen], self._cells[chosen]
        self._streams.keep(chosen)
        self._grammar.keep(chosen)
        self._context.keep(chosen)
        for reader in self._readers:
            reader.keep(chosen)
        return True
