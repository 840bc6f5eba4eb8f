"""OpenQASM 3 of the normal form, through Qiskit's writer."""

from qiskit import qasm3

from qtools.circuits.normal import NormalCircuit
from qtools.circuits.qiskit_io import to_qiskit


def dumps(circuit: NormalCircuit, *, comments: tuple[str, ...] = ()) -> str:
    """The circuit as OpenQASM 3; gates outside ``stdgates.inc`` bring their definition along.

    Args:
        circuit: in normal form.
        comments: lines of provenance, written as comments before the version line.
    """
    head = "".join(f"// {line}\n" for comment in comments for line in comment.splitlines())
    body: str = qasm3.dumps(to_qiskit(circuit))
    return head + body
