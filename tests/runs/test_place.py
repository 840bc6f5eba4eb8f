"""Workers are numbered, whatever happens to them."""

import os
import signal
import time

import pytest

from qtools.runs.executors import Processes, Serial, run_all
from qtools.runs.place import VARIABLE, place_of_worker


def place_after(what: str) -> int:
    time.sleep(0.2)
    if what == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    return place_of_worker()


def test_every_worker_has_a_number_of_its_own() -> None:
    found = run_all(place_after, [""] * 12, executor=Processes(count=3))
    assert {outcome.value for outcome in found} == {0, 1, 2}
    assert [one.value for one in run_all(place_after, [""], executor=Serial())] == [0]


def test_who_takes_over_from_a_dead_worker_has_its_number() -> None:
    found = list(run_all(place_after, ["", "die"] * 4, executor=Processes(count=2)))
    assert sum(outcome.value is None for outcome in found) == 4
    assert {outcome.value for outcome in found} <= {0, 1, None}


def test_other_values_count_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, place in (("3", 3), ("-1", 0), ("x", 0)):
        monkeypatch.setenv(VARIABLE, value)
        assert place_of_worker() == place
