"""Commands that need settings from the start of their process."""

import os
import subprocess
import sys

from qtools.launch import TRAINING, missing

_PROGRAM = """
import os, sys
from qtools.launch import in_its_environment
print("started", flush=True)
in_its_environment(sys.argv[1:])
print(os.environ["GLIBC_TUNABLES"])
"""


def _started(*arguments: str, **set_before: str) -> list[str]:
    clean = {name: value for name, value in os.environ.items() if name not in TRAINING}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        env=clean | set_before,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_training_starts_again_with_its_environment() -> None:
    lines = _started("generate", "train", "--out", "a folder")
    times = 2 if sys.platform == "linux" else 1
    assert lines == ["started"] * times + [TRAINING["GLIBC_TUNABLES"]]


def test_what_the_user_has_set_stays() -> None:
    assert _started("generate", "train", GLIBC_TUNABLES="")[-1] == ""
    assert _started("generate", "train", **TRAINING) == ["started", TRAINING["GLIBC_TUNABLES"]]


def test_options_before_the_command_do_not_hide_it() -> None:
    assert missing(["--debug", "generate", "train"], {}) == TRAINING


def test_other_commands_want_nothing() -> None:
    assert missing(["generate", "sample", "-n", "2"], {}) == {}
    assert missing(["generate", "train"], TRAINING) == {}
    assert missing([], {}) == {}
