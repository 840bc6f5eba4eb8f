"""What a circuit file declares is known before anything parses it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qpy

from qtools.circuits.bounds import declared_bits, declared_qpy_bits, refuse_many_bits
from qtools.errors import CapacityError


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("OPENQASM 2.0; qreg q[3]; creg c [ 4 ]; // qreg r[9];\n", 7),
        ("OPENQASM 3.0; qubit[5] q; bit [2] c; qubit r;", 7),
        ("OPENQASM 2.0; gate g a { u3(0,0,0) a; } qreg q[99999999999999999999999];", int("9" * 20)),
        ("", 0),
    ],
)
def test_registers_are_added_up(text: str, bits: int) -> None:
    assert declared_bits(text) == bits


def saved(*circuits: QuantumCircuit, version: int) -> bytes:
    stream = io.BytesIO()
    qpy.dump(list(circuits), stream, version=version)
    return stream.getvalue()


@pytest.mark.parametrize("version", range(13, qpy.common.QPY_VERSION + 1))
def test_qpy_says_its_bits(version: int) -> None:
    narrow, wide = QuantumCircuit(3, 2, name="x"), QuantumCircuit(40, 7)
    assert declared_qpy_bits(saved(wide, version=version)) == 47
    both = declared_qpy_bits(saved(narrow, wide, version=version))
    assert both == (47 if version >= 16 else 5)


@given(data=st.binary(max_size=80), version=st.integers(13, 20))
def test_any_bytes_have_a_number_of_bits(data: bytes, version: int) -> None:
    assert declared_qpy_bits(b"QISKIT" + bytes([version]) + data) >= 0


def test_too_many_are_refused() -> None:
    refuse_many_bits(100_000, source="it")
    with pytest.raises(CapacityError, match="declares 100001 bits"):
        refuse_many_bits(100_001, source="it")
