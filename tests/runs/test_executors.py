"""Executors: every call has an outcome, whatever it does."""

import os
import time
from multiprocessing.connection import wait
from pathlib import Path

import pytest

from chaos.misbehave import behave
from qtools.errors import UsageError
from qtools.runs.calls import Ending, Limits
from qtools.runs.executors import Dask, Processes, Serial, parse_executor, run_all
from qtools.runs.workers import _Worker

LIMITS = Limits(seconds=1.0, memory_bytes=3 << 30)


def test_serial_and_processes_agree() -> None:
    arguments = ["a", "raise", "b", "refuse", "c"] * 5
    serial = list(run_all(behave, arguments, executor=Serial()))
    parallel = list(run_all(behave, arguments, executor=Processes(count=2), limits=LIMITS))
    assert sorted(parallel, key=lambda o: o.index) == serial
    assert [o.value for o in serial[:3]] == ["A", None, "B"]
    assert (serial[1].reason, serial[1].message) == ("unexpected-error", "ValueError: no")
    assert serial[3].reason == "bad-input"
    assert serial[3].message == "expected x, got y; do z"


@pytest.mark.parametrize("count", [1, 2])
def test_bad_calls_cost_one_outcome_each(count: int) -> None:
    arguments = ["a"] * 10 + ["hang"] + ["b"] * 10 + ["abort", "bomb", "exit"] + ["c"] * 10
    outcomes = list(run_all(behave, arguments, executor=Processes(count=count), limits=LIMITS))
    by_index = {outcome.index: outcome for outcome in outcomes}
    assert sorted(by_index) == list(range(len(arguments)))
    assert len(outcomes) == len(arguments)
    endings = {arguments[i]: outcome.ending for i, outcome in by_index.items()}
    assert endings == {
        "a": Ending.DONE,
        "b": Ending.DONE,
        "c": Ending.DONE,
        "hang": Ending.TIMEOUT,
        "abort": Ending.MEMORY,
        "bomb": Ending.MEMORY,
        "exit": Ending.DIED,
    }


def grow(megabytes: int) -> int:
    held = bytearray(megabytes << 20)
    if megabytes == 300:
        time.sleep(60)
    return len(held)


def test_workers_tell_their_peak_memory() -> None:
    outcomes = run_all(grow, [0, 200, 300], executor=Processes(count=1), limits=LIMITS)
    peaks = {outcome.index: outcome.peak_bytes for outcome in outcomes}
    assert 0 < peaks[0] < peaks[1] - (150 << 20)
    assert peaks[2] > 300 << 20  # of the worker that was killed


def test_processor_time_is_limited_apart_from_the_clock() -> None:
    limits = Limits(seconds=60.0, cpu_seconds=0.2)
    outcomes = run_all(behave, ["a", "spin", "b"], executor=Processes(count=1), limits=limits)
    endings = {outcome.index: outcome for outcome in outcomes}
    assert [endings[i].ending for i in range(3)] == [Ending.DONE, Ending.TIMEOUT, Ending.DONE]
    assert "SIGPROF" in endings[1].message


def test_libraries_that_a_worker_maps_are_not_the_calls_memory() -> None:
    limits = Limits(seconds=10.0, memory_bytes=200 << 20)
    outcomes = run_all(grow, [100, 250], executor=Processes(count=1), limits=limits)
    endings = {outcome.index: outcome.ending for outcome in outcomes}
    assert endings == {0: Ending.DONE, 1: Ending.MEMORY}


def test_a_call_that_holds_all_memory_still_has_its_own_outcome() -> None:
    limits = Limits(seconds=20.0, memory_bytes=100 << 20)
    (outcome,) = run_all(behave, ["hoard"], executor=Processes(count=1), limits=limits)
    assert (outcome.reason, outcome.message) == ("bad-input", "the hoard is full")


@pytest.mark.parametrize(("what", "how"), [("exit", "exit code 3"), ("kill", "signal 9, SIGKILL")])
def test_the_outcome_says_how_a_worker_died(what: str, how: str) -> None:
    (outcome,) = run_all(behave, [what], executor=Processes(count=1), limits=LIMITS)
    assert (outcome.ending, outcome.reason) == (Ending.DIED, "worker-died")
    assert outcome.message.endswith(f"({how})")


def test_no_signal_goes_to_the_number_of_a_worker_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = _Worker(behave, LIMITS, [(0, "exit")], set(), 0)
    assert wait([worker._process.sentinel], timeout=60)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("a stranger may have that number"))
    worker.kill()
    assert worker._process.exitcode == 3


def test_leaving_early_ends_the_workers() -> None:
    outcomes = run_all(behave, ["a"] * 100, executor=Processes(count=2), limits=LIMITS)
    assert next(outcomes).value == "A"
    outcomes.close()  # type: ignore[attr-defined]


def test_executor_names() -> None:
    assert parse_executor("serial") == Serial()
    assert parse_executor("processes:3") == Processes(count=3)
    assert parse_executor("dask:tcp://node1:8786") == Dask(address="tcp://node1:8786")
    assert parse_executor("dask:slurm.toml") == Dask(file=Path("slurm.toml"))
    with pytest.raises(UsageError, match="processes:N"):
        parse_executor("threads:2")
