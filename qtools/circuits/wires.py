"""A circuit as gates on wires, with everything that commutes unordered.

On each wire consecutive gates of the same single-qubit algebra (see
:mod:`qtools.circuits.alphabet`) form a *run*; gates of one run commute there. Two gates that may
be exchanged when adjacent never leave their runs, and a circuit is fixed, up to such exchanges,
by the run number of each of its operands (the dependence graph of a trace monoid). So the table
built here is the gate-dependency graph modulo commutation, without any order of statements.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.angles import angle_text
from qtools.circuits.normal import NormalCircuit, Operation

_ROLE = {"a": 0, "b": 1, "c": 2}
_CLBIT_ROLE = 3
_CONDITION_ROLE = 4


@dataclass(frozen=True, kw_only=True)
class WireTable:
    """Operands of all operations, as flat arrays of length E, and one label per operation.

    Vertices are qubits, then classical bits. Barriers are left out: they order nothing physical.

    Attributes:
        num_qubits, num_clbits: how many vertices of each kind.
        labels: per operation, its name and angles (or name alone).
        operation, vertex, role, run: per operand (E,): which operation, which vertex, which place
            in the gate (exchangeable operands share it), which run on that vertex.
    """

    num_qubits: int
    num_clbits: int
    labels: tuple[str, ...]
    operation: NDArray[np.int64]
    vertex: NDArray[np.int64]
    role: NDArray[np.int64]
    run: NDArray[np.int64]


def wire_table(circuit: NormalCircuit, *, angles: bool = True) -> WireTable:
    """The circuit's operands with their runs.

    Args:
        circuit: in normal form.
        angles: whether labels include the angles; without them circuits of equal structure agree.
    """
    offsets = circuit.register_offsets()
    runs = _Runs(circuit.num_qubits + circuit.num_clbits)
    rows: list[tuple[int, int, int, int]] = []
    labels: list[str] = []
    for op in circuit.operations:
        if op.name == "barrier":
            continue
        index = len(labels)
        labels.append(_label(op, angles=angles))
        spec = ALPHABET.get(op.name)
        wires, roles = (spec.wires, spec.roles) if spec else ("*", "a")
        for qubit, letter, role in zip(op.qubits, wires, roles, strict=True):
            rows.append((index, qubit, _ROLE[role], runs.enter(qubit, letter)))
        for clbit in op.clbits:
            bit = circuit.num_qubits + clbit
            rows.append((index, bit, _CLBIT_ROLE, runs.enter(bit, "*")))
        if op.condition is not None:
            register = op.condition[0]
            for place in range(circuit.cregs[register]):
                bit = circuit.num_qubits + offsets[register] + place
                rows.append((index, bit, _CONDITION_ROLE + place, runs.enter(bit, "read")))
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return WireTable(
        num_qubits=circuit.num_qubits,
        num_clbits=circuit.num_clbits,
        labels=tuple(labels),
        operation=table[:, 0],
        vertex=table[:, 1],
        role=table[:, 2],
        run=table[:, 3],
    )


def _label(op: Operation, *, angles: bool) -> str:
    text = op.name
    if angles and op.params:
        text += "(" + ",".join([angle_text(angle) for angle in op.params]) + ")"
    return text if op.condition is None else f"{text} if {op.condition[1]}"


class _Runs:
    """The current run of every wire."""

    def __init__(self, size: int) -> None:
        self._letter = [""] * size
        self._run = [-1] * size

    def enter(self, wire: int, letter: str) -> int:
        """Number of the run that a gate of algebra ``letter`` joins or opens on ``wire``."""
        if letter == "*" or letter != self._letter[wire]:
            self._run[wire] += 1
            self._letter[wire] = letter
        return self._run[wire]
