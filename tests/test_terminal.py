"""The command line as people see it: help, typos, closing lines, and real screens of 80 columns."""

import re
import shlex
import shutil
import subprocess
import sys
import time

import pytest

from qtools import cli, console
from tests.command_lines import check, commands, lines_of

TINY = """
name = "tiny"
seed = 1
max_qubits = 6
max_gates = 120

[splits]
validation = 0.2
test = 0.2

[[sources]]
name = "mqt_bench"
instances = 6
variants = 2
fixed_variants = 2
families = ["ghz", "qft", "bv", "wstate"]
"""


def plain(text):
    """A help text without the escapes of its markup."""
    return (text or "").replace("\\[", "[")


@pytest.mark.parametrize("words", [words for words, _ in commands()], ids=" ".join)
def test_help_fits_and_starts_with_examples(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run([*words, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    if words not in [("compile",), ("datasets",), ("generate",)]:
        assert text.index("Examples") < text.index("Options")


@pytest.mark.parametrize(
    "line", [line for _, command in commands() for line in lines_of(plain(command.help))]
)
def test_every_example_names_real_commands_and_options(line):
    check(line)


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["complie"], "compile"),
        (["compile", "evoluton"], "evolution"),
        (["compile", "evolution", "--layer", "3"], "--layers"),
        (["compile", "evolution", "--model", "heisenburg", "--sites", "4"], "heisenberg"),
        (["datasets", "build", "--recipe", "smal", "--out", "x"], "small"),
        (["generate", "sample", "--format", "qasm", "--out", "x"], "qasm2"),
    ],
)
def test_typos_get_a_suggestion(arguments, suggestion, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    more = ["--time", "1", "--layers", "3", "--out", "x"] if "--model" in arguments else []
    assert cli.run([*arguments, *more]) in (2, 4)
    error = " ".join(capsys.readouterr().err.split())
    assert suggestion in error
    assert "Traceback" not in error


def test_counting_gives_the_rate_and_the_fraction():
    told = []
    show = console.counting(
        lambda text, fraction=None: told.append((text, fraction)), 8, "files", already=2
    )
    time.sleep(0.02)
    show(4)
    text, fraction = told[0]
    assert text.startswith("4 of 8 files, ")
    assert 0 < float(text.split(", ")[1].split()[0]) <= 100
    assert fraction == 0.5


def test_the_next_command_can_be_copied(capsys):
    console.next_command("qtools", "view", "my results/")
    assert capsys.readouterr().err.strip() == "next: qtools view 'my results/'"


needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs a real terminal: tmux")


def watched(command, *, height=40):
    """All screens of a command of qtools in a terminal of 80 columns, and its progress lines."""
    with screen(height) as terminal:
        terminal.send(f"{shlex.quote(sys.executable)} -m qtools {command}; echo ended $?")
        seen = terminal.watch(until="ended 0")
    rows = [row for text in seen for row in text.splitlines()]
    # A row of a table that does not fit would end on a line of its own.
    assert all(row.rstrip()[-1] == row[0] for row in rows if row[:1] in ("│", "┃"))
    return seen, [row for row in rows if " left " in row]


@needs_tmux
def test_a_compilation_on_a_screen_of_80_columns(tmp_path):
    seen, progress = watched(
        "compile evolution --model heisenberg --sites 50 --coupling -0.25 --initial neel "
        f"--time 3.6 --layers 9 --max-iterations 100 --out {tmp_path}/r"
    )
    assert "│ compiled " in seen[-1]
    assert "next: qtools view" in seen[-1]
    assert any("iteration" in row or "target" in row for row in progress)


@needs_tmux
def test_a_build_on_a_screen_of_80_columns(tmp_path):
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY, encoding="utf-8")
    seen, progress = watched(f"datasets build --recipe {recipe} --out {tmp_path}/corpus")
    assert "│ mqt_bench │" in seen[-1]
    assert "next: qtools generate train" in seen[-1]
    assert any(re.search(r"\d+ of \d+ tasks, [\d.]+ per second", row) for row in progress)


@needs_tmux
@pytest.mark.slow
def test_a_verification_on_a_screen_of_80_columns(tmp_path):
    sample = f"generate sample -n 4 --qubits 3:5 --out {tmp_path}/circuits"
    seen, progress = watched(sample)
    assert "next: qtools generate verify" in seen[-1]
    verify = f"generate verify {tmp_path}/circuits --quick --baselines none --out {tmp_path}/v"
    seen, progress = watched(verify, height=70)
    assert "│ qiskit, strict " in seen[-1]
    assert "next: qtools generate suite" in seen[-1]
    assert progress


class screen:  # noqa: N801 - used like a function
    """A terminal of 80 columns in a tmux server of its own."""

    def __init__(self, height):
        self.height = height

    def __enter__(self):
        self.name = f"qtools-{time.monotonic_ns()}"
        self._tmux("new-session", "-d", "-x", "80", "-y", str(self.height), "sh")
        return self

    def __exit__(self, *error):
        self._tmux("kill-server")

    def send(self, line):
        self._tmux("send-keys", line, "Enter")

    def watch(self, *, until, seconds=240.0):
        """Screens, one whenever it changed, up to the one that ends with a line ``until``."""
        seen = [""]
        end = time.monotonic() + seconds
        while until not in seen[-1].splitlines():
            assert time.monotonic() < end, seen[-1]
            text = self._tmux("capture-pane", "-p")
            if text != seen[-1]:
                seen.append(text)
            time.sleep(0.03)
        return seen

    def _tmux(self, *words):
        command = ["tmux", "-L", self.name, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
