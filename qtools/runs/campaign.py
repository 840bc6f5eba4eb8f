"""Campaigns: many tasks, run anywhere and in any order, with one result.

A campaign keeps its state in one folder: ``campaign.json`` says what was asked for, and
``records.jsonl`` (``records-3-of-8.jsonl`` of a shard) has one line per finished task. Whoever runs
it again, on any executor, does what is missing; what is made of the records depends on the
tasks alone.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qtools.console import Ticker, counting
from qtools.errors import BadInputError, OutputExistsError, StoppedEarlyError
from qtools.runs.calls import Ending, Limits, Outcome
from qtools.runs.executors import Executor, run_all
from qtools.runs.files import replacing, write_text
from qtools.runs.sharding import WHOLE, Shard
from qtools.runs.store import Records, Store
from qtools.runs.tasks import Task, content_id
from qtools.runs.untrusted import read_json

FOLDER = ".tasks"
"""Where a campaign's state lies in the directory that it works for."""

STATE = "campaign.json"
#: Runs of a call whose worker died, after which the call is to blame. A worker may also be killed
#: from outside, and that must not become a result.
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Many tasks of one kind.

    Attributes:
        kind: what they are, such as ``sweep``; :mod:`qtools.merge` finds by it who finishes them.
        request: JSON values from which the tasks can be made again.
        tasks: in an order that depends on the request alone.
        function: takes one task's payload and returns JSON values; importable by name.
        payload: what the function is given for a task, when that is not ``task.arguments``.
        limits: per task.
    """

    kind: str
    request: dict[str, Any]
    tasks: Sequence[Task]
    function: Callable[[Any], Any]
    payload: Callable[[Task], Any] = field(default=lambda task: task.arguments)
    limits: Limits = field(default_factory=Limits)

    @property
    def id(self) -> str:
        """Content id of the kind and of all tasks."""
        return content_id([self.kind, [task.id for task in self.tasks]])


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A task that ended without a result.

    Attributes:
        reason: a slug such as ``bad-input``, ``time-limit`` or ``memory-limit``.
        message: one sentence.
    """

    reason: str
    message: str


def run_campaign(
    campaign: Campaign,
    folder: Path,
    *,
    executor: Executor,
    tick: Ticker,
    shard: Shard = WHOLE,
) -> None:
    """Run the tasks of a shard that have no record yet.

    Args:
        campaign: what to run.
        folder: of its state; made if need be.
        executor: where.
        tick: told about progress.
        shard: which of the tasks.

    Raises:
        OutputExistsError: the folder belongs to another campaign.
        BadInputError: the shard is being run elsewhere, the disk refuses, or records disagree.
        StoppedEarlyError: the executor is gone; what was done is kept.
    """
    _claim(campaign, folder)
    mine = [task for task in campaign.tasks if task in shard]
    done = Records(path for path in record_files(folder) if path.name != _file_name(shard))
    with Store(folder / _file_name(shard)) as store:
        missing = [task for task in mine if task.id not in store and task.id not in done]
        before = len(mine) - len(missing)
        show = counting(tick, len(mine), "tasks", already=before)
        outcomes = _outcomes(campaign, missing, executor)
        for number, (task, outcome) in enumerate(outcomes, start=before + 1):
            store.append(task.id, _record(outcome), cost=_cost(outcome))
            show(number)


def results(campaign: Campaign, folder: Path) -> "Results":
    """What the tasks gave.

    Raises:
        StoppedEarlyError: some have not run yet.
        BadInputError: records disagree or cannot be read.
    """
    records = Records(record_files(folder))
    missing = sum(task.id not in records for task in campaign.tasks)
    if missing:
        raise StoppedEarlyError(
            f"{missing} of {len(campaign.tasks)} tasks have no record in {folder} yet; run the "
            "missing shards (or the command without --shard) and then merge"
        )
    return Results(campaign=campaign, records=records)


@dataclass(frozen=True, kw_only=True)
class Results:
    """All results of a campaign; make it with :func:`results`."""

    campaign: Campaign
    records: Records

    def of(self, task: Task) -> Any:
        """The task's value, or its :class:`Failure`."""
        record = self.records.read(task.id)
        return Failure(**record["failure"]) if "failure" in record else record["value"]

    def __iter__(self) -> Iterator[tuple[Task, Any]]:
        return ((task, self.of(task)) for task in self.campaign.tasks)

    def cost(self, task: Task) -> dict[str, float]:
        """``seconds`` and ``peak_bytes`` of the task."""
        return self.records.cost(task.id)


