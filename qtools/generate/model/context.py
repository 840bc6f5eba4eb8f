"""What every prefix of a circuit determines: per qubit and in whole.

The model reads these facts next to the rows themselves: the operands of the last statement, what
last happened to each qubit and when, how many gates there are. They follow from the rows, so they
tell the model nothing that it could not work out; they spare it the bookkeeping. There are two
implementations, one over whole sequences for training (:func:`contexts`) and one row by row for
sampling (:class:`RunningContext`); a test holds them equal.
"""

from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor

from qtools.generate.language.vocabulary import (
    CREG,
    FIRST_GATE,
    MAX_INDEX,
    OPERAND_KINDS,
    QREG,
    Kind,
)

#: Buckets of the time since a qubit was last used: 0 never, then octaves.
NUM_RECENCIES = 13
#: Buckets of the number of gates so far: quarter octaves.
NUM_COUNTS = 48
NO_OP = 0
_KINDS = torch.from_numpy(OPERAND_KINDS)


@dataclass(frozen=True, kw_only=True)
class Context:
    """Facts about prefixes; the leading shape ``...`` is (B, T) or (B,).

    Attributes:
        num_qubits: (...) size of the register; 0 before ``qreg``.
        num_clbits: (...) classical bits declared so far.
        first, last: (...) first and last qubit of the last statement with qubits.
        clbit: (...) the classical bit written last; -1 before any.
        gates: (...) number of gates.
        used_op: (..., 128) op that last acted on each qubit; 0 if none.
        used_ago: (..., 128) rows since then; 0 for the row just read; -1 if none.
        written: (..., 128) whether a measurement wrote the classical bit.
    """

    num_qubits: Tensor
    num_clbits: Tensor
    first: Tensor
    last: Tensor
    clbit: Tensor
    gates: Tensor
    used_op: Tensor
    used_ago: Tensor
    written: Tensor

    def flat(self, chosen: Tensor) -> Self:
        """The contexts at chosen places of the flattened leading shape."""
        parts = {}
        for field in fields(self):
            value: Tensor = getattr(self, field.name)
            wide = value.ndim == self.used_op.ndim
            flat = value.reshape(-1, value.shape[-1]) if wide else value.reshape(-1)
            parts[field.name] = flat[chosen]
        return type(self)(**parts)

    def recency(self) -> Tensor:
        """(..., 128) bucket of the time since each qubit was used."""
        ago = self.used_ago
        octave = torch.log2(ago.clamp(min=0).float() + 1).long() + 1
        return torch.where(ago < 0, 0, octave.clamp(max=NUM_RECENCIES - 1))

    def count_bucket(self) -> Tensor:
        """(...) bucket of the number of gates."""
        return (4 * torch.log2(self.gates.float() + 1)).long().clamp(max=NUM_COUNTS - 1)


def contexts(rows_BTC: Tensor, start_BT: Tensor) -> Context:
    """The context after every row of packed sequences.

    Args:
        rows_BTC: rows of documents one after the other, ``bos`` rows included.
        start_BT: place of the first row of the document that each row belongs to.
    """
    batch, length, _ = rows_BTC.shape
    op = rows_BTC[..., 0]
    kinds = _KINDS.to(op.device)[op]
    place = torch.arange(length, device=op.device).expand(batch, length)
    operands = rows_BTC[..., 1:4]
    is_qubit = kinds == Kind.QUBIT
    with_qubits = is_qubit[..., 0]
    last_operand = operands.gather(2, (is_qubit.sum(2) - 1).clamp(min=0)[..., None])[..., 0]
    source = _last_true(with_qubits, place)
    known = source >= start_BT
    first = torch.where(known, operands[..., 0].gather(1, source.clamp(min=0)), 0)
    last = torch.where(known, last_operand.gather(1, source.clamp(min=0)), 0)
    writes = kinds[..., 1] == Kind.CLBIT
    wrote = _last_true(writes, place)
    clbit = torch.where(wrote >= start_BT, operands[..., 1].gather(1, wrote.clamp(min=0)), -1)
    declared = _last_true(op == QREG, place)
    num_qubits = torch.where(
        declared >= start_BT, operands[..., 0].gather(1, declared.clamp(min=0)) + 1, 0
    )
    gates = (op >= FIRST_GATE).long().cumsum(1)
    clbits = _declared_clbits(op, operands).cumsum(1)
    used = _last_place(is_qubit, operands, place)
    fresh = used < start_BT[..., None]
    used_op = op.gather(1, used.clamp(min=0).flatten(1)).view_as(used)
    written = _last_place(writes[..., None], operands[..., 1:2], place) >= start_BT[..., None]
    return Context(
        num_qubits=num_qubits,
        num_clbits=clbits - clbits.gather(1, start_BT),
        first=first,
        last=last,
        clbit=clbit,
        gates=gates - gates.gather(1, start_BT),
        used_op=torch.where(fresh, NO_OP, used_op),
        used_ago=torch.where(fresh, -1, place[..., None] - used),
        written=written,
    )


