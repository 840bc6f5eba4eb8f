"""Reading with libraries that may hang, crash or take all memory: in a process that may die."""

from collections.abc import Callable
from multiprocessing import current_process
from typing import TypeVar

from qtools.errors import BadInputError
from qtools.runs.calls import Ending, Limits
from qtools.runs.host import Host

A = TypeVar("A")
R = TypeVar("R")

_SECONDS = 120.0
_CPU_SECONDS = 10.0
_BYTES_PER_CPU_SECOND = 1 << 20
_MEMORY_BYTES = 8 << 30


def limits_of(size: int) -> Limits:
    """What reading so many bytes may take: 10 s of a processor and one more per MiB, and 8 GiB."""
    processor = _CPU_SECONDS + size / _BYTES_PER_CPU_SECOND
    return Limits(seconds=_SECONDS + processor, cpu_seconds=processor, memory_bytes=_MEMORY_BYTES)


def sandboxed(function: Callable[[A], R], argument: A, *, source: str, size: int) -> R:
    """``function(argument)``, called in a worker process with the limits of :func:`limits_of`.

    Args:
        function: importable by name.
        argument: sent to the process.
        source: names what is read in errors.
        size: of what is read, in bytes.

    Raises:
        BadInputError: the call raised an error, took too long or too much memory, or crashed.
    """
    if current_process().daemon:
        # A worker has its limits already, and may not start processes.
        return function(argument)
    limits = limits_of(size)
    # A host, because it does not run the caller's main module again as a worker would.
    with Host() as host:
        (outcome,) = host.run(function, [argument], limits)
    if outcome.ending is Ending.DONE:
        value: R = outcome.value  # type: ignore[assignment]  # None is a value as well
        return value
    if outcome.reason == "bad-input":
        raise BadInputError(outcome.message)
    why = {
        Ending.TIMEOUT: f"reading it took more than {limits.cpu_seconds:.0f} s of a processor",
        Ending.MEMORY: f"reading it takes more than {limits.memory_bytes >> 20} MiB",
        Ending.DIED: "the library that reads it crashed",
    }.get(outcome.ending, " ".join(outcome.message.split()))
    raise BadInputError(f"cannot read {source}, which is damaged or hostile ({why})")
