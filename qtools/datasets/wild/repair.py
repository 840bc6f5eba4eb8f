"""Repairs of OpenQASM 2 files whose meaning is certain although Qiskit's parser refuses them.

The parser leads: it says what is wrong and where, one repair answers it, and it parses again.

* ``missing-gate NAME``: a gate of Qiskit's library that ``qelib1.inc`` lacks, or one of
  ``qelib1.inc`` that was not included, is given Qiskit's meaning.
* ``undeclared-creg NAME``: the target of a measurement is declared, as large as it is used.
* ``duplicate-definition NAME``: a second definition that equals the first is cut out.
"""

import re
from dataclasses import dataclass, field

import numpy as np
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import UnsupportedCircuitError
from qtools.datasets.wild.refusals import refusals, refused

_MAX_REPAIRS = 200
_LOCATION = re.compile(r'^"?[^:"]*:(?P<line>\d+),(?P<column>\d+): (?P<what>.*?)"?$', re.DOTALL)
_UNDEFINED = re.compile(r"'(?P<name>\w+)' is not defined in this scope")
_DEFINED_TWICE = re.compile(r"'(?P<name>\w+)' is already defined")
_OUT_OF_RANGE = re.compile(r"index (?P<index>\d+) is out-of-range for register '(?P<name>\w+)'")
_NO_BROADCAST = "cannot resolve broadcast in measurement"
_HEADER = re.compile(r"(?:\s|//[^\n]*\n)*(?:OPENQASM\s+[\d.]+\s*;)?")
_MAX_CREG = 4096


def _known_gates() -> dict[str, qasm2.CustomInstruction]:
    """Gates whose name alone is certain: Qiskit's legacy set, qelib1.inc, and the alphabet."""
    standard = get_standard_gate_name_mapping()
    known = {
        name: qasm2.CustomInstruction(
            name, gate.num_params, gate.num_qubits, type(standard[name]), builtin=True
        )
        for name, gate in ALPHABET.items()
    }
    for custom in qasm2.LEGACY_CUSTOM_INSTRUCTIONS:
        if custom.name != "delay":
            known[custom.name] = qasm2.CustomInstruction(
                custom.name, custom.num_params, custom.num_qubits, custom.constructor, builtin=True
            )
    return known


_KNOWN = _known_gates()
# Definitions as this package writes them, by their line: gates that need no check.
_OURS = {
    gate.declaration(): qasm2.CustomInstruction(
        name, gate.num_params, gate.num_qubits, _KNOWN[name].constructor
    )
    for name, gate in ALPHABET.items()
    if gate.definition
}


@dataclass(kw_only=True)
class _Program:
    """A program under repair."""

    text: str
    gates: dict[str, qasm2.CustomInstruction] = field(default_factory=dict)
    cregs: dict[str, int] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)

    def parse(self) -> QuantumCircuit:
        return qasm2.loads(
            self.with_cregs(), custom_instructions=list(self.gates.values()), include_path=()
        )

    def with_cregs(self) -> str:
        """The text with declarations after the version, on the same line: positions hold."""
        if not self.cregs:
            return self.text
        end = self._header_end()
        return self.text[:end] + self._declarations() + self.text[end:]

    def place(self, line: int, column: int) -> int:
        """Offset in :attr:`text` of a place that the parser named."""
        starts = [0, *(match.end() for match in re.finditer("\n", self.with_cregs()))]
        offset = starts[min(line, len(starts)) - 1] + column
        end, extra = self._header_end(), len(self._declarations())
        return offset if offset < end else max(end, offset - extra)

    def _header_end(self) -> int:
        match = _HEADER.match(self.text)
        return match.end() if match else 0

    def _declarations(self) -> str:
        return "".join(f"creg {name}[{size}];" for name, size in self.cregs.items())


