"""Files from the wild: repaired where certain, refused with a reason otherwise."""

from pathlib import Path

import pytest
from qiskit import QuantumCircuit, qpy
from qiskit import qasm2 as qiskit_qasm2
from qiskit.quantum_info import Operator

from qtools.circuits import qasm2, qasm3
from qtools.circuits.normal import UnsupportedCircuitError
from qtools.circuits.qiskit_io import from_qiskit, to_qiskit
from qtools.datasets.wild import read_circuit, read_file

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def names(text: str) -> list[str]:
    return [op.name for op in read_circuit(text).circuit.operations]


@pytest.mark.parametrize(
    ("text", "repairs", "found"),
    [
        (HEAD + "qreg q[2]; sx q[0];", ("missing-gate sx",), ["sx"]),
        (HEAD + "qreg q[2]; ryy(pi/2) q[0],q[1];", ("missing-gate ryy",), ["ryy"]),
        ("qreg q[1]; h q[0];", ("missing-gate h",), ["h"]),
        (HEAD + "qreg q[2]; measure q[1] -> c[3];", ("undeclared-creg c",), ["measure"]),
        (HEAD + "qreg q[2]; measure q -> c;", ("undeclared-creg c",), ["measure"] * 2),
        (
            HEAD + "gate h a { u2(0,pi) a; }\nqreg q[1]; h q[0];",
            ("duplicate-definition h",),
            ["h"],
        ),
        (
            HEAD + "gate f(t) a { rx(t) a; } gate f(s) b { rx(s) b; } qreg q[1]; f(1) q[0];",
            ("duplicate-definition f",),
            ["rx"],
        ),
    ],
)
def test_certain_defects_are_repaired_and_recorded(
    text: str, repairs: tuple[str, ...], found: list[str]
) -> None:
    reading = read_circuit(text)
    assert reading.repairs == repairs
    assert [op.name for op in reading.circuit.operations] == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("// nothing\n", "empty"),
        (HEAD + "qreg q[3]; ccx q[0],q[1],q[0];", "duplicate-operand"),
        (HEAD + "qreg q[1]; foo q[0];", "undefined-name"),
        (HEAD + "qreg r[2]; measure q[0] -> c[0];", "undefined-name"),
        (HEAD + "gate h a { x a; } qreg q[1];", "conflicting-definition"),
        (HEAD + "qreg q[1]; x q[4];", "index-out-of-range"),
        ('include "/etc/hostname"; qreg q[1];', "qasm2-refused"),
        ("opaque g a; qreg q[1]; g q[0];", "opaque-gate"),
        ("OPENQASM 3.0; input angle t; qubit q; U(t,0,0) q;", "unbound-parameters"),
        ("OPENQASM 3.0; nonsense", "qasm3-refused"),
        ("OPENQASM 3.0; qubit[99999999999999999999] q;", "number-too-large"),
        (HEAD + "qreg q[99999999999999999999];", "number-too-large"),
        (HEAD + "gate g(t) a { rx(1/(t-t)) a; } qreg q[1]; g(1) q[0];", "angle-undefined"),
        (HEAD + "gate g(t) a { rx(sqrt(t)) a; } qreg q[1]; g(-1) q[0];", "angle-undefined"),
        (HEAD + "qreg q[1]; rx(1/0) q[0];", "qasm2-refused"),
        ("qreg q[1]; rx q[0];", "gate-arguments"),
    ],
)
def test_other_defects_have_a_reason(text: str, reason: str) -> None:
    with pytest.raises(UnsupportedCircuitError) as caught:
        read_circuit(text)
    assert caught.value.reason == reason


def test_gates_are_told_by_their_matrix_and_not_by_their_name() -> None:
    true = "gate rzz(t) a,b { cx a,b; rz(t) b; cx a,b; } "
    false = "gate swap a,b { cx a,b; } "
    exported = "gate ecr_140 a,b { rzx(pi/4) a,b; x a; rzx(-pi/4) a,b; } "
    rzx = "gate rzx(t) a,b { h b; cx a,b; rz(t) b; cx a,b; h b; } "
    use = "qreg q[2]; rzz(0.3) q[0],q[1]; swap q[0],q[1]; ecr_140 q[0],q[1];"
    assert names(HEAD + true + false + rzx + exported + use) == ["rzz", "cx", "ecr"]


def test_own_exports_come_back_as_they_were(tmp_path: Path) -> None:
    circuit = QuantumCircuit(3, 3)
    circuit.sx(0)
    circuit.rzz(0.25, 0, 1)
    circuit.ecr(1, 2)
    circuit.ccz(0, 1, 2)
    circuit.measure(range(3), range(3))
    normal = from_qiskit(circuit)
    assert read_circuit(qasm2.dumps(normal)).circuit == normal
    assert read_circuit(qasm3.dumps(normal)).circuit == normal
    with (tmp_path / "two.qpy").open("wb") as stream:
        qpy.dump([circuit, circuit], stream)
    assert [reading.circuit for reading in read_file(tmp_path / "two.qpy")] == [normal, normal]


def test_qiskits_own_export_that_its_strict_reader_refuses_is_read() -> None:
    circuit = QuantumCircuit(3)
    circuit.sx(0)
    circuit.cswap(0, 1, 2)
    circuit.rxx(0.5, 0, 2)
    circuit.ecr(1, 0)
    text = qiskit_qasm2.dumps(circuit)
    with pytest.raises(qiskit_qasm2.QASM2ParseError):
        qiskit_qasm2.loads(text)
    read = read_circuit(text).circuit
    assert [op.name for op in read.operations] == ["sx", "cswap", "rxx", "ecr"]
    assert Operator(to_qiskit(read)).equiv(Operator(circuit))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"QISKIT", "qpy-too-old"),
        (b"QISKIT\x05" + b"\0" * 40, "qpy-too-old"),
        (b"QISKIT\x0e" + b"x" * 30, "qpy-damaged"),
        # As it stands, it declares thousands of millions of bits.
        (b"QISKIT\x0e" + b"x" * 60, "qubits-out-of-bounds"),
    ],
)
def test_damaged_and_old_qpy_has_a_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "bad.qpy"
    path.write_bytes(data)
    with pytest.raises(UnsupportedCircuitError) as caught:
        read_file(path)
    assert caught.value.reason == reason


def test_latin_comments_and_large_files(tmp_path: Path) -> None:
    path = tmp_path / "latin.qasm"
    path.write_bytes((HEAD + "// Schrödinger\nqreg q[1]; x q[0];").encode("latin-1"))
    assert read_file(path)[0].repairs == ("decoded-latin-1",)
    with pytest.raises(UnsupportedCircuitError) as caught:
        read_file(path, max_bytes=10)
    assert caught.value.reason == "file-too-large"
