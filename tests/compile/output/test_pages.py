import json
import math

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2

from qtools import cli
from qtools.compile.output.pages.figures import error_budget, operator_entanglement
from qtools.compile.output.pages.words import angle_of
from tests.report.html_checks import checked

CHAIN = ["--model", "heisenberg", "--sites", "6", "--coupling", "-0.25", "--quiet"]


def run(*arguments):
    return cli.run(["compile", *map(str, arguments)])


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A run that searched for its depth and measured something."""
    out = tmp_path_factory.mktemp("run")
    goal = ("--initial", "neel", "--time", 0.8, "--fidelity", 0.999, "--observable", "Z:2")
    assert run("evolution", *CHAIN, *goal, "--out", out) == 0
    return out


def test_the_report_of_a_state_says_what_came_out(searched):
    text = checked(searched / "report.html")
    record = json.loads((searched / "result.json").read_text())
    assert f"two-qubit depth {record['two_qubit_depth']}" in text
    assert f"{record['fidelity']:.6f}" in text
    assert "5 XX (−0.25), 5 YY (−0.25), 5 ZZ (−0.25)" in text
    assert "⟨Z:2⟩" in text
    assert "Depths that were tried" in text


def test_the_error_budget_adds_up_to_the_certified_bound(searched):
    record = json.loads((searched / "result.json").read_text())
    (budget,) = error_budget(record)
    angles = [float(row[1]) for row in budget.data.rows]
    assert math.cos(sum(angles)) ** 2 == pytest.approx(record["fidelity_lower_bound"], abs=1e-5)
    certificate = record["certificate"]
    assert angles[0] == pytest.approx(angle_of(certificate["fidelity"]), rel=0.01, abs=1e-6)


def test_a_finished_run_gets_its_missing_report_back(searched):
    path = searched / "report.html"
    before = path.read_text()
    path.unlink()
    goal = ("--initial", "neel", "--time", 0.8, "--fidelity", 0.999, "--observable", "Z:2")
    assert run("evolution", *CHAIN, *goal, "--out", searched) == 0
    assert path.read_text() == before


def test_trotter_points_are_the_steps_that_were_looked_at(searched):
    baseline = json.loads((searched / "result.json").read_text())["baseline"]
    points = {point["steps"]: point["fidelity"] for point in baseline["trotter_points"]}
    found = baseline["trotter_same_fidelity_steps"]
    record = json.loads((searched / "result.json").read_text())
    assert points[found] >= record["fidelity"]
    assert found == 1 or points[found - 1] < record["fidelity"]


def test_schmidt_values_in_the_record_are_those_of_the_state(searched):
    from qtools.compile.output.mps_formats import load_mps

    record = json.loads((searched / "result.json").read_text())
    dense = load_mps(searched / "target.npz").to_dense().reshape(8, 8)
    exact = np.linalg.svd(dense, compute_uv=False)
    found = record["physics"]["target"]["middle_schmidt"]
    np.testing.assert_allclose(found, exact[: len(found)], atol=1e-6)


def test_reports_of_circuits_compare_with_what_they_replace(tmp_path):
    circuit = QuantumCircuit(4)
    circuit.h(0)
    for qubit in range(3):
        circuit.cx(qubit, qubit + 1)
    qasm2.dump(circuit, tmp_path / "<b>.qasm")
    options = ("--layers", 3, "--quiet", "--out", tmp_path / "run")
    assert run("circuit", tmp_path / "<b>.qasm", *options) == 0
    text = checked(tmp_path / "run" / "report.html")
    assert "before: 3" in text
    record = json.loads((tmp_path / "run" / "result.json").read_text())
    assert record["gates"]["original"] == {"cx": 3, "h": 1}
    assert "&lt;b&gt;.qasm" in text


def test_a_series_links_its_runs(tmp_path):
    options = ("--times", "0.2,0.4", "--layers", 3, "--max-iterations", 10, "--out", tmp_path)
    assert run("evolution", *CHAIN, *options) == 0
    text = checked(tmp_path / "report.html")
    assert "t-0.4/report.html" in text


def test_the_report_of_an_operator(tmp_path):
    options = ("--time", 0.3, "--layers", 3, "--max-iterations", 10, "--out", tmp_path)
    assert run("unitary", *CHAIN, *options) == 0
    assert "Process fidelity" in checked(tmp_path / "report.html")


def test_operator_entanglement_of_known_gates():
    cx = np.eye(4)[[0, 1, 3, 2]]
    swap = np.eye(4)[[0, 2, 1, 3]]
    product = np.kron([[0, 1], [1, 0]], np.diag([1, 1j]))
    found = operator_entanglement(np.array([cx, swap, product]))
    np.testing.assert_allclose(found, [1.0, 2.0, 0.0], atol=1e-12)
