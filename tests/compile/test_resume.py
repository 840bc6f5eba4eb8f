"""Runs that are killed and run again, through the real command line."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from qtools import cli, console
from qtools.compile import compiler

CHAIN = [
    *("--model", "heisenberg", "--sites", "12", "--coupling", "-0.25", "--initial", "neel"),
    *("--time", "2.0", "--layers", "7", "--tolerance", "1e-8", "--quiet"),
]


def run(*arguments):
    return cli.run(["compile", *map(str, arguments)])


def contents(folder):
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def killed(arguments, seconds):
    """Start the command and kill it after a while; its exit code, negative when killed."""
    command = [sys.executable, "-m", "qtools", "compile", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait()


def wait_for(path, seconds=60.0):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_killed_run_goes_on_and_ends_with_the_same_circuit(tmp_path):
    arguments = ("evolution", *CHAIN, "--max-iterations", "400", "--checkpoint-seconds", "0.02")
    assert run(*arguments, "--out", tmp_path / "whole") == 0
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "qtools", "compile", *arguments, "--out", str(out)]
    process = subprocess.Popen(command)
    wait_for(out / "checkpoint" / "fit.npz")
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / "result.json").exists()
    assert run(*arguments, "--out", out) == 0
    circuits = [(tmp_path / name / "circuit.qasm").read_bytes() for name in ("whole", "killed")]
    assert circuits[0] == circuits[1]


def test_sigterm_saves_and_exits_with_75(tmp_path):
    out = tmp_path / "run"
    arguments = ("evolution", *CHAIN, "--checkpoint-seconds", "0.02", "--out", str(out))
    process = subprocess.Popen([sys.executable, "-m", "qtools", "compile", *arguments])
    wait_for(out / "checkpoint" / "fit.npz")
    process.terminate()
    assert process.wait() == 75


def test_a_finished_run_does_nothing_and_changes_no_byte(tmp_path, capsys, monkeypatch):
    small = ("evolution", *CHAIN, "--sites", "6", "--layers", "3", "--out", tmp_path, "--json")
    assert run(*small) == 0
    before, printed = contents(tmp_path), capsys.readouterr().out
    assert not (tmp_path / "checkpoint").exists()
    monkeypatch.setattr(compiler, "compile_problem", None)
    assert run(*small) == 0
    assert contents(tmp_path) == before
    assert capsys.readouterr().out == printed


def test_higher_limits_go_on_from_where_the_lower_ones_ended(tmp_path, capsys):
    small = ("evolution", *CHAIN, "--sites", "8", "--layers", "5", "--json")
    assert run(*small, "--max-iterations", "5", "--out", tmp_path / "run") == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "iteration_limit"
    for name in ("run", "straight"):
        assert run(*small, "--max-iterations", "9", "--out", tmp_path / name) == 0
    records = [json.loads((tmp_path / n / "result.json").read_text()) for n in ("run", "straight")]
    assert records[0]["circuit"] == records[1]["circuit"]


def test_a_damaged_checkpoint_is_named_and_force_starts_anew(tmp_path, capsys):
    small = ("evolution", *CHAIN, "--sites", "6", "--layers", "3", "--out", tmp_path)
    assert run(*small, "--max-iterations", "5") == 0
    path = tmp_path / "checkpoint" / "fit.npz"
    path.write_bytes(path.read_bytes()[:-100])
    assert run(*small, "--max-iterations", "6") == 4
    error = " ".join(capsys.readouterr().err.split())
    assert "fit.npz is damaged" in error
    assert run(*small, "--max-iterations", "6", "--force") == 0


def test_another_problems_checkpoint_is_kept(tmp_path, capsys):
    small = ("evolution", *CHAIN, "--sites", "6", "--layers", "3", "--out", tmp_path)
    assert run(*small, "--max-iterations", "5") == 0
    (tmp_path / "result.json").unlink()
    assert run(*small, "--time", "0.5") == 4
    assert "another problem's checkpoint" in " ".join(capsys.readouterr().err.split())


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch):
    small = ("evolution", *CHAIN, "--sites", "6", "--layers", "3")

    def tick(text, fraction=None):
        if text.startswith("iteration 4"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(console, "progress", lambda quiet: _ticking(tick))
        assert run(*small, "--out", tmp_path / "a") == 130
    assert run(*small, "--out", tmp_path / "a") == 0
    assert run(*small, "--out", tmp_path / "b") == 0
    circuits = [(tmp_path / name / "circuit.qasm").read_bytes() for name in "ab"]
    assert circuits[0] == circuits[1]


KINDS = {
    "evolution": ("evolution", *CHAIN, "--max-iterations", "500"),
    "truncated": ("evolution", *CHAIN, "--layers", "16", "--max-iterations", "40"),
    "search": ("evolution", *CHAIN[:10], "--tolerance", "1e-8", "--fidelity", "0.9999", "--quiet"),
    "series": (
        *("evolution", *CHAIN[:8], "--times", "0.4:1.6:0.4", "--layers", "5", "--quiet"),
        *("--max-iterations", "100"),
    ),
    "circuit": ("circuit", "given.qasm", "--layers", "5", "--max-iterations", "300", "--quiet"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_kills_at_random_moments_change_no_bit(tmp_path, monkeypatch, kind):
    """Five kinds of runs, ten kills each."""
    monkeypatch.chdir(tmp_path)
    given = ("evolution", *CHAIN, "--sites", "10", "--layers", "15", "--max-iterations", "1")
    assert run(*given, "--out", tmp_path / "given") == 0
    (tmp_path / "given" / "circuit.qasm").rename(tmp_path / "given.qasm")
    arguments = (*KINDS[kind], "--checkpoint-seconds", "0.02")
    began = time.monotonic()
    assert killed((*arguments, "--out", tmp_path / "whole"), 600) == 0
    whole = time.monotonic() - began
    expected = {p.parent.name: p.read_bytes() for p in tmp_path.glob("whole/**/circuit.qasm")}
    rng = np.random.default_rng(len(kind))
    kills, attempt = 0, 0
    while kills < 10:
        attempt += 1
        out = tmp_path / f"killed-{attempt}"
        for _ in range(4):  # a run that is never let live long enough would never end
            # The first second or so goes into imports; a kill there would test little.
            began = time.monotonic()
            code = killed((*arguments, "--out", out), float(rng.uniform(0.3, 1.0)) * whole)
            if code == 0:
                # On a shared machine the first run may have taken many times as long.
                whole = min(whole, time.monotonic() - began)
                break
            assert code == -signal.SIGKILL
            kills += 1
        assert code == 0 or killed((*arguments, "--out", out), 600) == 0
        found = {p.parent.name: p.read_bytes() for p in out.glob("**/circuit.qasm")}
        assert sorted(found.values()) == sorted(expected.values())


class _ticking:  # noqa: N801 - a context manager as a value
    def __init__(self, tick):
        self.tick = tick

    def __enter__(self):
        return self.tick

    def __exit__(self, *error):
        return False