def record_files(folder: Path) -> list[Path]:
    """The record files in a folder, sorted."""
    return sorted(folder.glob("records*.jsonl"))


def read_state(folder: Path) -> dict[str, Any]:
    """``campaign.json``: kind, id, request and number of tasks.

    Raises:
        BadInputError: there is none, or it is damaged.
    """
    state = read_json(folder / STATE, what="state of a campaign")
    if not isinstance(state, dict) or not {"kind", "id", "request", "tasks"} <= set(state):
        raise BadInputError(f"expected the state of a campaign in {folder / STATE}, got other JSON")
    return state


def resumed(folder: Path, campaign: Campaign | None = None) -> tuple[Any, str]:
    """The request and the id of the campaign that was begun in a folder.

    Args:
        folder: of its state.
        campaign: made of that request; checked to be the same one.

    Raises:
        BadInputError: there is none, it is damaged, or ``campaign`` is another one.
    """
    state = read_state(folder)
    if campaign is not None and campaign.id != state["id"]:
        raise BadInputError(
            f"expected the {campaign.kind} that was begun in {folder.parent}, and what it is made "
            "of has changed since: its input, or the version of qtools or of a source"
        )
    return state["request"], state["id"]


def begun(folder: Path) -> dict[str, Any] | None:
    """The state of the campaign in a folder; None when there is none."""
    return read_state(folder) if (folder / STATE).exists() else None


def forget(folder: Path) -> None:
    """Remove the state of a campaign whose results are written.

    What says that it was begun goes last: a run that is killed meanwhile is finished by the next.
    """
    for path in record_files(folder):
        path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def absorb(folder: Path, others: Sequence[Path]) -> None:
    """Take over the records of the same campaign from other folders.

    Raises:
        BadInputError: another campaign's folder.
    """
    state = read_state(folder)
    for other in others:
        if read_state(other)["id"] != state["id"]:
            raise BadInputError(
                f"expected parts of one campaign, and {other} belongs to another one than {folder}"
            )
        for path in record_files(other):
            _take_over(path, folder / path.name)


def _take_over(source: Path, target: Path) -> None:
    """Append the records that a file lacks; a new file is copied."""
    if not target.exists():
        with source.open("rb") as stream, replacing(target, "wb") as copy:
            shutil.copyfileobj(stream, copy)
        return
    theirs = Records([source])
    with Store(target) as store:
        for task_id in theirs:
            store.append(task_id, theirs.read(task_id), cost=theirs.cost(task_id))


def _claim(campaign: Campaign, folder: Path) -> None:
    """Write what the folder is for, or check it."""
    state = begun(folder)
    if state is None:
        record = {
            "kind": campaign.kind,
            "id": campaign.id,
            "request": campaign.request,
            "tasks": len(campaign.tasks),
        }
        write_text(folder / STATE, json.dumps(record, indent=1) + "\n")
    elif state["id"] != campaign.id:
        raise OutputExistsError(
            f"expected {folder.parent} to be new or to hold this {campaign.kind}, and another "
            f"{state['kind']} was begun there (or this one with another version or input); "
            "choose another --out or delete it"
        )


def _file_name(shard: Shard) -> str:
    whole = shard.count == 1
    return "records.jsonl" if whole else f"records-{shard.number}-of-{shard.count}.jsonl"


def _outcomes(
    campaign: Campaign, tasks: Sequence[Task], executor: Executor
) -> Iterator[tuple[Task, Outcome[Any]]]:
    """Outcomes with their tasks; a task whose worker died is tried again."""
    for turn in range(_TRIES):
        died: list[Task] = []
        payloads = (campaign.payload(task) for task in tasks)
        for outcome in run_all(
            campaign.function, payloads, executor=executor, limits=campaign.limits
        ):
            if outcome.ending is Ending.DIED and turn + 1 < _TRIES:
                died.append(tasks[outcome.index])
            else:
                yield tasks[outcome.index], outcome
        if not died:
            return
        tasks = died


def _record(outcome: Outcome[Any]) -> dict[str, Any]:
    if outcome.ending is Ending.DONE:
        return {"value": outcome.value}
    return {"failure": {"reason": outcome.reason, "message": outcome.message}}


def _cost(outcome: Outcome[Any]) -> dict[str, float]:
    return {"seconds": round(outcome.seconds, 4), "peak_bytes": outcome.peak_bytes}
