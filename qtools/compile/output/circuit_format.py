"""The file formats of circuits; apart from their reader because the command line names them."""

from enum import StrEnum


class CircuitFormat(StrEnum):
    """How a circuit is written."""

    QASM2 = "qasm2"
    QASM3 = "qasm3"
    QPY = "qpy"

    @property
    def suffix(self) -> str:
        """The file name's ending."""
        return ".qpy" if self is CircuitFormat.QPY else ".qasm"
