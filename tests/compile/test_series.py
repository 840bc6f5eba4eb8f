import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector
from scipy.sparse.linalg import expm_multiply

from qtools import cli
from qtools.compile.output.circuit_files import read_circuit
from qtools.compile.problem.models import heisenberg
from qtools.compile.series import parse_times
from qtools.errors import BadInputError

CHAIN = ["--model", "heisenberg", "--sites", "6", "--coupling", "-0.25", "--initial", "neel"]
OPTIONS = ["--tolerance", "1e-10", "--max-iterations", "60"]
NEEL_6 = np.eye(64)[0b101010].astype(complex)


def exact(time):
    H = heisenberg(6, coupling=-0.25).to_sparse_pauli_op().to_matrix(sparse=True)
    return expm_multiply(-1j * time * H, NEEL_6)


def run(*arguments):
    return cli.run(["compile", "evolution", *CHAIN, *OPTIONS, *map(str, arguments)])


@given(st.integers(1, 200), st.sampled_from([0.1, 0.2, 0.25, 1 / 3]))
def test_a_range_holds_its_last_time(count, step):
    times = parse_times(f"{step}:{step * count}:{step}")
    np.testing.assert_allclose(times, step * np.arange(1, count + 1), atol=1e-9)


@pytest.mark.parametrize(
    "text",
    ["", "a", "0:1:0.1", "1:0.5:0.1", "0.1:1:0", "0.1:1", "0.5,0.2", "0.2,0.2", "nan", "0.1:inf:1"],
)
def test_times_that_do_not_increase_are_refused(text):
    with pytest.raises(BadInputError, match="positive and increasing"):
        parse_times(text)


def test_a_series_has_a_circuit_per_time_a_table_and_a_plot(tmp_path, capsys):
    options = ("--times", "0.3:0.9:0.3", "--fidelity", "0.999", "--out", tmp_path, "--json")
    assert run(*options) == 0
    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    assert [row["time"] for row in rows] == [0.3, 0.6, 0.9]
    assert "3 times" in captured.err
    for row in rows:
        circuit = read_circuit(tmp_path / row["directory"] / "circuit.qasm")
        overlap = np.vdot(exact(row["time"]), Statevector(circuit).data)
        assert abs(overlap) ** 2 >= row["fidelity_lower_bound"] >= 0.998
        assert abs(np.angle(overlap)) < 1e-2
    assert ElementTree.parse(tmp_path / "series.svg").getroot().tag.endswith("svg")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert run(*options) == 0
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_series_of_one_depth_that_misses_its_fidelity_is_exit_3(tmp_path, capsys):
    options = ("--times", "0.3,3.0", "--layers", 2, "--fidelity", "0.9999", "--out", tmp_path)
    assert run(*options) == 3
    assert "missed at 1 of 2 times, first at 3" in " ".join(capsys.readouterr().err.split())


def test_trotter_steps_go_on_from_the_compiled_state(tmp_path):
    options = ("--time", "0.6", "--layers", 5, "--then-trotter", "1.0", "--trotter-steps", 8)
    assert run(*options, "--out", tmp_path) == 0
    made = Statevector(read_circuit(tmp_path / "circuit.qasm")).data
    np.testing.assert_allclose(made, exact(1.0), atol=5e-3)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--time", 1, "--times", "1,2"), 2, "--times"),
        (("--time", 1, "--then-trotter", 2), 2, "--trotter-steps"),
        (("--time", 1, "--then-trotter", 1, "--trotter-steps", 2), 4, "behind 1"),
        (("--time", 1, "--then-trotter", 2, "--trotter-steps", 0), 4, "steps"),
        (("--times", "2,1"), 4, "increasing"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path, capsys, options, code, message):
    assert run(*options, "--layers", 3, "--out", tmp_path / "run") == code
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()
