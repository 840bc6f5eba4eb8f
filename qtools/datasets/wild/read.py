"""One file in, its circuits in normal form out, or a reason why not."""

import io
import re
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

from qiskit import QuantumCircuit, qpy
from qiskit.exceptions import QiskitError

from qtools.circuits.bounds import MAX_BITS, declared_bits, declared_qpy_bits
from qtools.circuits.normal import NormalCircuit, UnsupportedCircuitError
from qtools.circuits.qiskit_io import MAX_OPERATIONS, from_qiskit
from qtools.datasets.wild.recognise import standard_meaning
from qtools.datasets.wild.refusals import refusals, refused
from qtools.datasets.wild.repair import load_with_repairs

MAX_BYTES = 64 << 20
_LARGEST_WORD = (1 << 63) - 1
_QPY_MAGIC = b"QISKIT"
# Older versions keep parameters as text for sympy, whose parser evaluates Python code.
_OLDEST_QPY = 13
_VERSION_3 = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*OPENQASM\s+3", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A circuit read from a file.

    Attributes:
        circuit: in normal form.
        repairs: what was repaired on the way, by name; empty for a faultless file.
    """

    circuit: NormalCircuit
    repairs: tuple[str, ...] = ()


def read_file(path: Path, *, max_bytes: int = MAX_BYTES) -> list[Reading]:
    """The circuits of an OpenQASM 2 or 3 file, or of a QPY file.

    Raises:
        UnsupportedCircuitError: with a reason; nothing else for whatever the file holds, except
            that parsers may panic or exhaust memory (run this in a worker).
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise UnsupportedCircuitError(
                "file-too-large", f"expected at most {max_bytes} bytes, got {size}; split the file"
            )
        data = path.read_bytes()
    except OSError as error:
        raise UnsupportedCircuitError(
            "unreadable", f"cannot read the file: {error.strerror}"
        ) from error
    if data.startswith(_QPY_MAGIC):
        return [_normal(circuit, ()) for circuit in _load_qpy(data)]
    return [read_circuit(*_decode(data))]


def read_circuit(text: str, repairs: tuple[str, ...] = ()) -> Reading:
    """The circuit of an OpenQASM 2 or 3 program.

    Args:
        text: the program.
        repairs: made before it was text.

    Raises:
        UnsupportedCircuitError: with a reason.
    """
    _refuse_many_bits(declared_bits(text))
    if _VERSION_3.match(text):
        return _normal(_load_qasm3(text), repairs)
    circuit, more = load_with_repairs(text)
    return _normal(circuit, (*repairs, *more))


def _normal(circuit: QuantumCircuit, repairs: tuple[str, ...]) -> Reading:
    # Angles inside gate definitions are computed when a gate is expanded.
    with refusals("angle-undefined"):
        normal = from_qiskit(circuit, meaning=standard_meaning, max_operations=MAX_OPERATIONS)
    if not normal.num_qubits or not normal.operations:
        raise UnsupportedCircuitError("empty", "expected at least one statement on one qubit")
    return Reading(circuit=normal, repairs=repairs)


def _refuse_many_bits(bits: int) -> None:
    """Before a parser makes them all."""
    if bits > MAX_BITS:
        reason = "qubits-out-of-bounds" if bits <= _LARGEST_WORD else "number-too-large"
        raise UnsupportedCircuitError(
            reason, f"expected at most {MAX_BITS} bits, and {bits} are declared"
        )


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        # Only comments may hold such characters, and they do not matter.
        return data.decode("latin-1"), ("decoded-latin-1",)


def _load_qpy(data: bytes) -> list[QuantumCircuit]:
    version = data[len(_QPY_MAGIC)] if len(data) > len(_QPY_MAGIC) else 0
    if version < _OLDEST_QPY:
        raise UnsupportedCircuitError(
            "qpy-too-old",
            f"expected QPY version {_OLDEST_QPY} or newer, got {version}: older ones may hold "
            "code; write it again with a recent Qiskit",
        )
    _refuse_many_bits(declared_qpy_bits(data))
    try:
        with warnings.catch_warnings():
            # Of a newer Qiskit: what cannot be read of it is an error below.
            warnings.simplefilter("ignore", UserWarning)
            loaded = qpy.load(io.BytesIO(data))
    except (QiskitError, ValueError, TypeError, KeyError, IndexError, struct.error) as error:
        raise UnsupportedCircuitError("qpy-damaged", f"expected a QPY file: {error}") from error
    return [circuit for circuit in loaded if isinstance(circuit, QuantumCircuit)]


def _load_qasm3(text: str) -> QuantumCircuit:
    # Qiskit's reader of OpenQASM 3 takes long to import, and most files are OpenQASM 2.
    from openqasm3.parser import QASM3ParsingError
    from qiskit import qasm3

    try:
        with refusals("qasm3-refused"):
            circuit: QuantumCircuit = qasm3.loads(text)
    except QASM3ParsingError as error:
        raise refused("qasm3-refused", str(error), language="OpenQASM 3") from error
    return circuit
