import math

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator, Statevector

from qtools.compile.output.circuit_files import parse_circuit, read_circuit, write_circuit
from qtools.compile.output.circuit_format import CircuitFormat
from qtools.compile.synthesis.circuit import synthesize
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state
from tests.compile.states import brickwork, random_ansatz


@pytest.fixture
def circuit():
    """Every gate that needs a definition of its own, and a global phase."""
    made = QuantumCircuit(3, global_phase=0.77)
    made.sx(0)
    made.sxdg(1)
    made.p(0.3, 0)
    made.u(1, 2, 3, 1)
    made.cp(0.2, 0, 1)
    made.swap(1, 2)
    made.rzz(0.3, 0, 1)
    made.ecr(2, 1)
    made.barrier()
    made.rz(1e-5, 0)
    return made


@pytest.mark.parametrize("circuit_format", list(CircuitFormat))
def test_a_written_circuit_is_read_back_with_its_phase(tmp_path, circuit, circuit_format):
    path = tmp_path / f"circuit{circuit_format.suffix}"
    write_circuit(path, circuit, circuit_format=circuit_format, provenance={"command": "a\nb"})
    back = read_circuit(path)
    assert back.count_ops() == circuit.count_ops()
    np.testing.assert_allclose(Operator(back).data, Operator(circuit).data, atol=1e-14)


def test_qasm2_loads_without_options_and_exactly_up_to_the_phase_in_its_header(tmp_path, circuit):
    path = tmp_path / "circuit.qasm"
    write_circuit(path, circuit, provenance={"command": "a\nb"})
    assert "// command: a b\n" in path.read_text()
    plain = qasm2.load(path)
    expected = np.exp(-0.77j) * Operator(circuit).data
    np.testing.assert_allclose(Operator(plain).data, expected, atol=1e-14)


@pytest.mark.parametrize("basis", ["cx,rz,sx,x", "ecr,rz,sx", "cz,u", "cx,u3", "cx,rz,h"])
def test_synthesized_circuits_survive_every_format(tmp_path, basis):
    ansatz = random_ansatz(4, brickwork(4, 3), seed=5)
    circuit = synthesize(ansatz, basis=tuple(basis.split(",")), phase=1.0)
    for circuit_format in CircuitFormat:
        path = tmp_path / f"circuit{circuit_format.suffix}"
        write_circuit(path, circuit, circuit_format=circuit_format)
        state = Statevector(read_circuit(path)).data
        np.testing.assert_allclose(state, np.exp(1j) * ansatz_state(ansatz), atol=1e-11)


@pytest.mark.parametrize("circuit_format", list(CircuitFormat))
def test_a_file_cut_short_is_refused(tmp_path, circuit, circuit_format):
    path = tmp_path / "circuit"
    write_circuit(path, circuit, circuit_format=circuit_format)
    whole = path.read_bytes()
    cuts = [len(whole) // 2, len(whole) - 3]
    if circuit_format is not CircuitFormat.QPY:
        cuts.append(whole.rindex(b"\n", 0, -1) + 1)
    for cut in cuts:
        path.write_bytes(whole[:cut])
        with pytest.raises(BadInputError):
            read_circuit(path)


def test_what_openqasm_cannot_hold_is_refused_by_name_and_position():
    odd = QuantumCircuit(3)
    odd.h(0)
    odd.mcx([0, 1], 2)
    odd.append(QuantumCircuit(1, name="h").to_gate(), [0])
    with pytest.raises(BadInputError, match=r"instruction 2 \(h\)"):
        write_circuit("unused", odd)
    free = QuantumCircuit(1)
    free.rz(Parameter("a"), 0)
    with pytest.raises(BadInputError, match="instruction 0 has a free parameter"):
        write_circuit("unused", free)


def test_unreadable_files_are_refused(tmp_path):
    path = tmp_path / "circuit.qasm"
    with pytest.raises(BadInputError, match="cannot read"):
        read_circuit(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInputError, match="neither"):
        read_circuit(path)
    path.write_bytes(b"QISKIT garbage")
    with pytest.raises(BadInputError, match="damaged"):
        read_circuit(path)
    with pytest.raises(BadInputError, match="OpenQASM 3"):
        parse_circuit("OPENQASM 3.0;\nqubit[2] q;\nfoo q;\n")


@pytest.mark.parametrize("phase", ["nan", "abc", "inf"])
def test_a_header_phase_that_is_no_number_is_refused(phase):
    text = f'OPENQASM 2.0;\n// written by qtools\n// global phase: {phase}\ninclude "qelib1.inc";\n'
    with pytest.raises(BadInputError, match="global phase"):
        parse_circuit(text + "qreg q[1];\n")


def test_foreign_files_keep_phase_zero():
    text = 'OPENQASM 2.0;\n// global phase: 1.0\ninclude "qelib1.inc";\nqreg q[1];\n'
    assert math.isclose(parse_circuit(text).global_phase, 0.0)
