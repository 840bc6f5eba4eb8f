"""From the trunk's state to the next row, column by column.

The op is predicted first; each chosen cell is added to the state before the next column is
predicted, so a row's probability is the product of its columns'. Operands are *pointed at*: every
candidate index is scored by what it is relative to the row and to the prefix (distance to earlier
operands, distance to both ends of the register, what last happened to it and when). Scores of
relative places are what lets a model continue a pattern on registers that it never saw.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from qtools.generate.language.angles import NUM_ANGLE_TOKENS, NUM_FINE
from qtools.generate.language.vocabulary import MAX_INDEX, NUM_OPS
from qtools.generate.model.context import NUM_RECENCIES, Context

_RELATIVE = 2 * MAX_INDEX - 1


class Step(nn.Module):
    """Adds what was chosen to the state and mixes: ``y = z + e; y + W2 gelu(W1 norm(y))``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.into = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, z_MD: Tensor, chosen_MD: Tensor) -> Tensor:
        """(M, D) state after the choice."""
        y_MD = z_MD + chosen_MD
        mixed: Tensor = self.out(nn.functional.gelu(self.into(self.norm(y_MD))))
        return y_MD + mixed


class Sizes(nn.Module):
    """Scores sizes of registers that no training circuit has like those around them.

    All that training teaches about such a size is that it hardly ever is one. A classical register
    as large as a quantum one of that size would then be declared a bit too small.

    Args:
        known: sizes of the quantum registers of the training circuits; 1, the size of a classical
            bit by itself, always counts as known.
    """

    low: Tensor
    high: Tensor
    share: Tensor

    def __init__(self, known: Sequence[int]) -> None:
        super().__init__()
        index = torch.arange(MAX_INDEX)
        places = torch.tensor(sorted({1, *known})) - 1
        low = places[(torch.searchsorted(places, index, right=True) - 1).clamp(min=0)]
        high = places[torch.searchsorted(places, index).clamp(max=len(places) - 1)]
        share = ((index - low) / (high - low).clamp(min=1)).clamp(0, 1)
        for name, value in (("low", low), ("high", high), ("share", share)):
            self.register_buffer(name, value, persistent=False)

    def forward(self, scores_MK: Tensor) -> Tensor:
        """(M, 128) scores; those of known sizes stay."""
        share = self.share.to(scores_MK.dtype)
        return torch.lerp(scores_MK[:, self.low], scores_MK[:, self.high], share)


