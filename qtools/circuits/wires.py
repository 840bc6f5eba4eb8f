"""A circuit as gates on wires, with everything that commutes unordered.

On each wire consecutive gates of the same single-qubit algebra (see
:mod:`qtools.circuits.alphabet`) form a *run*; gates of one run commute there. Two gates that may
be exchanged when adjacent never leave their runs, and a circuit is fixed, up to such exchanges,
by the run number of each of its operands (the dependence graph of a trace monoid). So the table
built here is the gate-dependency graph modulo commutation, without any order of statements.
"""

from dataclasses import dataclass
from typing import NamedTuple

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.angles import angle_text
from qtools.circuits.normal import NormalCircuit

_ROLE = {"a": 0, "b": 1, "c": 2}
_CLBIT_ROLE = 3
_CONDITION_ROLE = 4
# Per gate, the algebra and the role of each operand; measure and reset commute with nothing.
_PLACES = {
    name: tuple((wire, _ROLE[role]) for wire, role in zip(spec.wires, spec.roles, strict=True))
    for name, spec in ALPHABET.items()
} | dict.fromkeys(("measure", "reset"), (("*", 0),))


class Operand(NamedTuple):
    """One wire end of an operation.

    Attributes:
        vertex: qubits come first, then classical bits.
        role: place in the gate; exchangeable operands share it.
        run: number of the run on that vertex that the operation belongs to.
    """

    vertex: int
    role: int
    run: int


@dataclass(frozen=True, kw_only=True)
class WireTable:
    """All operations with their operands. Barriers are left out: they order nothing physical.

    Attributes:
        num_qubits, num_clbits: how many vertices of each kind.
        shapes: per operation, its name, and the value that it is conditioned on.
        labels: per operation, its shape and its angles.
        operands: per operation.
    """

    num_qubits: int
    num_clbits: int
    shapes: tuple[str, ...]
    labels: tuple[str, ...]
    operands: tuple[tuple[Operand, ...], ...]


def wire_table(circuit: NormalCircuit) -> WireTable:
    """The operands of a circuit with their runs."""
    first_clbit = circuit.num_qubits
    offsets = circuit.register_offsets()
    runs = _Runs(circuit.num_qubits + circuit.num_clbits)
    shapes: list[str] = []
    labels: list[str] = []
    operands: list[tuple[Operand, ...]] = []
    for name, qubits, params, clbits, condition in circuit.operations:
        if name == "barrier":
            continue
        ends = [
            Operand(qubit, role, runs.enter(qubit, wire))
            for qubit, (wire, role) in zip(qubits, _PLACES[name], strict=True)
        ]
        for clbit in clbits:
            bit = first_clbit + clbit
            ends.append(Operand(bit, _CLBIT_ROLE, runs.enter(bit, "*")))
        suffix = ""
        if condition is not None:
            register, value = condition
            suffix = f" if {value}"
            for place in range(circuit.cregs[register]):
                bit = first_clbit + offsets[register] + place
                ends.append(Operand(bit, _CONDITION_ROLE + place, runs.enter(bit, "read")))
        angles = f"({','.join(map(angle_text, params))})" if params else ""
        shapes.append(name + suffix)
        labels.append(name + angles + suffix)
        operands.append(tuple(ends))
    return WireTable(
        num_qubits=circuit.num_qubits,
        num_clbits=circuit.num_clbits,
        shapes=tuple(shapes),
        labels=tuple(labels),
        operands=tuple(operands),
    )


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
