"""Commands whose workers, disks and clusters fail: the same files as undisturbed."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.grids import results_of, write_grid
from chaos.seeds import small_model
from qtools.cli import run

_RECIPE = """
name = "tiny"
seed = 5
max_qubits = 5
max_gates = 60
[[sources]]
name = "mqt_bench"
instances = 2
variants = 1
fixed_variants = 1
families = ["ghz", "bv"]
"""
_ON_A_SMALL_DISK = (
    "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
    "from qtools.cli import run; sys.exit(run(sys.argv[1:]))"
)


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Command lines without their --out."""
    folder = tmp_path_factory.mktemp("inputs")
    grid = write_grid(folder / "grid.toml", 8)
    (folder / "tiny.toml").write_text(_RECIPE, encoding="utf-8")
    (folder / "files").mkdir()
    for number in range(10):
        gates = "".join(f"h q[{i % 3}]; cx q[{i % 3}],q[{(i + 1) % 3}];\n" for i in range(number))
        text = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\n{gates}'
        (folder / "files" / f"c{number}.qasm").write_text(text, encoding="utf-8")
    (folder / "model").mkdir()
    for name, data in small_model().items():
        (folder / "model" / name).write_bytes(data)
    imported = ["datasets", "import", str(folder / "files"), "--source", "mine", "--license", "MIT"]
    model = str(folder / "model")
    return {
        "sweep": ["compile", "sweep", str(grid)],
        "build": ["datasets", "build", "--recipe", str(folder / "tiny.toml")],
        "import": imported,
        "sample": ["generate", "sample", "--model", model, "-n", "70", "--gates", "1:6"],
    }


@pytest.fixture(scope="module")
def calm(
    commands: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, bytes]]:
    """What the commands write when nothing happens."""
    folder = tmp_path_factory.mktemp("calm")
    for name, command in commands.items():
        assert run([*command, "--executor", "serial", "--quiet", "--out", str(folder / name)]) == 0
    return {name: files_of(folder / name) for name in commands}


def files_of(out: Path) -> dict[str, bytes]:
    return {name: data for name, data in results_of(out).items() if name != "report.html"}


def test_a_node_out_of_memory_kills_workers_and_loses_no_point(
    commands: dict[str, list[str]], calm: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    over = threading.Event()
    killed: list[int] = []

    def kill_as_the_system_does() -> None:
        while not over.wait(0.5) and len(killed) < 3:
            for child in multiprocessing.active_children()[:1]:
                assert child.pid is not None
                os.kill(child.pid, signal.SIGKILL)
                killed.append(child.pid)

    thread = threading.Thread(target=kill_as_the_system_does)
    thread.start()
    out = tmp_path / "sweep"
    try:
        command = [*commands["sweep"], "--executor", "processes:2", "--quiet", "--out", str(out)]
        assert run(command) == 0
    finally:
        over.set()
        thread.join()
    assert killed
    assert files_of(out) == calm["sweep"]


@pytest.mark.parametrize("name", ["sweep", "import", "sample"])
def test_a_full_disk_is_one_sentence_and_the_run_goes_on_later(
    commands: dict[str, list[str]],
    calm: dict[str, dict[str, bytes]],
    tmp_path: Path,
    name: str,
) -> None:
    out = tmp_path / name
    command = [*commands[name], "--executor", "serial", "--quiet", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_SMALL_DISK.format(size=3000), *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("error: cannot write")
    assert done.stderr.count("\n") == 1
    assert run(command) == 0
    assert files_of(out) == calm[name]


class _KilledError(BaseException):
    pass


def _kill(*_: object, **__: object) -> None:
    raise _KilledError


@pytest.mark.parametrize("name", ["sweep", "build", "import", "sample"])
def test_a_run_killed_while_it_tidies_up_is_finished_by_the_next(
    commands: dict[str, list[str]],
    calm: dict[str, dict[str, bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    out = tmp_path / name
    command = [*commands[name], "--executor", "serial", "--quiet", "--out", str(out)]
    with monkeypatch.context() as patched:
        patched.setattr("qtools.runs.campaign.shutil.rmtree", _kill)
        with pytest.raises(_KilledError):
            run(command)
    assert (out / ".tasks" / "campaign.json").exists()
    assert run(command) == 0
    assert files_of(out) == calm[name]


def test_an_import_that_is_there_is_found_done_and_another_one_refused(
    commands: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*commands["import"], "--executor", "serial", "--out", str(tmp_path)]
    assert run(command) == 0
    capsys.readouterr()
    before = results_of(tmp_path)
    assert run(command) == 0
    assert "holds this import of 'mine' already" in capsys.readouterr().err
    for other in (["--origin", "elsewhere"], ["--license", "BSD-3-Clause"]):
        assert run([*command, *other]) == 4
        assert "which holds one named 'mine' already" in capsys.readouterr().err
    # Another source that was begun and stopped keeps its records.
    more = [*command, "--source", "more"]
    assert run([*more, "--shard", "1/2"]) == 0
    assert run(command) == 0
    assert list((tmp_path / ".tasks").glob("records-1-of-2.jsonl"))
    assert run(["merge", str(tmp_path)]) == 75
    assert results_of(tmp_path).items() >= before.items()


@pytest.mark.parametrize("name", ["build", "import"])
def test_shards_are_merged_into_the_same_corpus(
    commands: dict[str, list[str]],
    calm: dict[str, dict[str, bytes]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    parts = [tmp_path / str(number) for number in (1, 2, 3)]
    for part in parts:
        shard = ["--shard", f"{part.name}/3", "--out", str(part)]
        assert run([*commands[name], "--executor", "serial", "--quiet", *shard]) == 0
    # A shard may be empty, as its tasks are chosen by hashes: the fullest is merged last.
    parts.sort(key=lambda part: sum(p.stat().st_size for p in part.glob(".tasks/records*")))
    *early, late = map(str, parts)
    assert run(["merge", *early]) == 75
    assert "have no record" in capsys.readouterr().err
    assert run(["merge", *early, late]) == 0
    assert files_of(parts[0]) == calm[name]


@pytest.fixture(scope="module")
def dask_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("distributed")
    from chaos.dask_cluster import DaskCluster

    with DaskCluster(tmp_path_factory.mktemp("dask"), workers=1) as cluster:
        yield cluster.address


@pytest.mark.parametrize("name", ["sweep", "build", "import", "sample"])
def test_a_dask_cluster_gives_the_same_files(
    commands: dict[str, list[str]],
    calm: dict[str, dict[str, bytes]],
    dask_address: str,
    tmp_path: Path,
    name: str,
) -> None:
    out = tmp_path / name
    where = ["--executor", f"dask:{dask_address}", "--quiet", "--out", str(out)]
    assert run([*commands[name], *where]) == 0
    assert files_of(out) == calm[name]
