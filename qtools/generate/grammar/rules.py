"""Which rows may come next: a finite-state machine over a whole batch.

For every column the machine gives a mask of legal values; any choice under the masks ends, within
the row budget, in a circuit that meets the request. So sampling never rejects. What makes this
hold is a look-ahead by counting: before a statement is allowed, the rows, gates, qubits and layers
that the request still needs must remain reachable with single-qubit gates alone.

Legal means: registers declared first, indices in range, operands distinct, angles of a gate
complete, references to earlier angles that exist, conditions on registers that exist and hold
their value, gates of the gate set, at most ``max_gates`` and at least ``min_gates`` gates, at
most ``max_depth`` layers of gates, and measurements as asked.

Idle repeats are left out, since a model that has slipped into one would go on until its rows run
out: a qubit is measured again only after a gate or a reset and reset again only after a gate, and
at most two barriers follow each other, as in circuits that compilers put together from parts.
"""

import torch
from torch import Tensor

from qtools.generate.grammar.ledger import Ledger
from qtools.generate.grammar.limits import BatchLimits
from qtools.generate.language.angles import FIRST_BIN, FIRST_NEGATED, FIRST_RECENT, NUM_ANGLE_TOKENS
from qtools.generate.language.vocabulary import (
    ARITY,
    BARRIER,
    BARRIER_ALL,
    BARRIER_JOIN,
    CREG,
    EOS,
    FIRST_GATE,
    IF,
    MAX_INDEX,
    MEASURE,
    MORE,
    NUM_OPS,
    OPERAND_KINDS,
    QREG,
    RESET,
    ROWS_OF,
    Column,
    Kind,
)

_ARITY = torch.from_numpy(ARITY)
_ROWS_OF = torch.from_numpy(ROWS_OF)
_KINDS = torch.from_numpy(OPERAND_KINDS)
_IS_GATE = torch.arange(NUM_OPS) >= FIRST_GATE
_INDEX = torch.arange(MAX_INDEX)
_MAX_BARRIERS = 2


