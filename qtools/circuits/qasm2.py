"""OpenQASM 2 of the normal form.

What is written loads with plain ``qiskit.qasm2.loads(text)`` (also in its strict mode): gates
outside ``qelib1.inc`` bring their definition along.
"""

from qiskit import qasm2

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.angles import angle_text
from qtools.circuits.normal import NormalCircuit, Operation
from qtools.circuits.qiskit_io import creg_names, from_qiskit
from qtools.errors import BadInputError

HEADER = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def dumps(circuit: NormalCircuit, *, comments: tuple[str, ...] = ()) -> str:
    """The circuit as OpenQASM 2, one statement per line; equal circuits give equal text.

    Args:
        circuit: in normal form.
        comments: lines of provenance, written as comments before the version line.
    """
    names = creg_names(circuit)
    clbits = [
        f"{name}[{i}]" for name, n in zip(names, circuit.cregs, strict=True) for i in range(n)
    ]
    used = {operation.name for operation in circuit.operations}
    lines = [f"// {line}" for comment in comments for line in comment.splitlines()]
    lines += [HEADER.rstrip()]
    lines += [g.declaration() for g in ALPHABET.values() if g.definition and g.name in used]
    if circuit.num_qubits:
        lines.append(f"qreg q[{circuit.num_qubits}];")
    lines += [f"creg {name}[{size}];" for name, size in zip(names, circuit.cregs, strict=True)]
    lines += [_statement(operation, clbits, names) for operation in circuit.operations]
    return "\n".join(lines) + "\n"


def _statement(operation: Operation, clbits: list[str], names: tuple[str, ...]) -> str:
    name, qubits, params, bits, condition = operation
    operands = ",".join([f"q[{qubit}]" for qubit in qubits])
    if name == "measure":
        text = f"measure {operands} -> {clbits[bits[0]]};"
    elif params:
        angles = ",".join([angle_text(angle) for angle in params])
        text = f"{ALPHABET[name].spelling}({angles}) {operands};"
    elif name in ALPHABET:
        text = f"{ALPHABET[name].spelling} {operands};"
    else:
        text = f"{name} {operands};"
    if condition is None:
        return text
    return f"if({names[condition[0]]}=={condition[1]}) {text}"


def _standard_constructors() -> list[qasm2.CustomInstruction]:
    from qiskit.circuit.library import get_standard_gate_name_mapping

    standard = get_standard_gate_name_mapping()
    return [
        qasm2.CustomInstruction(
            gate.spelling, gate.num_params, gate.num_qubits, type(standard[name])
        )
        for name, gate in ALPHABET.items()
        if gate.definition
    ]


_CUSTOM = _standard_constructors()


def loads(text: str) -> NormalCircuit:
    """Read a circuit that :func:`dumps` wrote.

    Definitions of alphabet gates are taken to be ours; for files from elsewhere use
    :func:`qtools.datasets.wild.read_circuit`, which checks them.

    Raises:
        BadInputError: not OpenQASM 2, or not in the form that :func:`dumps` writes.
    """
    try:
        circuit = qasm2.loads(text, custom_instructions=_CUSTOM, include_path=())
    except qasm2.QASM2ParseError as error:
        raise BadInputError(f"expected OpenQASM 2 as qtools writes it: {error.message}") from error
    except (OverflowError, TypeError, ValueError, RecursionError) as error:
        raise BadInputError(f"expected OpenQASM 2 as qtools writes it: {error}") from error
    return from_qiskit(circuit)