class Pointer(nn.Module):
    """Scores every index below a size; see the module's docstring."""

    _SIZES = (_RELATIVE, _RELATIVE, MAX_INDEX, MAX_INDEX, NUM_OPS, NUM_RECENCIES)

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.into = nn.Linear(width, inner, bias=False)
        self.tables = nn.Linear(inner, sum(self._SIZES), bias=False)

    def forward(
        self,
        z_MD: Tensor,
        *,
        near: Tensor,
        far: Tensor,
        size: Tensor,
        state: Tensor,
        recency: Tensor,
        between: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Logits (M, 128); minus infinity from ``size`` on.

        Args:
            z_MD: state.
            near, far: (M,) indices that candidates are compared with; negative counts as 0.
            size: (M,) number of candidates.
            state, recency: (M, 128) facts about each candidate.
            between: what is made of the scores (M, 128) that do not depend on ``near``.
        """
        tables = self.tables(self.into(self.norm(z_MD))).float().split(self._SIZES, dim=1)
        index = torch.arange(MAX_INDEX, device=z_MD.device)
        shift = MAX_INDEX - 1
        own: Tensor = (
            tables[1].gather(1, index - far.clamp(min=0)[:, None] + shift)
            + tables[2]
            + tables[3].gather(1, (size[:, None] - 1 - index).clamp(min=0))
        )
        scores: Tensor = (
            tables[0].gather(1, index - near.clamp(min=0)[:, None] + shift)
            + (own if between is None else between(own))
            + tables[4].gather(1, state)
            + tables[5].gather(1, recency)
        )
        return scores.masked_fill(index >= size[:, None], float("-inf"))


class Operands(nn.Module):
    """Embeds chosen operands; the heads and the trunk's input share it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.place = nn.ModuleList(nn.Embedding(MAX_INDEX, width) for _ in range(3))
        self.end = nn.Embedding(MAX_INDEX, width)
        self.distance = nn.ModuleList(nn.Embedding(_RELATIVE, width) for _ in range(3))
        self.state = nn.ModuleList(nn.Embedding(NUM_OPS, width) for _ in range(2))
        self.recency = nn.ModuleList(nn.Embedding(NUM_RECENCIES, width) for _ in range(2))

    def a(self, a: Tensor, context: Context, recency: Tensor) -> Tensor:
        """(M, D) embedding of the first operand; zero where there is none.

        Args:
            a: (M,) its index, -1 for none.
            context: of the prefix before the row, with leading shape (M,).
            recency: (M, 128) from ``context.recency()``.
        """
        index = a.clamp(min=0)
        to_end = (context.num_qubits - 1 - index).clamp(min=0)
        made = (
            self._placed(0, index, context.first)
            + self.end(to_end)
            + self._used(0, index, context, recency)
        )
        return _where(a >= 0, made)

    def b(self, a: Tensor, b: Tensor, context: Context, recency: Tensor) -> Tensor:
        """The same for the second operand."""
        index = b.clamp(min=0)
        made = self._placed(1, index, a) + self._used(1, index, context, recency)
        return _where(b >= 0, made)

    def c(self, b: Tensor, c: Tensor) -> Tensor:
        """The same for the third operand."""
        return _where(c >= 0, self._placed(2, c.clamp(min=0), b))

    def _placed(self, column: int, index: Tensor, reference: Tensor) -> Tensor:
        distance = index - reference.clamp(min=0) + MAX_INDEX - 1
        made: Tensor = self.place[column](index) + self.distance[column](distance)
        return made

    def _used(self, column: int, index: Tensor, context: Context, recency: Tensor) -> Tensor:
        used = context.used_op.gather(1, index[:, None])[:, 0]
        ago = recency.gather(1, index[:, None])[:, 0]
        made: Tensor = self.state[column](used) + self.recency[column](ago)
        return made


def _where(present: Tensor, made: Tensor) -> Tensor:
    return torch.where(present[:, None], made, 0.0)


class Heads(nn.Module):
    """The columns of the next row, in order; owns the tables that embed what was chosen."""

    def __init__(self, width: int, inner: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = Sizes(sizes)
        self.operands = Operands(width)
        self.ops = nn.Embedding(NUM_OPS, width)
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.op = nn.Linear(width, NUM_OPS)
        self.after = nn.ModuleList(Step(width) for _ in range(4))
        self.qubits = nn.ModuleList(Pointer(width, inner) for _ in range(3))
        self.clbit = Pointer(width, inner)
        self.numbers = nn.ModuleList(Pointer(width, inner) for _ in range(2))
        self.angle_norm = nn.RMSNorm(width, eps=1e-5)
        self.angle = nn.Linear(width, NUM_ANGLE_TOKENS)
        self.angles = nn.Embedding(NUM_ANGLE_TOKENS, width)
        self.after_angle = Step(width)
        self.fine = nn.Linear(width, NUM_FINE)

    def op_logits(self, z: Tensor) -> Tensor:
        """(M, NUM_OPS)."""
        logits: Tensor = self.op(self.norm(z)).float()
        return logits

    def after_op(self, z: Tensor, op: Tensor) -> Tensor:
        """State after the op."""
        state: Tensor = self.after[0](z, self.ops(op))
        return state

    def after_operand(self, column: int, z: Tensor, embedded: Tensor) -> Tensor:
        """State after the operand in a column (1, 2, 3), given its embedding."""
        state: Tensor = self.after[column](z, embedded)
        return state

    def qubit_logits(
        self, column: int, z: Tensor, near: Tensor, far: Tensor, context: Context, recency: Tensor
    ) -> Tensor:
        """(M, 128) for a qubit in a column (1, 2, 3)."""
        logits: Tensor = self.qubits[column - 1](
            z, near=near, far=far, size=context.num_qubits, state=context.used_op, recency=recency
        )
        return logits

    def clbit_logits(self, z: Tensor, near: Tensor, context: Context) -> Tensor:
        """(M, 128) for the classical bit of a measurement."""
        written = context.written.long()
        logits: Tensor = self.clbit(
            z,
            near=near,
            far=context.clbit,
            size=context.num_clbits,
            state=written,
            recency=torch.zeros_like(written),
        )
        return logits

    def number_logits(
        self, column: int, z: Tensor, near: Tensor, context: Context, is_size: Tensor
    ) -> Tensor:
        """(M, 128) for a number in a column (1, 2); (M,) whether it is the size of a register."""
        nothing = torch.zeros_like(context.used_op)
        logits: Tensor = self.numbers[column - 1](
            z,
            near=near,
            far=context.clbit,
            size=torch.full_like(near, MAX_INDEX),
            state=nothing,
            recency=nothing,
            between=lambda own: torch.where(is_size[:, None], self.sizes(own), own),
        )
        return logits

    def angle_logits(self, z: Tensor) -> Tensor:
        """(M, NUM_ANGLE_TOKENS)."""
        logits: Tensor = self.angle(self.angle_norm(z)).float()
        return logits

    def fine_logits(self, z: Tensor, angle: Tensor) -> Tensor:
        """(M, NUM_FINE) for the residual of a bin."""
        logits: Tensor = self.fine(self.after_angle(z, self.angles(angle))).float()
        return logits
