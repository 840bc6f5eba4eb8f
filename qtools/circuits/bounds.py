"""Limits on circuits from outside, checked before they cost anything.

A few bytes of OpenQASM can name a billion qubits or, through gates defined by gates, 2^60
operations. What is larger than the limits here is refused by name.
"""

import re
import struct
from typing import Any

from qiskit import QuantumCircuit

from qtools.circuits.qiskit_io import MAX_DEFINITIONS, MAX_OPERATIONS
from qtools.errors import CapacityError

MAX_BITS = 100_000
_MAX_NESTING = 200

_COMMENT = re.compile(r"//[^\n]*")
_BODY = re.compile(r"\{[^{}]*\}")
_REGISTER = re.compile(r"\b(?:(?:qreg|creg)\s+\w+|qubit|bit)\s*\[\s*(\d+)")

# QPY from version 13 on: magic, versions, number of circuits, symbolic encoding and kind; from
# version 16 on the offset of every circuit; a circuit begins with the header of Qiskit's
# qpy.formats.CIRCUIT_HEADER_V12, whose fields 3 and 4 are its bits.
_QPY_START = struct.Struct("!6sBBBBQcc")
_QPY_OFFSET = struct.Struct("!Q")
_QPY_CIRCUIT = struct.Struct("!HcHIIQIQI")
_FIRST_WITH_OFFSETS = 16


def declared_bits(text: str) -> int:
    """Bits in the registers that an OpenQASM 2 or 3 program declares with numbers as sizes."""
    statements = _BODY.sub("", _COMMENT.sub("", text))
    return sum(int(size[:20]) for size in _REGISTER.findall(statements))


def declared_qpy_bits(data: bytes) -> int:
    """The most bits that a circuit of a QPY file (version 13 or newer) declares; 0 where the file
    ends before it says so.

    Circuits after the first are looked at where the file lists them (from version 16 on).
    """
    try:
        _, version, *_, count, _, _ = _QPY_START.unpack_from(data)
        starts = [_QPY_START.size]
        if version >= _FIRST_WITH_OFFSETS:
            places = range(min(count, (len(data) - _QPY_START.size) // _QPY_OFFSET.size))
            starts = [
                _QPY_OFFSET.unpack_from(data, _QPY_START.size + 8 * place)[0] for place in places
            ]
    except struct.error:
        return 0
    return max((_bits_of_circuit(data, start) for start in starts), default=0)


def _bits_of_circuit(data: bytes, start: int) -> int:
    if start + _QPY_CIRCUIT.size > len(data):
        return 0
    header = _QPY_CIRCUIT.unpack_from(data, start)
    return int(header[3]) + int(header[4])


def refuse_many_bits(bits: int, *, source: str) -> None:
    """Raise :class:`CapacityError` for more than :data:`MAX_BITS` bits."""
    if bits > MAX_BITS:
        raise CapacityError(f"{source} declares {bits} bits; expected at most {MAX_BITS}")


def refuse_large_program(text: str, *, source: str) -> None:
    """Check the registers of an OpenQASM program, and what statements on whole registers make.

    Raises:
        CapacityError: more than :data:`MAX_BITS` bits, or far too many operations.
    """
    bits = declared_bits(text)
    refuse_many_bits(bits, source=source)
    statements = _BODY.sub("", _COMMENT.sub("", text))
    broadcast = sum("[" not in statement for statement in statements.split(";"))
    if broadcast * bits > 100 * MAX_OPERATIONS:
        raise CapacityError(
            f"{source} has {broadcast} statements on whole registers of {bits} bits; expected "
            f"at most {100 * MAX_OPERATIONS} operations"
        )


def refuse_large_expansion(circuit: QuantumCircuit, *, source: str) -> None:
    """Count the operations of a circuit with all gate definitions expanded, without expanding.

    Raises:
        CapacityError: more than :data:`qtools.circuits.qiskit_io.MAX_OPERATIONS`, or definitions
            nested more than 200 deep.
    """
    if circuit.num_qubits + circuit.num_clbits > MAX_BITS:
        raise CapacityError(f"{source} has more than {MAX_BITS} bits; use fewer")
    counted: dict[Any, int] = {}
    total = sum(_count(instruction, counted, 0, source) for instruction in circuit.data)
    if total > MAX_OPERATIONS:
        raise _too_large(source)


def _count(instruction: Any, counted: dict[Any, int], depth: int, source: str) -> int:
    """Operations of one instruction; gates of one name and one set of angles are counted once."""
    if instruction.is_standard_gate() or instruction.is_control_flow():
        return 1
    operation = instruction.operation
    key = (operation.name, operation.num_qubits, *map(str, operation.params))
    if key in counted:
        return counted[key]
    if len(counted) > MAX_DEFINITIONS or depth > _MAX_NESTING:
        raise _too_large(source)
    definition = getattr(operation, "definition", None)
    inner = [] if definition is None else definition.data
    # Reserved, so that definitions count even where they are empty.
    counted[key] = 1
    total = sum(_count(part, counted, depth + 1, source) for part in inner) or 1
    if total > MAX_OPERATIONS:
        raise _too_large(source)
    counted[key] = total
    return total


def _too_large(source: str) -> CapacityError:
    return CapacityError(
        f"{source} has more than {MAX_OPERATIONS} operations once gate definitions are expanded; "
        "split it"
    )
