"""Costs, optimisers, families of blocks and starts through the command line."""

import json

import pytest

from qtools import cli

CHAIN = [
    *("evolution", "--model", "heisenberg", "--sites", "6", "--coupling", "-0.25"),
    *("--initial", "neel", "--time", "0.8", "--layers", "3", "--quiet"),
]


def run(*arguments):
    return cli.run(["compile", *map(str, arguments)])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--objective", name) for name in ("global", "local", "surrogate")),
        *(("--optimizer", name) for name in ("sweeps", "adam", "basin-hopping")),
        *(("--blocks", name) for name in ("two-cx", "u1")),
        *(("--start", name) for name in ("time", "depth", "short-chain", "staircase")),
    ],
)
def test_every_choice_compiles(option, value, tmp_path, capsys):
    arguments = [*CHAIN, "--max-iterations", "25", option, value, "--out", tmp_path, "--json"]
    assert run(*arguments) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["settings"][option.removeprefix("--")] == value
    assert record["fidelity"] > 0.98
    assert record["certificate"]["fidelity"] == pytest.approx(record["fidelity"], abs=1e-6)


def test_families_have_their_parameters_and_gates(tmp_path, capsys):
    counts = {}
    for blocks in ("general", "two-cx", "u1"):
        out = tmp_path / blocks
        arguments = ("--blocks", blocks, "--max-iterations", "5", "--out", out, "--json")
        assert run(*CHAIN, *arguments) == 0
        record = json.loads(capsys.readouterr().out)
        counts[blocks] = record["num_parameters"], record["two_qubit_gates"]
    assert counts["general"][0] == 15 * 8
    assert counts["two-cx"][0] == 14 * 8
    assert counts["u1"][0] == 5 * 8
    assert counts["two-cx"][1] < counts["general"][1]


def test_choices_in_a_file(tmp_path, capsys):
    problem = tmp_path / "problem.toml"
    problem.write_text(
        "[hamiltonian]\nmodel = 'tfim'\nsites = 5\n[evolution]\ntime = 0.5\n[ansatz]\nlayers = 3\n"
        "[optimize]\nblocks = 'matchgate'\noptimizer = 'adam'\nmax_iterations = 5\n"
    )
    assert run("evolution", problem, "--out", tmp_path / "run", "--json", "--quiet") == 0
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert (settings["blocks"], settings["optimizer"]) == ("matchgate", "adam")


UNITARY = ["unitary", "--model", "tfim", "--sites", "4", "--time", "0.3", "--layers", "3"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*CHAIN, "--objective", "fidelity"], "expected objective to be one of"),
        ([*CHAIN, "--optimizer", "adan"], "did you mean 'adam'?"),
        ([*CHAIN, "--blocks", "matchgate"], "free fermions"),
        ([*CHAIN, "--blocks", "u1", "--optimizer", "sweeps"], "replace whole blocks"),
        ([*UNITARY, "--objective", "surrogate"], "a unitary does not have"),
        ([*UNITARY, "--blocks", "u1"], "conserves a magnetisation"),
        (
            [*CHAIN[:4], "40", *CHAIN[5:], "--start", "short-chain", "--disorder", "0.2"],
            "repeat every two sites",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(arguments, message, tmp_path, capsys):
    assert run(*arguments, "--out", tmp_path / "run") == 4
    error = " ".join(capsys.readouterr().err.split())
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()
