"""Circuits in files: OpenQASM 2, OpenQASM 3 and QPY, with where they come from.

An OpenQASM 2 file of ours loads with plain ``qiskit.qasm2.load(path)``: gates outside the paper's
``qelib1.inc`` bring their definition along, exact to the phase. The language has no global phase,
so the header carries it in the line ``// global phase: <radians>``, which :func:`read_circuit` puts
back and other readers ignore. The header also counts the instructions, so that a file cut short is
noticed although its beginning is a valid circuit.
"""

import contextlib
import io
import math
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit, qasm2, qasm3, qpy
from qiskit.circuit.library import ECRGate, get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError

from qtools.circuits.bounds import (
    declared_bits,
    declared_qpy_bits,
    refuse_large_expansion,
    refuse_large_program,
    refuse_many_bits,
)
from qtools.compile.output.circuit_format import CircuitFormat
from qtools.errors import BadInputError
from qtools.runs.files import write_bytes, write_text
from qtools.runs.sandbox import sandboxed
from qtools.runs.untrusted import read_bytes

_MARK = "// written by qtools"
_PHASE = re.compile(r"^// global phase: (\S+)$", re.MULTILINE)
_COUNT = re.compile(r"^// instructions: (\d+)$", re.MULTILINE)

_QELIB1 = frozenset(
    "u3 u2 u1 cx id x y z h s sdg t tdg rx ry rz cz cy ch ccx crz cu1 cu3".split()  # noqa: SIM905
)
_STDGATES = _QELIB1 | {"sx", "p", "cp", "swap", "crx", "cry", "cswap"}

# Each equals the Qiskit gate of its name including the phase (x tdg x tdg is exp(-i pi/4)).
_DEFINITIONS = {
    "sx": "gate sx a { h a; s a; h a; }",
    "sxdg": "gate sxdg a { h a; sdg a; h a; }",
    "p": "gate p(l) a { u1(l) a; }",
    "u": "gate u(t,f,l) a { u3(t,f,l) a; }",
    "cp": "gate cp(l) a,b { cu1(l) a,b; }",
    "swap": "gate swap a,b { cx a,b; cx b,a; cx a,b; }",
    "rzz": "gate rzz(t) a,b { cx a,b; rz(t) b; cx a,b; }",
    "ecr": "gate ecr a,b { x a; tdg a; x a; tdg a; s a; h b; s b; h b; cx a,b; x a; }",
}

_CUSTOM_INSTRUCTIONS = (
    *qasm2.LEGACY_CUSTOM_INSTRUCTIONS,
    qasm2.CustomInstruction("ecr", 0, 2, ECRGate),
)

_QPY_PREFACE = b"QISKIT"
# Up to version 12, formulas of parameters go through SymPy's parser, which runs code.
_FIRST_SAFE_QPY = 13

# What qiskit.qpy raises on bytes that are no QPY or end too soon.
_QPY_ERRORS = (
    QiskitError,
    struct.error,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    AssertionError,
)
_MAX_BYTES = 64 << 20


def write_circuit(
    path: Path,
    circuit: QuantumCircuit,
    *,
    circuit_format: CircuitFormat = CircuitFormat.QASM2,
    provenance: Mapping[str, str] | None = None,
) -> None:
    """Write ``circuit`` to ``path``, whole or not at all.

    Args:
        path: the file.
        circuit: gates without free parameters; for the text formats out of ``qelib1.inc`` and sx,
            sxdg, p, u, cp, swap, rzz, ecr.
        circuit_format: OpenQASM 2, OpenQASM 3 or QPY.
        provenance: lines of the header (metadata of the circuit for QPY).

    Raises:
        BadInputError: for a gate that the format cannot hold, or when the file cannot be written.
    """
    lines = dict(provenance or {})
    if circuit_format is CircuitFormat.QPY:
        copy = circuit.copy()
        copy.metadata = {**(circuit.metadata or {}), **lines}
        stream = io.BytesIO()
        qpy.dump(copy, stream)
        write_bytes(path, stream.getvalue())
        return
    write_text(path, circuit_text(circuit, circuit_format=circuit_format, provenance=lines))


def circuit_text(
    circuit: QuantumCircuit,
    *,
    circuit_format: CircuitFormat = CircuitFormat.QASM2,
    provenance: Mapping[str, str] | None = None,
) -> str:
    """``circuit`` as OpenQASM 2 or 3; arguments and errors as in :func:`write_circuit`."""
    is_3 = circuit_format is CircuitFormat.QASM3
    statements = list(_statements(circuit))
    phase = float(circuit.global_phase)
    size = circuit.num_qubits
    included = _STDGATES if is_3 else _QELIB1
    used = sorted(set(circuit.count_ops()) - included - {"barrier"})
    lines = ["OPENQASM 3.0;" if is_3 else "OPENQASM 2.0;", _MARK]
    lines += [f"// {key}: {_one_line(value)}" for key, value in (provenance or {}).items()]
    lines += [f"// global phase: {phase!r}", f"// instructions: {len(statements)}"]
    lines += ['include "stdgates.inc";' if is_3 else 'include "qelib1.inc";']
    # OpenQASM 3 spells u as its builtin U; all other definitions are valid in both languages.
    lines += [_DEFINITIONS[name] for name in used if not (is_3 and name == "u")]
    lines += [f"qubit[{size}] q;", f"gphase({phase!r});"] if is_3 else [f"qreg q[{size}];"]
    if is_3:
        statements = ["U" + s[1:] if s.startswith("u(") else s for s in statements]
    return "\n".join([*lines, *statements]) + "\n"


