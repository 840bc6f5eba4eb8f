"""Lattices and devices on the command line and in ``problem.toml``."""

import json

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2
from qiskit.quantum_info import Statevector
from scipy.sparse.linalg import expm_multiply

from qtools import cli
from qtools.compile.geometry.lattices import heavy_hex, ladder, ring
from qtools.compile.output.circuit_files import read_circuit
from qtools.compile.problem.models import tfim
from qtools.compile.qiskit_plugin import EvolvedState

SHORT = ["--model", "tfim", "--time", "0.4", "--layers", "5", "--max-iterations", "25", "--quiet"]


def run(path, *options):
    arguments = ["compile", "evolution", *SHORT, *map(str, options), "--out", str(path)]
    return cli.run(arguments), path / "result.json"


def exact(lattice):
    H = tfim(lattice).to_sparse_pauli_op().to_matrix(sparse=True)
    return expm_multiply(-0.4j * H, np.eye(2**lattice.num_sites)[0].astype(complex))


def edges_used(circuit):
    pairs = [[circuit.find_bit(q).index for q in i.qubits] for i in circuit.data]
    return {tuple(sorted(pair)) for pair in pairs if len(pair) == 2}


@pytest.mark.parametrize(
    ("lattice", "options"),
    [
        (ring(6), ["--sites", "6", "--lattice", "ring"]),
        (ring(6), ["--sites", "6", "--periodic"]),
        (ladder(3), ["--size", "2x3", "--lattice", "ladder"]),
    ],
)
def test_the_circuit_lies_on_the_lattice(tmp_path, lattice, options):
    code, result = run(tmp_path, *options, "--observable", "Z:1")
    assert code == 0
    record = json.loads(result.read_text())
    circuit = read_circuit(tmp_path / "circuit.qasm")
    assert edges_used(circuit) == set(lattice.edges)
    state = Statevector(circuit)
    assert abs(np.vdot(exact(lattice), state.data)) ** 2 == pytest.approx(
        record["fidelity"], abs=1e-5
    )
    order = record["site_order"]
    assert order is None or sorted(order) == list(range(6))
    probability = state.probabilities([1])
    measured = record["physics"]["compiled"]["observables"]["Z:1"]
    assert measured == pytest.approx(probability[0] - probability[1], abs=1e-6)


def test_a_coupling_map_says_where_the_circuit_goes(tmp_path):
    device = heavy_hex(1, 1)
    (tmp_path / "map.json").write_text(json.dumps([[*edge, 0.01] for edge in device.edges]))
    options = ["--sites", "5", "--coupling-map", tmp_path / "map.json"]
    code, result = run(tmp_path / "run", *options)
    assert code == 0
    hardware = json.loads(result.read_text())["hardware"]
    assert hardware["fidelity"] == pytest.approx(
        json.loads(result.read_text())["fidelity"], abs=1e-9
    )
    assert edges_used(read_circuit(tmp_path / "run" / "device.qasm")) <= set(device.edges)
    assert hardware["two_qubit_gates"] <= json.loads(result.read_text())["two_qubit_gates"]
    before = result.read_bytes()
    assert run(tmp_path / "run", *options)[0] == 0
    assert result.read_bytes() == before


def test_a_model_without_a_size_lives_on_the_whole_map(tmp_path):
    (tmp_path / "map").write_text("0 1\n1 2\n1 3\n")
    code, result = run(tmp_path / "run", "--coupling-map", tmp_path / "map")
    assert code == 0
    assert json.loads(result.read_text())["num_qubits"] == 4
    assert edges_used(read_circuit(tmp_path / "run" / "circuit.qasm")) == {(0, 1), (1, 2), (1, 3)}


def test_a_disconnected_map_is_refused_before_any_work(tmp_path, capsys):
    (tmp_path / "map").write_text("0 1\n2 3\n")
    code, _ = run(tmp_path / "run", "--sites", "4", "--coupling-map", tmp_path / "map")
    assert code == 4
    assert "disconnected" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_problem_file_names_lattice_and_map(tmp_path):
    (tmp_path / "map").write_text("0 1\n1 2\n2 3\n3 0\n")
    (tmp_path / "p.toml").write_text(
        '[hamiltonian]\nmodel = "tfim"\nlattice = "square"\nsize = [2, 2]\n'
        '[evolution]\ntime = 0.3\n[ansatz]\nlayers = 3\ncoupling_map = "map"\n'
    )
    out = tmp_path / "run"
    arguments = ["compile", "evolution", tmp_path / "p.toml", "--out", out, "--quiet"]
    assert cli.run([str(a) for a in arguments]) == 0
    assert json.loads((out / "result.json").read_text())["hardware"]["two_qubit_depth"] <= 7


def test_an_operation_evolves_on_any_geometry():
    operation = EvolvedState.of(tfim(ring(5)), time=0.4, layers=5, max_iterations=20)
    state = Statevector(operation.definition).data
    assert abs(np.vdot(exact(ring(5)), state)) ** 2 > 0.999


def test_a_given_circuit_goes_on_a_line_of_the_device(tmp_path, capsys):
    given = QuantumCircuit(4)
    for _ in range(2):
        for qubit in range(4):
            given.ry(0.3 + qubit, qubit)
        for qubit in range(3):
            given.cx(qubit, qubit + 1)
    (tmp_path / "in.qasm").write_text(qasm2.dumps(given))
    (tmp_path / "map").write_text("0 1\n1 2\n2 3\n3 4\n1 4\n")
    arguments = ["compile", "circuit", tmp_path / "in.qasm", "--layers", "3", "--quiet"]
    options = ["--coupling-map", tmp_path / "map", "--out", tmp_path / "run"]
    assert cli.run([str(a) for a in [*arguments, *options]]) == 0
    record = json.loads((tmp_path / "run" / "result.json").read_text())
    assert record["hardware"]["fidelity"] == pytest.approx(record["fidelity"], abs=1e-9)
    used = edges_used(read_circuit(tmp_path / "run" / "device.qasm"))
    assert used <= {(0, 1), (1, 2), (2, 3), (3, 4), (1, 4)}
    (tmp_path / "star").write_text("0 1\n0 2\n0 3\n")
    options = ["--coupling-map", tmp_path / "star", "--out", tmp_path / "none"]
    assert cli.run([str(a) for a in [*arguments, *options]]) == 4
    assert "no line of 4 qubits" in capsys.readouterr().err