class Grammar:
    """The machine for B circuits; ask for masks column by column, then :meth:`advance`.

    Args:
        limits: what each circuit must obey.
    """

    def __init__(self, limits: BatchLimits) -> None:
        self.limits = limits
        self.ledger = Ledger(len(limits))
        self._refresh()

    def ops(self) -> Tensor:
        """(B, NUM_OPS) legal ops."""
        limits, ledger = self.limits, self.ledger
        mask = torch.zeros(len(limits), NUM_OPS, dtype=torch.bool)
        mask[:, QREG] = ledger.last_op < 0
        inside = ledger.last_op >= 0
        header_done = ~limits.measure_all | (ledger.num_clbits >= ledger.num_qubits)
        body = inside & header_done & (ledger.more_left == 0)
        mask[:, FIRST_GATE:] = (self._gates() & body[:, None])[:, FIRST_GATE:]
        room = self._rows_after(1) >= self._rows_needed()
        free = body & room & (ledger.last_op != IF)
        # After the last gate only barriers and first measurements follow, so circuits end.
        going = ~self._spent()
        joins = (ledger.last_op == BARRIER) | (ledger.last_op == BARRIER_JOIN)
        allowed = torch.where(going, _MAX_BARRIERS, 1)
        barrier = free & (ledger.barriers < allowed)
        mask[:, BARRIER_ALL] = mask[:, BARRIER] = barrier
        mask[:, BARRIER_JOIN] = free & going & joins & self._outside_barrier.any(1)
        mask[:, RESET] = body & room & going & self._resettable.any(1)
        mask[:, MEASURE] = body & self._may_measure(room)
        may_declare = inside & (ledger.in_header) & (ledger.num_clbits < MAX_INDEX)
        needs_bits = limits.measure_all & (ledger.num_clbits < ledger.num_qubits)
        mask[:, CREG] = may_declare & ~limits.measure_none & (room | needs_bits)
        conditional = free & going & ~limits.measure_all & (ledger.num_clbits > 0)
        # What follows a condition must fit too: a reset always does, of any qubit.
        mask[:, IF] = conditional & (self._rows_after(2) >= self._rows_needed())
        mask[:, EOS] = body & (ledger.last_op != IF) & self._complete()
        unfinished = ledger.more_left > 0
        mask[unfinished] = False
        mask[unfinished, MORE] = True
        return mask

    def operand(self, column: Column, rows: Tensor) -> Tensor:
        """(B, 128) legal values of an operand column; earlier columns of ``rows`` are chosen.

        Circuits whose op has no operand there get a mask of all False.
        """
        op = rows[:, Column.OP]
        kinds = _KINDS[op][:, column - 1]
        mask = (kinds == Kind.QUBIT)[:, None] & self._qubits(column, rows)
        mask |= (kinds == Kind.CLBIT)[:, None] & self._clbits()
        return mask | ((kinds == Kind.NUMBER)[:, None] & self._numbers(column, rows))

    def angles(self) -> Tensor:
        """(B, NUM_ANGLE_TOKENS) legal angle tokens: references only to angles that exist."""
        known = self.ledger.num_recent[:, None]
        token = torch.arange(NUM_ANGLE_TOKENS)
        refers = (token >= FIRST_RECENT) & (token < FIRST_BIN)
        place = torch.where(token < FIRST_NEGATED, token - FIRST_RECENT, token - FIRST_NEGATED)
        return ~refers | (place < known)

    def advance(self, rows: Tensor) -> None:
        """Take in one chosen row (B, NUM_COLUMNS) per circuit."""
        self.ledger.advance(rows)
        self._refresh()

    def keep(self, chosen: Tensor) -> None:
        """Keep only the circuits at these places."""
        self.limits = self.limits.chosen(chosen)
        self.ledger.keep(chosen)
        self._refresh()

    def _refresh(self) -> None:
        """Work out what several masks of the next row need."""
        limits, ledger = self.limits, self.ledger
        # (B, 128) declared qubits; without those whose final measurement was taken; of those the
        # ones that have layers left, and those that a reset would change.
        self._declared = ledger.num_qubits[:, None] > _INDEX
        self._usable = self._declared & ~(limits.measure_all[:, None] & ledger.measured)
        self._usable_for_gates = self._usable & (ledger.depth < limits.max_depth[:, None])
        self._outside_barrier = self._declared & ~ledger.in_barrier
        conditional = (ledger.last_op == IF)[:, None]
        self._resettable = self._usable & (conditional | ~ledger.cleared)

    def _gates(self) -> Tensor:
        """(B, NUM_OPS) gates that leave the request reachable."""
        limits, ledger = self.limits, self.ledger
        spare = (limits.max_gates - ledger.gates)[:, None] >= 1
        needed = (limits.min_gates - ledger.gates - 1).clamp(min=0)
        rows_needed = needed * limits.unit_rows + self._rows_to_finish()
        fits = self._rows_after(0)[:, None] - _ROWS_OF >= rows_needed[:, None]
        usable = self._usable_for_gates
        enough = usable.sum(1)[:, None] >= _ARITY
        # A gate on k qubits fills at most k times the emptiest qubit's layers.
        layers = (limits.max_depth[:, None] - ledger.depth).clamp(min=0) * usable
        capacity = layers.sum(1)
        cost = torch.where(_ARITY > 1, _ARITY * layers.max(1).values[:, None], _ARITY)
        reachable = (capacity[:, None] - cost >= needed[:, None]) | ~limits.has_depth[:, None]
        return limits.gate_set & spare & fits & enough & reachable & _IS_GATE

    def _spent(self) -> Tensor:
        """(B,) whether the last gate that the request allows has been written."""
        return self.ledger.gates >= self.limits.max_gates

    def _rows_after(self, rows: int) -> Tensor:
        """(B,) rows left after that many more."""
        return self.limits.max_rows - self.ledger.rows - rows

    def _rows_needed(self) -> Tensor:
        """(B,) rows that the rest of the request takes at least, ``eos`` included."""
        missing = (self.limits.min_gates - self.ledger.gates).clamp(min=0)
        return missing * self.limits.unit_rows + self._rows_to_finish()

    def _rows_to_finish(self) -> Tensor:
        open_ = self._usable.sum(1)
        return torch.where(self.limits.measure_all, open_, 0) + 1

    def _complete(self) -> Tensor:
        measured = ~self.limits.measure_all | ~self._usable.any(1)
        return measured & (self.ledger.gates >= self.limits.min_gates)

    def _may_measure(self, room: Tensor) -> Tensor:
        limits, ledger = self.limits, self.ledger
        final = (ledger.gates >= limits.min_gates) & self._usable.any(1)
        unmeasured = (self._declared & ~ledger.measured).any(1)
        fresh = unmeasured | (~self._spent() & (self._declared & ~ledger.settled).any(1))
        free = room & (ledger.num_clbits > 0) & fresh
        return ~limits.measure_none & torch.where(limits.measure_all, final, free)

    def _qubits(self, column: Column, rows: Tensor) -> Tensor:
        op, a, b = rows[:, Column.OP, None], rows[:, Column.A, None], rows[:, Column.B, None]
        mask = torch.where(op >= FIRST_GATE, self._usable_for_gates, self._usable)
        known = self.ledger.settled | (self._spent()[:, None] & self.ledger.measured)
        mask = mask & ~((op == MEASURE) & known) & ((op != RESET) | self._resettable)
        barrier = (op == BARRIER) | (op == BARRIER_JOIN)
        outside = torch.where(op == BARRIER_JOIN, self._outside_barrier, self._declared)
        if column == Column.A:
            return torch.where(barrier, outside, mask)
        if column == Column.B:
            # A range of a barrier ends before the next qubit that the barrier holds already.
            blocked = (~outside & (a <= _INDEX)).long().cummax(1).values.bool()
            return torch.where(barrier, (a <= _INDEX) & ~blocked, mask & (a != _INDEX))
        return mask & (a != _INDEX) & (b != _INDEX)

    def _clbits(self) -> Tensor:
        declared = self.ledger.num_clbits[:, None] > _INDEX
        return declared & ~(self.limits.measure_all[:, None] & self.ledger.written)

    def _numbers(self, column: Column, rows: Tensor) -> Tensor:
        op, a = rows[:, Column.OP, None], rows[:, Column.A, None]
        ledger = self.ledger
        left = (MAX_INDEX - ledger.num_clbits)[:, None]
        if column == Column.A:
            qreg = self.limits.num_qubits[:, None] - 1 == _INDEX
            # A request to measure everything gets its bits in one declaration.
            short = self.limits.measure_all & (ledger.num_clbits < ledger.num_qubits)
            creg = (left > _INDEX) & (~short[:, None] | (ledger.num_qubits[:, None] - 1 <= _INDEX))
            register = ledger.num_cregs[:, None] > _INDEX
            return torch.where(op == QREG, qreg, torch.where(op == CREG, creg, register))
        size = ledger.creg_size.gather(1, a.clamp(min=0))
        value = (size >= 7) | (1 << size.clamp(max=7) > _INDEX)
        return torch.where(op == CREG, (_INDEX + 1) * (a + 1) <= left, value)
