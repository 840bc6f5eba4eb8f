"""Strict loading of circuits by two independent parsers."""

from typing import TYPE_CHECKING, Any

from qtools.errors import MissingDependencyError
from qtools.generate.verify.circuits import Program

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def load_strictly(program: Program) -> "QuantumCircuit":
    """Qiskit's parser without any leniency."""
    from qiskit import qasm2 as of_qiskit
    from qiskit import qasm3

    if program.version == 3:
        return qasm3.loads(program.text)
    return of_qiskit.loads(program.text, strict=True)


def load_in_tket(text: str) -> Any:
    """pytket's OpenQASM 2 reader: the second parser.

    Raises:
        MissingDependencyError: pytket is not installed.
    """
    try:
        from pytket.qasm import circuit_from_qasm_str
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("pytket", extra="verify") from error
    # Registers of more than 32 bits are only refused in conditions by other tools.
    return circuit_from_qasm_str(text, maxwidth=128)
