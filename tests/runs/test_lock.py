"""One run per directory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qtools.errors import BadInputError
from qtools.runs.lock import LOCK, LockedError, holds_anything, locked


def test_a_second_run_is_refused_by_name_and_the_lock_goes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with locked(out):
        assert not holds_anything(out)
        with pytest.raises(LockedError, match=f"process {os.getpid()} on"), locked(out):
            pass
        (out / "result").touch()
    assert [path.name for path in out.iterdir()] == ["result"]
    with locked(out):
        pass


def test_a_run_that_writes_nothing_leaves_nothing(tmp_path: Path) -> None:
    with locked(tmp_path / "new"):
        pass
    assert not (tmp_path / "new").exists()


def test_the_lock_of_a_killed_run_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from qtools.runs.lock import locked\n"
        "with locked(Path(sys.argv[1])): print('locked', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"locked\n"
    with pytest.raises(LockedError, match=f"process {child.pid} on"), locked(tmp_path):
        pass
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert (tmp_path / LOCK).exists()
    with locked(tmp_path):
        pass
    assert not holds_anything(tmp_path)


def test_hostile_lock_files_are_refused_or_ignored(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    out = tmp_path / "out"
    out.mkdir()
    (out / LOCK).symlink_to(outside)
    with pytest.raises(BadInputError, match="cannot write"), locked(out):
        pass
    assert outside.read_text() == "precious"
    (out / LOCK).unlink()
    (out / LOCK).write_text("[" * 100_000)
    with locked(out):
        pass


def test_no_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match="cannot write"), locked(tmp_path / "file"):
        pass
