"""What the grammar has counted in each circuit so far."""

import torch
from torch import Tensor

from qtools.generate.language.angles import (
    FIRST_BIN,
    FIRST_NEGATED,
    FIRST_RECENT,
    NUM_FINE,
    RECENT,
    negated,
)
from qtools.generate.language.vocabulary import (
    BARRIER,
    BARRIER_ALL,
    BARRIER_JOIN,
    CREG,
    EMPTY,
    FIRST_GATE,
    IF,
    MAX_INDEX,
    MEASURE,
    MORE,
    NUM_ANGLES,
    OPERAND_KINDS,
    QREG,
    RESET,
    Column,
    Kind,
)

_KINDS = torch.from_numpy(OPERAND_KINDS)
_NUM_ANGLES = torch.from_numpy(NUM_ANGLES)
_INDEX = torch.arange(MAX_INDEX)
_SIGN_BIT = negated(0)
_NO_CODE = -1


class Ledger:
    """Counts of B circuits; every attribute is indexed by circuit first.

    Attributes:
        last_op: op of the last row; -1 before the first.
        rows, gates: how many.
        num_qubits, num_clbits, num_cregs: declared so far.
        creg_size: (B, 128) sizes of the classical registers.
        in_header: whether registers may still be declared.
        more_left: angles that the last gate still waits for.
        depth: (B, 128) layer of the last gate on each qubit.
        measured: (B, 128) qubits that were measured.
        settled: (B, 128) those that nothing but barriers acted on since.
        written: (B, 128) classical bits that were written.
        cleared: (B, 128) qubits that no gate acted on since they were reset.
        barriers: how many were written in a row.
        in_barrier: (B, 128) operands of the barrier that is being written.
        recent: (B, RECENT) codes of recent free angles, most recent first; -1 for none.
        num_recent: how many of them.
    """

    def __init__(self, batch: int) -> None:
        def zeros(*shape: int) -> Tensor:
            return torch.zeros(batch, *shape, dtype=torch.long)

        def never() -> Tensor:
            return torch.zeros(batch, MAX_INDEX, dtype=torch.bool)

        self.last_op = zeros() - 1
        self.rows, self.gates, self.more_left = zeros(), zeros(), zeros()
        self.num_qubits, self.num_clbits, self.num_cregs = zeros(), zeros(), zeros()
        self.creg_size, self.depth = zeros(MAX_INDEX), zeros(MAX_INDEX)
        self.in_header = torch.ones(batch, dtype=torch.bool)
        self.measured, self.settled = never(), never()
        self.written, self.in_barrier = never(), never()
        self.cleared, self.barriers = never(), zeros()
        self.recent = torch.full((batch, RECENT), _NO_CODE)
        self.num_recent = zeros()

    def keep(self, chosen: Tensor) -> None:
        """Keep only the circuits at these places."""
        for name, value in vars(self).items():
            setattr(self, name, value[chosen])

    def advance(self, rows: Tensor) -> None:
        """Take in one row (B, NUM_COLUMNS) per circuit."""
        op, a, b = rows[:, Column.OP], rows[:, Column.A], rows[:, Column.B]
        # A reset under a condition may not happen.
        certain = self.last_op != IF
        self.rows = self.rows + 1
        self.last_op = op
        self.num_qubits = torch.where(op == QREG, a + 1, self.num_qubits)
        self.in_header = self.in_header & ((op == QREG) | (op == CREG))
        self._declare(op == CREG, a + 1, b + 1)
        self._gate(op, rows[:, 1:4])
        self.more_left = torch.where(op == MORE, self.more_left - 1, (_NUM_ANGLES[op] - 1).clamp(0))
        measures = (op == MEASURE)[:, None]
        here = a[:, None] == _INDEX
        self.measured = self.measured | (measures & here)
        resets = (op == RESET)[:, None]
        self.settled = (self.settled & ~(resets & here)) | (measures & here)
        self.cleared = self.cleared | (resets & here & certain[:, None])
        self.written = self.written | (measures & (b[:, None] == _INDEX))
        covered = (a[:, None] <= _INDEX) & (b[:, None] >= _INDEX)
        joined = (op == BARRIER_JOIN)[:, None]
        started = (op == BARRIER)[:, None]
        self.in_barrier = (started & covered) | (joined & (covered | self.in_barrier))
        begins = (op == BARRIER) | (op == BARRIER_ALL)
        self.barriers = (self.barriers + begins) * (begins | (op == BARRIER_JOIN))
        self._remember(rows[:, Column.ANGLE], rows[:, Column.FINE])

    def _declare(self, declares: Tensor, size: Tensor, count: Tensor) -> None:
        first = self.num_cregs[:, None]
        new = declares[:, None] & (first <= _INDEX) & (first + count[:, None] > _INDEX)
        self.creg_size = torch.where(new, size[:, None], self.creg_size)
        self.num_cregs = self.num_cregs + torch.where(declares, count, 0)
        self.num_clbits = self.num_clbits + torch.where(declares, count * size, 0)

    def _gate(self, op: Tensor, operands: Tensor) -> None:
        is_gate = op >= FIRST_GATE
        self.gates = self.gates + is_gate
        present = is_gate[:, None] & (_KINDS[op] == Kind.QUBIT)
        place = operands.clamp(min=0)
        layer = torch.where(present, self.depth.gather(1, place), -1).max(1).values + 1
        on = torch.zeros_like(self.measured)
        for column in range(3):
            on = on | (present[:, column, None] & (operands[:, column, None] == _INDEX))
        self.depth = torch.where(on, layer[:, None], self.depth)
        self.settled, self.cleared = self.settled & ~on, self.cleared & ~on

    def _remember(self, token: Tensor, fine: Tensor) -> None:
        """Move the code of a free angle to the front of the list of recent ones."""
        refers = (token >= FIRST_RECENT) & (token < FIRST_BIN)
        opposite = token >= FIRST_NEGATED
        place = torch.where(opposite, token - FIRST_NEGATED, token - FIRST_RECENT)
        found = self.recent.gather(1, place.clamp(0, RECENT - 1)[:, None])[:, 0]
        found = torch.where(opposite, found ^ _SIGN_BIT, found)
        code = torch.where(refers, found, (token - FIRST_BIN) * NUM_FINE + fine)
        free = (token != EMPTY) & (token >= FIRST_RECENT)
        matches = self.recent == code[:, None]
        known = matches.any(1)
        end = torch.where(known, matches.long().argmax(1), self.num_recent.clamp(max=RECENT - 1))
        shifted = torch.cat([code[:, None], self.recent[:, :-1]], dim=1)
        moves = torch.arange(RECENT) <= end[:, None]
        self.recent = torch.where(free[:, None] & moves, shifted, self.recent)
        self.num_recent = (self.num_recent + (free & ~known)).clamp(max=RECENT)
