"""Campaigns: resumed, sharded, merged, and always with the same result."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from qtools.errors import BadInputError, OutputExistsError, StoppedEarlyError, UsageError
from qtools.runs.campaign import Campaign, Failure, absorb, record_files, results, run_campaign
from qtools.runs.executors import Executor, Processes, Serial
from qtools.runs.sharding import Shard, parse_shard
from qtools.runs.stopping import stopping_on_sigterm
from qtools.runs.tasks import Task


def square(arguments: dict[str, Any]) -> int:
    x: int = arguments["x"]
    if x == 3:
        raise BadInputError("expected anything but 3, got 3; choose another")
    if x == 5 and (marker := Path(arguments["folder"]) / "died").exists():
        marker.unlink()
        os._exit(1)
    if x == 7 and (marker := Path(arguments["folder"]) / "stop").exists():
        marker.unlink()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)
    return x * x


def campaign(folder: Path, count: int = 12) -> Campaign:
    tasks = [Task(kind="s", arguments={"x": x, "folder": str(folder)}) for x in range(count)]
    return Campaign(kind="square", request={"count": count}, tasks=tasks, function=square)


def quiet(text: str, fraction: float | None = None) -> None:
    pass


def run(folder: Path, executor: Executor, shard: str = "1/1", count: int = 12) -> None:
    made = campaign(folder, count)
    run_campaign(made, folder / "t", executor=executor, tick=quiet, shard=parse_shard(shard))


def values(folder: Path) -> list[Any]:
    return [value for _, value in results(campaign(folder), folder / "t")]


def expected() -> list[Any]:
    found: list[Any] = [x * x for x in range(12)]
    found[3] = Failure(reason="bad-input", message="expected anything but 3, got 3; choose another")
    return found


@pytest.mark.parametrize("executor", [Serial(), Processes(count=2)])
def test_every_task_has_its_result(tmp_path: Path, executor: Executor) -> None:
    run(tmp_path, executor)
    assert values(tmp_path) == expected()
    before = (tmp_path / "t" / "records.jsonl").read_bytes()
    run(tmp_path, executor)
    assert (tmp_path / "t" / "records.jsonl").read_bytes() == before


def test_a_worker_that_was_killed_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "died").touch()
    run(tmp_path, Processes(count=2))
    assert values(tmp_path) == expected()


def test_a_stop_in_the_middle_of_a_task_is_no_result_of_the_task(tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    with stopping_on_sigterm(), pytest.raises(StoppedEarlyError):
        run(tmp_path, Serial())
    assert not (tmp_path / "stop").exists()
    run(tmp_path, Serial())
    assert values(tmp_path) == expected()


def test_shards_cover_every_task_once_and_merge(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    run(tmp_path, Serial(), "1/3")
    with pytest.raises(StoppedEarlyError, match="have no record"):
        values(tmp_path)
    run(tmp_path, Serial(), "2/3")
    made = campaign(tmp_path)
    run_campaign(made, other, executor=Serial(), tick=quiet, shard=parse_shard("3/3"))
    absorb(tmp_path / "t", [other])
    absorb(tmp_path / "t", [other])
    assert values(tmp_path) == expected()
    assert sum(len(path.read_bytes().splitlines()) for path in record_files(tmp_path / "t")) == 12


def test_what_one_shard_did_another_split_does_not_repeat(tmp_path: Path) -> None:
    run(tmp_path, Serial(), "1/2")
    run(tmp_path, Serial())
    assert values(tmp_path) == expected()
    assert sum(len(path.read_bytes().splitlines()) for path in record_files(tmp_path / "t")) == 12


def test_another_campaigns_folder_is_refused(tmp_path: Path) -> None:
    run(tmp_path, Serial())
    with pytest.raises(OutputExistsError, match="another square was begun"):
        run(tmp_path, Serial(), count=13)
    foreign = tmp_path / "foreign"
    run_campaign(campaign(tmp_path, 2), foreign, executor=Serial(), tick=quiet)
    with pytest.raises(BadInputError, match="parts of one campaign"):
        absorb(tmp_path / "t", [foreign])


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", "1/9999999"])
def test_wrong_shards_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="I/N"):
        parse_shard(text)


def test_shards_are_of_about_equal_size() -> None:
    tasks = [Task(kind="s", arguments={"x": x}) for x in range(1000)]
    sizes = [sum(task in Shard(number=i, count=8) for task in tasks) for i in range(1, 9)]
    assert sum(sizes) == 1000
    assert min(sizes) > 90