def read_circuit(path: Path) -> QuantumCircuit:
    """The circuit in an OpenQASM 2, OpenQASM 3 or QPY file; the global phase of ours is put back.

    Raises:
        BadInputError: when the file cannot be read, does not parse, or was cut short.
    """
    data = read_bytes(path, what="circuit", max_bytes=_MAX_BYTES)
    if data.startswith(_QPY_PREFACE):
        return _load_qpy(path, data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInputError(
            f"the circuit file {path} is neither OpenQASM text nor QPY; expected one of the two"
        ) from None
    return parse_circuit(text, source=str(path))


def parse_circuit(text: str, *, source: str = "the circuit") -> QuantumCircuit:
    """The circuit in OpenQASM 2 or 3 text; errors as in :func:`read_circuit`, naming ``source``."""
    is_3 = re.search(r"^\s*OPENQASM\s+3", text, re.MULTILINE) is not None
    if is_3:
        refuse_many_bits(declared_bits(text), source=source)
        circuit = sandboxed(_loads_qasm3, (text, source), source=source, size=len(text))
    else:
        refuse_large_program(text, source=source)
        with _refusals(source, language="OpenQASM 2"):
            circuit = _loads_qasm2(text)
            refuse_large_expansion(circuit, source=source)
    if _MARK in text:
        _check_count(circuit, text, source)
        if not is_3:
            circuit.global_phase = _header_phase(text, source)
    return circuit


def _loads_qasm2(text: str) -> QuantumCircuit:
    return qasm2.loads(text, include_path=(), custom_instructions=_CUSTOM_INSTRUCTIONS)


def _loads_qasm3(program: tuple[str, str]) -> QuantumCircuit:
    """The circuit of (text, source); runs in a process that may die."""
    from openqasm3.parser import QASM3ParsingError

    text, source = program
    # The parser prints its complaints, which the caller's error sentence replaces.
    with contextlib.redirect_stderr(io.StringIO()), _refusals(source, language="OpenQASM 3"):
        try:
            circuit = qasm3.loads(text)
        except QASM3ParsingError as error:
            reason = str(error) or "its syntax is wrong or it was cut short"
            raise qasm3.QASM3ImporterError(reason) from None
        refuse_large_expansion(circuit, source=source)
        return circuit


@contextlib.contextmanager
def _refusals(source: str, *, language: str) -> Iterator[None]:
    """Turn whatever a parser raises on a program into one sentence."""
    reason = ""
    try:
        yield
    except BadInputError:
        raise
    except QiskitError as error:
        reason = error.message
    except RecursionError:
        reason = "it is nested too deep"
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
    except BaseException as error:
        # Rust code that panics raises PyO3's PanicException, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        reason = f"its parser gave up ({error})"
    if reason:
        raise BadInputError(
            f"{source} is not readable as {language}: {_one_line(reason)[:500]}"
        ) from None


def _load_qpy(path: Path, data: bytes) -> QuantumCircuit:
    version = data[len(_QPY_PREFACE)] if len(data) > len(_QPY_PREFACE) else 0
    if version < _FIRST_SAFE_QPY:
        raise BadInputError(
            f"{path} is QPY of version {version}, whose reader evaluates expressions out of the "
            "file; write it again with Qiskit 1.3 or newer, or as OpenQASM"
        )
    refuse_many_bits(declared_qpy_bits(data), source=str(path))
    return sandboxed(_loads_qpy, (data, str(path)), source=f"the QPY file {path}", size=len(data))


def _loads_qpy(file: tuple[bytes, str]) -> QuantumCircuit:
    """The circuit of (content, source); runs in a process that may die."""
    data, source = file
    try:
        circuits = qpy.load(io.BytesIO(data))
    except _QPY_ERRORS as error:
        raise BadInputError(
            f"the QPY file {source} is damaged or cut short ({type(error).__name__}); "
            "write it again"
        ) from None
    if len(circuits) != 1:
        raise BadInputError(f"expected one circuit in {source}, got {len(circuits)}")
    if not isinstance(circuits[0], QuantumCircuit):
        raise BadInputError(f"expected a circuit in {source}, got a {type(circuits[0]).__name__}")
    refuse_large_expansion(circuits[0], source=source)
    return circuits[0]


def _check_count(circuit: QuantumCircuit, text: str, source: str) -> None:
    count = _COUNT.search(text)
    if count is not None and int(count[1]) != len(circuit.data):
        raise BadInputError(
            f"{source} is cut short: its header names {count[1]} instructions, but it holds "
            f"{len(circuit.data)}; write it again"
        )


def _header_phase(text: str, source: str) -> float:
    found = _PHASE.search(text)
    try:
        phase = float(found[1]) if found else 0.0
    except ValueError:
        phase = math.nan
    if not math.isfinite(phase):
        raise BadInputError(f"{source} has a global phase that is no finite number in its header")
    return phase


def _statements(circuit: QuantumCircuit) -> Iterator[str]:
    standard = get_standard_gate_name_mapping()
    known = _QELIB1 | set(_DEFINITIONS)
    names = {qubit: f"q[{index}]" for index, qubit in enumerate(circuit.qubits)}
    for position, instruction in enumerate(circuit.data):
        operation = instruction.operation
        name = operation.name
        is_gate = name in known and standard[name].base_class is operation.base_class
        if not is_gate and name != "barrier":
            raise BadInputError(
                f"instruction {position} ({name}) cannot be written as OpenQASM by qtools; "
                "decompose it first or write QPY"
            )
        qubits = ",".join([names[qubit] for qubit in instruction.qubits])
        yield f"{name}{_parameters(operation.params, position)} {qubits};"


def _parameters(values: list[Any], position: int) -> str:
    if not values:
        return ""
    try:
        return "(" + ",".join([repr(float(value)) for value in values]) + ")"
    except TypeError:
        raise BadInputError(
            f"instruction {position} has a free parameter; assign it before writing"
        ) from None


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
