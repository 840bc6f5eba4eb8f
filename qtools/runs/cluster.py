"""The engine behind ``dask:...``: chunks of calls on a Dask cluster, whatever happens to it.

Calls go out in chunks that take about two seconds each, no more than the workers can soon take,
so that the scheduler holds little and a lost chunk costs little. Chunks of a worker that died run
elsewhere; when the scheduler is gone, everything unanswered is sent again once it is back. Results
come back to the caller alone, who writes them.

A cluster to start is described by a TOML file::

    cluster = "SLURMCluster"      # a class of dask_jobqueue, or LocalCluster
    jobs = 20                     # jobs to submit (workers, for LocalCluster)
    [options]                     # of that class
    cores = 16
    memory = "64GB"
    walltime = "02:00:00"
"""

import contextlib
import importlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from qtools import __version__
from qtools.errors import BadInputError, MissingDependencyError, StoppedEarlyError, nearest
from qtools.runs.calls import Ending, Limits, Outcome
from qtools.runs.host import run_chunk
from qtools.runs.typed import typed
from qtools.runs.untrusted import read_json, read_toml

A = TypeVar("A")
R = TypeVar("R")
_Job = tuple[int, Any]

_CHUNK_SECONDS = 2.0
_MOST_IN_CHUNK = 256
#: Chunks on their way per thread of the cluster: one runs, one waits.
_AHEAD = 2
#: Deaths of workers that had a call, after which the call is to blame.
_TRIES = 20
#: Seconds to wait for a scheduler that is gone, and for the first worker.
_PATIENCE = 120.0
_LOOK_SECONDS = 1.0
_CLUSTERS = (
    *("SLURMCluster", "PBSCluster", "LSFCluster", "SGECluster", "HTCondorCluster"),
    *("OARCluster", "MoabCluster", "LocalCluster"),
)


def run_on_dask(
    function: Callable[[A], R], arguments: Iterable[A], *, place: str | Path, limits: Limits
) -> Iterator[Outcome[R]]:
    """Outcomes of calls on a cluster, in any order.

    Args:
        function: importable by name.
        arguments: read lazily.
        place: a scheduler's address, such as ``tcp://node1:8786``; or a file: TOML that describes a
            cluster to start, or the JSON that ``dask scheduler --scheduler-file`` writes.
        limits: per call.

    Raises:
        MissingDependencyError: Dask is not installed.
        BadInputError: the file describes no cluster, or a worker has another version of qtools.
        StoppedEarlyError: no scheduler or no worker for two minutes.
    """
    try:
        import distributed  # noqa: F401 - asked for before any work is planned
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("dask.distributed", extra="cluster") from error
    from distributed.client import FuturesCancelledError
    from distributed.comm import CommClosedError

    # A scheduler that goes away is expected here; its traceback would only hide our sentence.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    lost = (_SchedulerLost, OSError, TimeoutError, CommClosedError, FuturesCancelledError)
    queue = _Queue(jobs=iter(enumerate(arguments)))
    with contextlib.ExitStack() as stack:
        address = _address(place, stack)
        while not queue.is_done():
            client = _connected(address)
            try:
                yield from _sitting(client, function, limits, queue)
            except lost:
                queue.give_back_all()
            finally:
                with contextlib.suppress(OSError, TimeoutError):
                    client.close(timeout=2)


class _SchedulerLost(Exception):  # noqa: N818 - never leaves this module
    """The scheduler no longer knows of the chunks it was given."""


@dataclass(kw_only=True)
class _Queue:
    """The calls that are still to be answered."""

    jobs: Iterator[_Job]
    returned: deque[_Job] = field(default_factory=deque)
    out: dict[Any, list[_Job]] = field(default_factory=dict)
    deaths: dict[int, int] = field(default_factory=dict)
    seconds_per_call: float = _CHUNK_SECONDS
    _peeked: list[_Job] = field(default_factory=list)

    def is_done(self) -> bool:
        if not self.returned and not self.out and not self._peeked:
            self._peeked = [job for job in [next(self.jobs, None)] if job is not None]
        return not (self.returned or self.out or self._peeked)

    def take(self) -> list[_Job]:
        """The next chunk."""
        size = int(_CHUNK_SECONDS / max(self.seconds_per_call, _CHUNK_SECONDS / _MOST_IN_CHUNK))
        chunk: list[_Job] = []
        while len(chunk) < max(1, size):
            job = self._next()
            if job is None:
                break
            # A call that killed its worker goes alone, so that others do not die with it.
            if self.deaths.get(job[0]) and chunk:
                self.returned.appendleft(job)
                break
            chunk.append(job)
            if self.deaths.get(job[0]):
                break
        return chunk

    def _next(self) -> _Job | None:
        if self.returned:
            return self.returned.popleft()
        return self._peeked.pop() if self._peeked else next(self.jobs, None)

    def give_back_all(self) -> None:
        for chunk in self.out.values():
            self.returned.extend(chunk)
        self.out.clear()

    def learn(self, outcomes: list[Outcome[Any]]) -> None:
        """Adapt the size of chunks to what calls took."""
        mean = sum(outcome.seconds for outcome in outcomes) / max(1, len(outcomes))
        self.seconds_per_call = 0.7 * self.seconds_per_call + 0.3 * mean


