"""Every example runs and says what its page says."""

import runpy
from pathlib import Path

from qtools import cli

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_estimating_an_observable_is_closer_than_trotter_at_the_same_depth(capsys):
    rows = runpy.run_path(str(EXAMPLES / "estimate_observable.py"))["main"]()
    exact = rows["exact"][0]
    error = {name: abs(value - exact) for name, (value, _) in rows.items()}
    assert error["qtools"] < 0.01
    assert error["qtools"] < 0.1 * error["plain Trotter"]
    assert rows["plain Trotter"][1] >= rows["qtools"][1]
    assert "error" in capsys.readouterr().out


def test_the_problem_file_is_a_problem(tmp_path):
    command = ["compile", "evolution", str(EXAMPLES / "problem.toml"), "--out", str(tmp_path)]
    assert cli.run([*command, "--quiet"]) == 0
