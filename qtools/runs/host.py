"""A process of its own that runs limited workers for a process that may start none.

Dask's workers are daemonic, and Python lets such processes start no others through
``multiprocessing``; also they cannot stop a call that hangs. So each of their threads talks to one
host over its standard streams, and the host keeps a worker with limits
(:mod:`qtools.runs.workers`). A host whose caller dies sees the end of its input and ends.

Messages are pickled: both ends are this program, started by the same user.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO, Any, Self

from qtools import __version__
from qtools.errors import BadInputError
from qtools.runs.calls import Limits, Outcome
from qtools.runs.workers import run_in_workers

_LENGTH_BYTES = 8
_here = threading.local()


def run_chunk(
    function: Callable[[Any], Any], arguments: Sequence[Any], limits: Limits, version: str
) -> list[Outcome[Any]]:
    """Outcomes of calls, made in a limited worker of this thread's host.

    Args:
        function: importable by name.
        arguments: one per call; outcomes are numbered from 0.
        limits: per call.
        version: of qtools on the caller's side.

    Raises:
        BadInputError: another version of qtools is installed here.
    """
    if version != __version__:
        raise BadInputError(
            f"expected qtools {version} on every worker, and one has {__version__}; "
            "install the same version everywhere"
        )
    host: Host | None = getattr(_here, "host", None)
    if host is None or not host.alive():
        host = _here.host = Host()
    return host.run(function, arguments, limits)


class Host:
    """One host process; a context manager that ends it."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", "from qtools.runs.host import serve; serve()"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """End the process; a call that it still makes is stopped."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._process.kill()
        self._process.wait()

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def run(
        self, function: Callable[[Any], Any], arguments: Sequence[Any], limits: Limits
    ) -> list[Outcome[Any]]:
        """Outcomes of calls, numbered from 0; raises :class:`EOFError` when the process died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        _send(self._process.stdin, (function, list(arguments), limits))
        outcomes: list[Outcome[Any]] = _receive(self._process.stdout)
        return outcomes


def _send(stream: IO[bytes], message: Any) -> None:
    data = pickle.dumps(message)
    stream.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    """The next message; :class:`EOFError` when the other side is gone."""
    length = stream.read(_LENGTH_BYTES)
    data = stream.read(int.from_bytes(length, "big")) if len(length) == _LENGTH_BYTES else b""
    if not data:
        raise EOFError("the other side of a host's streams is gone")
    return pickle.loads(data)  # noqa: S301 - both ends are this program


def serve() -> None:
    """Be a host: answer chunks until standard input ends."""
    # Whatever a call prints goes to standard error; standard output carries answers only.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # The caller may end at any moment.
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            function, arguments, limits = _receive(sys.stdin.buffer)
            outcomes = list(run_in_workers(function, arguments, count=1, limits=limits))
            _send(answers, outcomes)