def _sitting(
    client: Any, function: Callable[[Any], Any], limits: Limits, queue: _Queue
) -> Iterator[Outcome[Any]]:
    """Everything that can be done while one scheduler lives."""
    looked, room = 0.0, 0
    while True:
        if time.monotonic() - looked > _LOOK_SECONDS:
            looked, room = time.monotonic(), _AHEAD * _threads(client)
        while len(queue.out) < room:
            chunk = queue.take()
            if not chunk:
                break
            arguments = [argument for _, argument in chunk]
            future = client.submit(run_chunk, function, arguments, limits, __version__, pure=False)
            queue.out[future] = chunk
        if not queue.out and queue.is_done():
            return
        yield from _answered(client, queue)


def _threads(client: Any) -> int:
    """Threads of all workers."""
    return sum(client.nthreads().values())


def _answered(client: Any, queue: _Queue) -> Iterator[Outcome[Any]]:
    """Outcomes of the chunks that have come back within a short while."""
    import distributed

    if queue.out:
        with contextlib.suppress(TimeoutError):
            distributed.wait(list(queue.out), timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED")
    else:
        time.sleep(_LOOK_SECONDS)
    if client.status != "running":
        raise _SchedulerLost
    for future in [future for future in queue.out if future.done()]:
        if future.status in ("cancelled", "lost"):
            raise _SchedulerLost
        chunk = queue.out.pop(future)
        if future.status == "finished":
            outcomes = future.result()
            queue.learn(outcomes)
            for outcome in outcomes:
                index, _ = chunk[outcome.index]
                yield replace(outcome, index=index)
        else:
            yield from _failed(future.exception(), chunk, queue)
        future.release()


def _failed(error: BaseException, chunk: list[_Job], queue: _Queue) -> Iterator[Outcome[Any]]:
    """What becomes of a chunk whose workers or host died."""
    import distributed

    if not isinstance(error, distributed.KilledWorker | EOFError | BrokenPipeError):
        reason = " ".join(str(error).split())
        raise BadInputError(f"the workers of the cluster cannot do the work: {reason}") from error
    for job in chunk:
        deaths = queue.deaths[job[0]] = queue.deaths.get(job[0], 0) + 1
        if len(chunk) == 1 and deaths >= _TRIES:
            yield Outcome(
                index=job[0],
                ending=Ending.DIED,
                reason="worker-died",
                message=f"{Ending.DIED.value} ({deaths} workers died with it)",
            )
        else:
            queue.returned.append(job)


def _connected(address: Any) -> Any:
    """A client of the scheduler, as soon as it answers and has a worker."""
    import distributed

    end = time.monotonic() + _PATIENCE
    while True:
        try:
            client = distributed.Client(address, timeout=5)
            client.wait_for_workers(1, timeout=max(1.0, end - time.monotonic()))
            return client
        except (OSError, TimeoutError) as error:
            if time.monotonic() > end:
                raise StoppedEarlyError(
                    f"no Dask scheduler with a worker answered for {_PATIENCE:.0f} s "
                    f"({type(error).__name__}); finished work is kept, start one and run again"
                ) from error
            time.sleep(_LOOK_SECONDS)


def _address(place: str | Path, stack: contextlib.ExitStack) -> Any:
    """What a client connects to; a cluster that is started ends with the stack."""
    if isinstance(place, str):
        return place
    if place.suffix == ".toml":
        return stack.enter_context(_started(place))
    record = read_json(place, what="scheduler")
    if not isinstance(record, dict) or not isinstance(record.get("address"), str):
        raise BadInputError(f"expected the file of a Dask scheduler in {place}")
    return record["address"]


@dataclass(frozen=True, kw_only=True)
class _Description:
    """A cluster to start, as its file has it."""

    cluster: str
    jobs: int
    options: dict[str, Any] = field(default_factory=dict)


def _started(file: Path) -> Any:
    """The cluster that a TOML file describes."""
    asked = typed(_Description, read_toml(file, what="cluster"), source=str(file))
    name = asked.cluster
    if name not in _CLUSTERS:
        raise BadInputError(
            f"expected cluster among {', '.join(_CLUSTERS)} in {file}, got {name!r}"
            f"{nearest(name, _CLUSTERS)}"
        )
    if name == "LocalCluster":
        module: Any = importlib.import_module("distributed")
    else:
        try:
            module = importlib.import_module("dask_jobqueue")
        except ModuleNotFoundError as error:
            raise MissingDependencyError.of("dask-jobqueue", extra="cluster") from error
    try:
        started = getattr(module, name)(**asked.options)
        started.scale(asked.jobs) if name == "LocalCluster" else started.scale(jobs=asked.jobs)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"{name} refuses the [options] of {file}: {error}") from error
    return started