def _declared_clbits(op: Tensor, operands: Tensor) -> Tensor:
    """(...) classical bits that each row declares: size times number of registers."""
    return torch.where(op == CREG, (operands[..., 0] + 1) * (operands[..., 1] + 1), 0)


def _last_true(mask_BT: Tensor, place_BT: Tensor) -> Tensor:
    """(B, T) place of the last true entry up to and including each place; -1 if none."""
    return torch.where(mask_BT, place_BT, -1).cummax(1).values


def _last_place(mask_BTK: Tensor, operands_BTK: Tensor, place_BT: Tensor) -> Tensor:
    """(B, T, 128) place of the last row with a masked operand of each index; -1 if none."""
    batch, length, _ = operands_BTK.shape
    # One column too many takes the operands that are masked out.
    seen = torch.full((batch, length, MAX_INDEX + 1), -1, device=place_BT.device)
    target = torch.where(mask_BTK, operands_BTK, MAX_INDEX)
    seen.scatter_(2, target, place_BT[..., None].expand_as(target).contiguous())
    return seen[..., :MAX_INDEX].cummax(1).values


class RunningContext:
    """The context of B growing circuits, one row each at a time."""

    def __init__(self, batch: int) -> None:
        self.context = Context(
            num_qubits=torch.zeros(batch, dtype=torch.long),
            num_clbits=torch.zeros(batch, dtype=torch.long),
            first=torch.zeros(batch, dtype=torch.long),
            last=torch.zeros(batch, dtype=torch.long),
            clbit=torch.full((batch,), -1),
            gates=torch.zeros(batch, dtype=torch.long),
            used_op=torch.zeros(batch, MAX_INDEX, dtype=torch.long),
            used_ago=torch.full((batch, MAX_INDEX), -1),
            written=torch.zeros(batch, MAX_INDEX, dtype=torch.bool),
        )

    def advance(self, rows_BC: Tensor) -> None:
        """Take in one row per circuit."""
        now = self.context
        op, operands = rows_BC[:, 0], rows_BC[:, 1:4]
        kinds = _KINDS[op]
        is_qubit = kinds == Kind.QUBIT
        moved = is_qubit[:, 0]
        last = operands.gather(1, (is_qubit.sum(1) - 1).clamp(min=0)[:, None])[:, 0]
        writes = kinds[:, 1] == Kind.CLBIT
        touched = _marks(is_qubit, operands)
        self.context = Context(
            num_qubits=torch.where(op == QREG, operands[:, 0] + 1, now.num_qubits),
            num_clbits=now.num_clbits + _declared_clbits(op, operands),
            first=torch.where(moved, operands[:, 0], now.first),
            last=torch.where(moved, last, now.last),
            clbit=torch.where(writes, operands[:, 1], now.clbit),
            gates=now.gates + (op >= FIRST_GATE),
            used_op=torch.where(touched, op[:, None], now.used_op),
            used_ago=torch.where(touched, 0, now.used_ago + (now.used_ago >= 0)),
            written=now.written | _marks(writes[:, None], operands[:, 1:2]),
        )

    def keep(self, chosen: Tensor) -> None:
        """Keep only the circuits of these places."""
        self.context = self.context.flat(chosen)


def _marks(mask_BK: Tensor, operands_BK: Tensor) -> Tensor:
    """(B, 128) which indices occur among the masked operands."""
    marks = torch.zeros(mask_BK.shape[0], MAX_INDEX + 1, dtype=torch.bool)
    marks.scatter_(1, torch.where(mask_BK, operands_BK, MAX_INDEX), True)
    return marks[:, :MAX_INDEX]
