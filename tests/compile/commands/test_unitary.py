import json

import numpy as np
import pytest
from qiskit import qasm2
from qiskit.quantum_info import Operator
from scipy.linalg import expm

from qtools.cli import run
from qtools.compile.problem.models import tfim

CHAIN = ["--model", "tfim", "--sites", "6", "--coupling", "1", "--field", "0.8", "--time", "0.7"]


def compile_unitary(*options):
    return run(["compile", "unitary", *CHAIN, "--quiet", *map(str, options)])


def test_written_circuit_is_the_evolution(tmp_path, capsys):
    assert compile_unitary("--layers", 5, "--fidelity", 0.999, "--json", "--out", tmp_path) == 0
    record = json.loads(capsys.readouterr().out)
    matrix = tfim(6, coupling=1.0, field=0.8).to_sparse_pauli_op().to_matrix()
    circuit = qasm2.load(tmp_path / "circuit.qasm")
    overlap = np.trace(expm(0.7j * matrix) @ Operator(circuit).data) / 64
    assert abs(overlap) ** 2 == pytest.approx(record["process_fidelity"], abs=1e-5)
    assert record["process_fidelity"] >= record["process_fidelity_lower_bound"] > 0.998
    assert record["cost"] == pytest.approx(1.0 - record["process_fidelity"], abs=1e-12)
    average = (64 * record["process_fidelity"] + 1.0) / 65
    assert record["average_gate_fidelity"] == pytest.approx(average, abs=1e-12)
    assert record["engine"].startswith(("exact", "dense", "truncated"))
    assert len(record["state_fidelities"]) == 3
    assert min(record["state_fidelities"]) > 0.995


def test_goal_missed_writes_the_result_and_exits_3(tmp_path, capsys):
    assert compile_unitary("--layers", 2, "--fidelity", 0.999999, "--out", tmp_path) == 3
    assert "was asked for" in capsys.readouterr().err
    assert (tmp_path / "result.json").exists()


def test_another_problems_directory_is_left_alone(tmp_path, capsys):
    assert compile_unitary("--layers", 3, "--out", tmp_path) == 0
    before = (tmp_path / "result.json").read_bytes()
    other = ["--model", "tfim", "--sites", "5", "--time", "0.5", "--layers", "3"]
    assert run(["compile", "unitary", *other, "--out", str(tmp_path)]) == 4
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "result.json").read_bytes() == before


@pytest.mark.parametrize("depth", [(), ("--layers", 3, "--steps", 1)])
def test_exactly_one_depth(tmp_path, depth, capsys):
    assert compile_unitary(*depth, "--out", tmp_path) == 2
    assert "exactly one" in capsys.readouterr().err
