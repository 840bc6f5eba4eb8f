"""The Dask executor: the same outcomes as here, whoever dies."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qtools.errors import BadInputError, StoppedEarlyError
from qtools.runs import cluster
from qtools.runs.calls import Ending, Limits
from qtools.runs.executors import Dask, Serial, parse_executor, run_all

pytest.importorskip("distributed")

from chaos.dask_cluster import DaskCluster
from chaos.misbehave import behave

LIMITS = Limits(seconds=5.0)


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with DaskCluster(tmp_path_factory.mktemp("dask"), workers=1) as made:
        yield made


def test_a_cluster_gives_what_a_process_gives(dask: DaskCluster) -> None:
    arguments = ["a", "refuse", "b"] * 4
    here = list(run_all(behave, arguments, executor=Serial()))
    there = run_all(behave, arguments, executor=Dask(address=dask.address), limits=LIMITS)
    assert sorted(there, key=lambda outcome: outcome.index) == here


def test_calls_that_hang_or_die_cost_one_outcome_each(dask: DaskCluster) -> None:
    arguments = ["a", "exit", "b", "hang", "c"]
    there = run_all(behave, arguments, executor=Dask(address=dask.address), limits=LIMITS)
    endings = {arguments[outcome.index]: outcome.ending for outcome in there}
    assert endings == {
        "a": Ending.DONE,
        "exit": Ending.DIED,
        "b": Ending.DONE,
        "hang": Ending.TIMEOUT,
        "c": Ending.DONE,
    }


def test_a_scheduler_that_is_restarted_loses_nothing(dask: DaskCluster) -> None:
    arguments = ["a"] * 60
    timer = threading.Timer(1.0, dask.restart_scheduler)
    timer.start()
    outcomes = list(run_all(behave, arguments, executor=Dask(address=dask.address), limits=LIMITS))
    timer.join()
    assert sorted(outcome.index for outcome in outcomes) == list(range(60))
    assert {outcome.value for outcome in outcomes} == {"A"}


def test_a_scheduler_that_is_not_there_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 0.0)
    with pytest.raises(StoppedEarlyError, match="no Dask scheduler"):
        list(run_all(behave, ["a"], executor=Dask(address="tcp://127.0.0.1:9")))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("cluster = 'SLURMCluster'", "jobs"),
        ("cluster = 'SLURMClustr'\njobs = 2", "did you mean 'SLURMCluster'"),
        ("a = " + "[" * 10_000, "nested too deep"),
    ],
)
def test_wrong_cluster_files_are_named(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "cluster.toml"
    file.write_text(text)
    with pytest.raises(BadInputError, match=what):
        list(run_all(behave, ["a"], executor=parse_executor(f"dask:{file}")))


def test_chunks_grow_for_short_calls_and_stay_small_for_long_ones() -> None:
    queue = cluster._Queue(jobs=iter(enumerate(range(10_000))))
    assert len(queue.take()) == 1
    queue.seconds_per_call = 0.01
    assert len(queue.take()) == 200
    queue.seconds_per_call = 30.0
    assert len(queue.take()) == 1
