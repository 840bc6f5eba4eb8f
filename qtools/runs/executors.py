"""Run one function over many arguments: here, in worker processes with limits, or on a cluster."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from qtools.errors import UsageError
from qtools.runs.calls import Limits, Outcome, attempt
from qtools.runs.workers import run_in_workers

A = TypeVar("A")
R = TypeVar("R")


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
        from qtools.runs.cluster import run_on_dask  # Dask is optional

        place = executor.address or executor.file
        assert place is not None
        yield from run_on_dask(function, arguments, place=place, limits=limits)
        return
    yield from run_in_workers(function, arguments, count=executor.count, limits=limits)
