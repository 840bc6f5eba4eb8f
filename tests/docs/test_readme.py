"""What the README tells a new user to copy and paste works, and shows what it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(section):
    """(language, text) of the fenced blocks of a section."""
    text = README.split(f"## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def shell(text, folder):
    """Paste a block into a shell; returns what it printed, errors included."""
    path = folder / "bin"
    path.mkdir(exist_ok=True)
    (path / "qtools").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qtools "$@"\n')
    (path / "qtools").chmod(0o755)
    environment = os.environ | {
        "PATH": f"{path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "80",
    }
    done = subprocess.run(
        ["sh", "-euc", text],
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def test_compile_a_hamiltonian_prints_what_the_readme_shows(tmp_path):
    (_, first), (_, shown), (_, own), *_ = blocks("Compile a Hamiltonian")
    # Seconds differ from machine to machine.
    found, shown = (
        re.sub(r"in \d+\.\d+ s *", "", text) for text in (shell(first, tmp_path), shown)
    )
    assert re.sub(r"\s+", " ", found) == re.sub(r"\s+", " ", shown)
    assert {"report.html", "circuit.qasm", "result.json"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }
    shell(own, tmp_path)
    assert json.loads((tmp_path / "mine" / "result.json").read_text())["fidelity"] > 0.99


def test_the_python_example_runs(tmp_path):
    ((language, text),) = blocks("Call it from Qiskit code")
    assert language == "python"
    script = tmp_path / "example.py"
    script.write_text(f"{text}\nassert result.fidelity > 0.999\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], env=environment, check=True, capture_output=True, text=True
    )
    assert "fidelity to the true state" in done.stdout


@pytest.mark.slow
def test_the_bundled_model_generates_and_verifies(tmp_path):
    ((_, text),) = blocks("Generate circuits")
    shell(text, tmp_path)
    assert len(list((tmp_path / "circuits").glob("*.qasm"))) == 20
    assert (tmp_path / "verification" / "report.html").exists()


@pytest.mark.slow
def test_make_a_data_set_works_from_files_to_verification(tmp_path):
    build, train = (text for _, text in blocks("Make a data set"))
    shell(build, tmp_path)
    # Hours of training are for another day: the same commands with the tiny recipe.
    shell(train.replace("--recipe default", "--recipe tiny"), tmp_path)
    assert len(list((tmp_path / "sampled").glob("*.qasm"))) == 20
    assert (tmp_path / "compared" / "report.html").exists()
