"""Sweeps through the command line: every executor and every split gives the same bytes."""

import json
from pathlib import Path

import pytest
from qiskit import qasm2

from qtools.cli import run
from qtools.compile.sweep.grid import Grid, read_grid
from qtools.errors import BadInputError, UsageError
from tests.report.html_checks import checked

GRID = """
observables = ["Z:1"]
[hamiltonian]
coupling = -0.25
[evolution]
initial = "neel"
[optimize]
max_iterations = 30
tolerance = 1e-4
[sweep]
hamiltonian.model = ["heisenberg", "tfim"]
hamiltonian.sites = [4]
evolution.time = "0.2:0.4:0.2"
ansatz.layers = [3]
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "costs.jsonl"
    }


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grid") / "grid.toml"
    path.write_text(GRID, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(grid: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "sweep"
    assert sweep(grid, out, "--executor", "serial") == 0
    return out


def sweep(grid: Path, out: Path, *options: str) -> int:
    return run(["compile", "sweep", str(grid), "--out", str(out), "--quiet", *options])


def test_every_point_has_its_certified_circuit(whole: Path) -> None:
    lines = [json.loads(line) for line in (whole / "results.jsonl").read_text().splitlines()]
    axes = [(line["hamiltonian.model"], line["evolution.time"]) for line in lines]
    assert axes == [("heisenberg", 0.2), ("heisenberg", 0.4), ("tfim", 0.2), ("tfim", 0.4)]
    for line in lines:
        assert line["fidelity"] > 0.999
        assert line["fidelity_lower_bound"] <= line["fidelity"]
        assert set(line["physics"]["target"]["observables"]) == {"Z:1"}
        circuit = qasm2.load(whole / line["circuit"]["file"])
        assert circuit.num_qubits == line["num_qubits"] == 4
    assert len((whole / "costs.jsonl").read_text().splitlines()) == 4
    assert not (whole / ".tasks").exists()


def test_the_report_lists_every_point_and_draws_every_axis_of_numbers(whole: Path) -> None:
    text = checked(whole / "report.html")
    assert "4 points over model, sites, time, layers" in text
    assert "Infidelity against time" in text
    assert text.count('<a href="circuits/') == 4


def test_processes_and_shards_give_the_same_bytes(
    grid: Path, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(grid, tmp_path / "processes", "--executor", "processes:2") == 0
    assert contents(tmp_path / "processes") == contents(whole)
    shared, other = tmp_path / "shared", tmp_path / "other"
    assert sweep(grid, shared, "--executor", "serial", "--shard", "1/2") == 0
    assert run(["merge", str(shared)]) == 75
    assert "have no record" in capsys.readouterr().err
    assert sweep(grid, other, "--executor", "serial", "--shard", "2/2") == 0
    assert run(["merge", str(shared), str(other)]) == 0
    assert contents(shared) == contents(whole)


def test_a_finished_sweep_changes_no_byte_and_another_is_refused(
    grid: Path, whole: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*") if path.is_file()}
    assert sweep(grid, whole) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    other = tmp_path / "grid.toml"
    other.write_text(GRID.replace("0.4:0.2", "0.6:0.2"), encoding="utf-8")
    assert sweep(other, whole) == 4
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    assert sweep(grid, tmp_path / "full") == 4


def test_points_that_fail_are_listed_and_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = tmp_path / "grid.toml"
    text = GRID.replace('["Z:1"]', '["Z:4"]').replace("sites = [4]", "sites = [4, 5]")
    grid.write_text(text.replace('"0.2:0.4:0.2"', "[0.2]"), encoding="utf-8")
    assert sweep(grid, tmp_path / "out", "--executor", "serial") == 3
    assert "2 of 4 points failed (2 bad-input)" in " ".join(capsys.readouterr().err.split())
    lines = (tmp_path / "out" / "results.jsonl").read_text().splitlines()
    assert ["failure" in json.loads(line) for line in lines] == [True, False, True, False]


def test_files_that_a_grid_names_are_part_of_its_points(tmp_path: Path) -> None:
    hamiltonian = tmp_path / "h.json"
    grid = tmp_path / "grid.toml"
    grid.write_text('[hamiltonian]\nfile = "h.json"\n[sweep]\nevolution.time = [0.1]\n')
    ids = []
    for coefficient in (0.5, 0.25):
        terms = f'{{"num_qubits": 2, "terms": [["XX", [0, 1], {coefficient}]]}}'
        hamiltonian.write_text(terms)
        ids.append(read_grid(grid).tasks()[0].id)
    assert ids[0] != ids[1]
    made = read_grid(grid)
    assert [t.id for t in Grid.from_json(made.as_json()).tasks()] == [t.id for t in made.tasks()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[sweep]", "[swep]"), "expected [sweep]"),
        (('"0.2:0.4:0.2"', "0.2"), "should be a list of values"),
        (("ansatz.layers", "ansatz.layer"), "did you mean 'layers'"),
        (("hamiltonian.sites = [4]", 'hamiltonian.sites = ["4"]'), "whole number"),
        (("[4]", str(list(range(3, 3000)))), ""),
        (('["Z:1"]', '"Z:1"'), "list of texts"),
    ],
)
def test_wrong_grids_are_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(GRID.replace(*change), encoding="utf-8")
    if not message:
        assert len(read_grid(path)) == 4 * 2997
        return
    with pytest.raises((BadInputError, UsageError)) as caught:
        read_grid(path)
    assert message in str(caught.value)
