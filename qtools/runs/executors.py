"""Run one function over many arguments: here, in worker processes with limits, or on a cluster."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar

from qtools.errors import QtoolsError, UsageError

A = TypeVar("A")
R = TypeVar("R")


class Ending(Enum):
    """How one call ended; the value says what to do about it."""

    DONE = "done"
    FAILED = "the call raised an error; read its message"
    TIMEOUT = "the call took too long and was stopped; raise the time limit or skip it"
    MEMORY = "the call took too much memory and was stopped; raise the limit or skip it"
    DIED = "the worker process died in the call; report it with the argument"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one call in a worker process.

    Attributes:
        seconds: wall-clock time after which the worker is killed.
        memory_bytes: address space that the call may take beyond what its worker had mapped
            before, which is mostly libraries.
    """

    seconds: float = 60.0
    memory_bytes: int = 4 << 30


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[R]):
    """What became of one call.

    Attributes:
        index: position of its argument.
        ending: how it ended.
        value: the function's result when done, else None.
        reason: a short slug for a failure (see :func:`attempt`), else empty.
        message: the error's message, else empty.
        peak_bytes: largest resident memory that the worker had up to the end of this call; 0 where
            there is no worker or it died first.
        seconds: wall-clock time of the call; 0 where its worker was stopped or died.
    """

    index: int
    ending: Ending
    value: R | None = None
    reason: str = ""
    message: str = ""
    peak_bytes: int = field(default=0, compare=False)
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, kw_only=True)
class Serial:
    """Run in this process, one after the other, without limits."""


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Run in ``count`` worker processes."""

    count: int


@dataclass(frozen=True, kw_only=True)
class Dask:
    """Run on a Dask cluster.

    Exactly one of the two is given.

    Attributes:
        address: of a running scheduler, such as ``tcp://node1:8786``.
        file: TOML file that describes a cluster to start (see :mod:`qtools.runs.cluster`), or the
            JSON file that ``dask scheduler --scheduler-file`` writes.
    """

    address: str | None = None
    file: Path | None = None


Executor = Serial | Processes | Dask

EXECUTORS = "serial, processes:N, dask:ADDRESS or dask:FILE.toml"
"""What :func:`parse_executor` reads, for help texts and messages."""


def parse_executor(text: str) -> Executor:
    """``serial``, ``processes:N``, ``dask:ADDRESS``, ``dask:FILE.toml`` or ``dask:FILE.json``.

    Raises:
        UsageError: anything else.
    """
    if text == "serial":
        return Serial()
    if match := re.fullmatch(r"processes:([1-9][0-9]{0,3})", text):
        return Processes(count=int(match[1]))
    if match := re.fullmatch(r"dask:(\S+)", text):
        place = match[1]
        if place.endswith((".toml", ".json")):
            return Dask(file=Path(place))
        return Dask(address=place)
    raise UsageError(f"expected an executor among {EXECUTORS}, got {text!r}")


def run_all(
    function: Callable[[A], R],
    arguments: Iterable[A],
    *,
    executor: Executor,
    limits: Limits | None = None,
) -> Iterator[Outcome[R]]:
    """Call ``function`` on every argument; yields outcomes as they come, in any order.

    No outcome is lost: a call that hangs, exhausts memory or kills its worker becomes an outcome
    as well, and the other calls go on.

    Args:
        function: importable by name (a top-level function) for worker processes.
        arguments: read lazily.
        executor: where.
        limits: per call, for worker processes; the defaults of :class:`Limits` when None.
    """
    if isinstance(executor, Serial):
        for index, argument in enumerate(arguments):
            yield attempt(function, index, argument)
        return
    limits = limits or Limits()
    if isinstance(executor, Dask):
        from qtools.runs.cluster import run_on_dask

        yield from run_on_dask(function, arguments, cluster=executor, limits=limits)
        return
    from qtools.runs.workers import run_in_workers

    yield from run_in_workers(function, arguments, count=executor.count, limits=limits)


def attempt(
    function: Callable[[A], R], index: int, argument: A, *, unforeseen: str = "unexpected-error"
) -> Outcome[R]:
    """One call, with its error caught: the boundary that keeps one bad input from ending a run.

    Reasons are ``memory-limit``, the ``reason`` of an error of this package (its class in words
    where it has none: ``bad-input``), and ``unforeseen`` for all other errors, whose message then
    begins with their type.
    """
    began = time.perf_counter()
    try:
        value = function(argument)
        seconds = time.perf_counter() - began
        return Outcome(index=index, ending=Ending.DONE, value=value, seconds=seconds)
    except MemoryError:
        return Outcome(index=index, ending=Ending.MEMORY, reason="memory-limit")
    except QtoolsError as error:
        reason = getattr(error, "reason", _in_words(type(error)))
        return Outcome(index=index, ending=Ending.FAILED, reason=reason, message=str(error))
    except Exception as error:  # noqa: BLE001 - worker boundary: any error becomes an outcome
        return _failed(index, error, unforeseen)
    except BaseException as error:
        # Rust code that panics raises PyO3's PanicException, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        return _failed(index, error, unforeseen)


def _failed(index: int, error: BaseException, reason: str) -> Outcome[Any]:
    message = f"{type(error).__name__}: {error}"[:1000]
    return Outcome(index=index, ending=Ending.FAILED, reason=reason, message=message)


def _in_words(error: type[QtoolsError]) -> str:
    words = re.findall("[A-Z][a-z]+", error.__name__.removesuffix("Error"))
    return "-".join(words).lower()
