"""A circuit as gates on wires, with everything that commutes unordered.

On each wire consecutive gates of the same single-qubit algebra (see
:mod:`qtools.circuits.alphabet`) form a *run*; gates of one run commute there. Two gates that may
be exchanged when adjacent never leave their runs, and a circuit is fixed, up to such exchanges,
by the run number of each of its operands (the dependence graph of a trace monoid). So the table
built here is the gate-dependency graph modulo commutation, without any order of statements.
"""

from dataclasses import dataclass

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.angles import angle_text
from qtools.circuits.normal import NormalCircuit, Operation

_ROLE = {"a": 0, "b": 1, "c": 2}
_CLBIT_ROLE = 3
_CONDITION_ROLE = 4
# What commutes with nothing, itself included.
_NO_ALGEBRA = ""
# Per gate, the algebra and the role of each operand; measure and reset commute with nothing.
_PLACES = {
    name: tuple(
        (_NO_ALGEBRA if wire == "*" else wire, _ROLE[role])
        for wire, role in zip(spec.wires, spec.roles, strict=True)
    )
    for name, spec in ALPHABET.items()
} | dict.fromkeys(("measure", "reset"), ((_NO_ALGEBRA, 0),))


#: One wire end of an operation: (vertex, role, run). Vertices are the qubits, then the classical
#: bits; the role is the place in the gate, shared by exchangeable operands; the run is the number
#: of the run on that vertex that the operation belongs to. A plain tuple, because a circuit has
#: thousands and nothing takes longer than making them.
Operand = tuple[int, int, int]


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
    vertices = circuit.num_qubits + circuit.num_clbits
    # The run that is open on every vertex, and its algebra.
    letters, runs = [_NO_ALGEBRA] * vertices, [-1] * vertices
    shapes: list[str] = []
    labels: list[str] = []
    operands: list[tuple[Operand, ...]] = []
    for operation in circuit.operations:
        name, qubits, params, clbits, condition = operation
        if name == "barrier":
            continue
        ends: list[Operand] = []
        for vertex, (letter, role) in zip(qubits, _PLACES[name], strict=True):
            if letter != letters[vertex] or letter == _NO_ALGEBRA:
                runs[vertex] += 1
                letters[vertex] = letter
            ends.append((vertex, role, runs[vertex]))
        shape = name
        if clbits or condition is not None:
            shape += _classical_ends(circuit, operation, ends, letters, runs)
        shapes.append(shape)
        if params:
            angles = ",".join([angle_text(angle) for angle in params])
            shape = f"{name}({angles}){shape[len(name) :]}"
        labels.append(shape)
        operands.append(tuple(ends))
    return WireTable(
        num_qubits=circuit.num_qubits,
        num_clbits=circuit.num_clbits,
        shapes=tuple(shapes),
        labels=tuple(labels),
        operands=tuple(operands),
    )


def _classical_ends(
    circuit: NormalCircuit,
    operation: Operation,
    ends: list[Operand],
    letters: list[str],
    runs: list[int],
) -> str:
    """Add the classical bits that an operation writes and reads to its ``ends``.

    Reads commute with reads.

    Returns:
        What its condition adds to its shape.
    """
    places = [(bit, _CLBIT_ROLE, _NO_ALGEBRA) for bit in operation.clbits]
    suffix = ""
    if operation.condition is not None:
        register, value = operation.condition
        suffix = f" if {value}"
        first = circuit.register_offsets()[register]
        size = circuit.cregs[register]
        places += [(first + place, _CONDITION_ROLE + place, "read") for place in range(size)]
    for bit, role, letter in places:
        vertex = circuit.num_qubits + bit
        if letter != letters[vertex] or letter == _NO_ALGEBRA:
            runs[vertex] += 1
            letters[vertex] = letter
        ends.append((vertex, role, runs[vertex]))
    return suffix
