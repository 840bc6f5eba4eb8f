"""One call of a function: its limits, and how it ended."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from qtools.errors import QtoolsError, StoppedEarlyError

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
        cpu_seconds: likewise, of processor time, which does not depend on what else the machine
            does.
        memory_bytes: address space that the call may take beyond what its worker had mapped
            before, which is mostly libraries.
    """

    seconds: float = 60.0
    cpu_seconds: float = math.inf
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


def attempt(
    function: Callable[[A], R], index: int, argument: A, *, unforeseen: str = "unexpected-error"
) -> Outcome[R]:
    """One call, with its error caught: the boundary that keeps one bad input from ending a run.

    Reasons are ``memory-limit``, the ``reason`` of an error of this package (its class in words
    where it has none: ``bad-input``), and ``unforeseen`` for all other errors, whose message then
    begins with their type.

    Raises:
        StoppedEarlyError: the run was asked to stop, which says nothing about the call.
    """
    began = time.perf_counter()
    try:
        value = function(argument)
        seconds = time.perf_counter() - began
        return Outcome(index=index, ending=Ending.DONE, value=value, seconds=seconds)
    except MemoryError:
        return Outcome(index=index, ending=Ending.MEMORY, reason="memory-limit")
    except StoppedEarlyError:
        raise
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