def load_with_repairs(text: str) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Parse OpenQASM 2, repairing what is certain.

    Returns:
        Qiskit's circuit and the names of the repairs.

    Raises:
        UnsupportedCircuitError: the parser refuses, and no repair is certain.
    """
    program = _Program(text=text)
    if "gate " in text:
        lines = set(text.splitlines())
        program.gates = {c.name: c for line, c in _OURS.items() if line in lines}
    for _ in range(_MAX_REPAIRS):
        try:
            with refusals("qasm2-refused"):
                return program.parse(), tuple(program.repairs)
        except UnsupportedCircuitError as error:
            if not isinstance(error.__cause__, qasm2.QASM2ParseError):
                raise
            _repair(program, str(error.__cause__))
    raise refused("too-many-repairs", f"more than {_MAX_REPAIRS} repairs were needed")


def _repair(program: _Program, message: str) -> None:
    """Make the one repair that answers the parser's message."""
    located = _LOCATION.match(message.strip("'\""))
    if located is None:
        raise refused("qasm2-refused", message)
    what = located["what"]
    place = program.place(int(located["line"]), int(located["column"]))
    if match := _UNDEFINED.search(what):
        _define(program, match["name"], place)
    elif match := _DEFINED_TWICE.search(what):
        _cut_equal_definition(program, match["name"], place)
    elif (match := _OUT_OF_RANGE.search(what)) and match["name"] in program.cregs:
        _grow(program, match["name"], int(match["index"]) + 1)
    elif what.startswith(_NO_BROADCAST) and program.cregs:
        # A whole register is measured: its size is found by trying.
        name = list(program.cregs)[-1]
        _grow(program, name, program.cregs[name] + 1)
    else:
        raise refused(_slug(what), what)


def _slug(what: str) -> str:
    if "duplicate" in what:
        return "duplicate-operand"
    if "out-of-range" in what:
        return "index-out-of-range"
    return "qasm2-refused"


def _define(program: _Program, name: str, place: int) -> None:
    if name in _KNOWN and name not in program.gates and _starts_statement(program.text, place):
        program.gates[name] = _KNOWN[name]
        program.repairs.append(f"missing-gate {name}")
    elif program.text[:place].rstrip().endswith("->") and name not in program.cregs:
        program.cregs[name] = 1
        program.repairs.append(f"undeclared-creg {name}")
    else:
        raise refused("undefined-name", f"{name!r} is not defined in this scope")


def _starts_statement(text: str, place: int) -> bool:
    """Whether a name at ``place`` is applied, and is no register or argument."""
    return not re.search(r"[\[(,>]\s*$", text[:place])


def _grow(program: _Program, name: str, size: int) -> None:
    if size > _MAX_CREG:
        raise refused("undeclared-creg-size", f"register {name!r} would need {size} bits or more")
    program.cregs[name] = size


def _cut_equal_definition(program: _Program, name: str, place: int) -> None:
    """Cut a repeated ``gate`` statement if it means the same as the first."""
    text = program.text
    statement = re.compile(r"gate\s+" + re.escape(name) + r"\b(?P<rest>[^{}]*\{[^{}]*\})").match(
        text, place
    )
    if statement is None:
        raise refused("defined-twice", f"{name!r} is already defined")
    if not _definitions_agree(program, name, place, statement["rest"]):
        raise refused("conflicting-definition", f"{name!r} is defined twice with two meanings")
    # Blanked rather than removed, so that later positions stay.
    blank = re.sub(r"[^\n]", " ", statement[0])
    program.text = text[:place] + blank + text[statement.end() :]
    program.repairs.append(f"duplicate-definition {name}")


def _definitions_agree(program: _Program, name: str, place: int, rest: str) -> bool:
    """Whether both definitions have the same unitary at generic angles.

    Matrix elements are analytic in the angles, so agreement at random ones is agreement.
    """
    signature = re.match(r"\s*(?:\((?P<params>[^)]*)\))?(?P<qubits>[^{]*)\{", rest)
    if signature is None:
        return False
    params = [word for word in (signature["params"] or "").split(",") if word.strip()]
    qubits = [word for word in signature["qubits"].split(",") if word.strip()]
    if len(qubits) > 6:
        return False
    angles = np.random.default_rng(len(params)).uniform(-3, 3, len(params))
    call = f"({','.join(f'{angle:.9f}' for angle in angles)})" if params else ""
    operands = ",".join(f"qtools_probe[{index}]" for index in range(len(qubits)))
    probe = _Program(
        text=program.text[:place]
        + f"gate qtools_again{rest} qreg qtools_probe[{len(qubits)}];"
        + f"{name}{call} {operands}; qtools_again{call} {operands};",
        gates=program.gates,
        cregs=program.cregs,
    )
    try:
        first, second = (item.operation for item in probe.parse().data[-2:])
        return bool(Operator(first).equiv(Operator(second)))
    except QiskitError:
        return False
