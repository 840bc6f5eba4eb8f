"""Worker processes that can be killed: the engine behind ``processes:N``.

A worker gets arguments in small batches and answers call by call, so the argument to blame for a
hang or a crash is always the first one unanswered; the rest of the batch goes to another worker.
Calls that take long are handed out one by one, so that no worker holds any while another is idle.
"""

import contextlib
import math
import os
import re
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

from qtools.runs.calls import Ending, Limits, Outcome, attempt
from qtools.runs.cores import VARIABLE
from qtools.runs.place import VARIABLE as PLACE

A = TypeVar("A")
R = TypeVar("R")
_Job = tuple[int, Any]

_BATCH = 8
_SHORT_SECONDS = 0.05
_START_SECONDS = 120.0
_END_SECONDS = 60.0
# One thread per worker: the workers are the parallelism, and results must not depend on it.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    VARIABLE: "1",
    "QISKIT_PARALLEL": "FALSE",
    "QISKIT_NUM_PROCS": "1",
    "RUST_BACKTRACE": "0",
}
_TIME_SIGNALS = {-signal.SIGALRM, -signal.SIGPROF}
_MEMORY_SIGNALS = {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS}


def run_in_workers(
    function: Callable[[A], R], arguments: Iterable[A], *, count: int, limits: Limits
) -> Iterator[Outcome[R]]:
    """Outcomes of calls in ``count`` worker processes, in any order.

    Args:
        function: importable by name.
        arguments: read lazily.
        count: of processes; fewer where there are fewer calls.
        limits: per call.
    """
    jobs: Iterator[_Job] = iter(enumerate(arguments))
    returned: deque[_Job] = deque()
    suspects: set[int] = set()
    workers: list[_Worker] = []
    try:
        while True:
            for worker in workers:
                worker.feed(returned, jobs)
            workers = [worker for worker in workers if worker.alive_with_work()]
            while len(workers) < count:
                batch = _take(returned, jobs, 1)
                if not batch:
                    break
                place = min({*range(count)} - {worker.place for worker in workers})
                workers.append(_Worker(function, limits, batch, suspects, place))
            if not workers:
                return
            _wait_for_news(workers)
            for worker in workers:
                yield from worker.answers(returned)
    finally:
        for worker in workers:
            worker.kill()


def _take(returned: deque[_Job], jobs: Iterator[_Job], most: int) -> list[_Job]:
    batch: list[_Job] = []
    while len(batch) < most:
        job = returned.popleft() if returned else next(jobs, None)
        if job is None:
            break
        batch.append(job)
    return batch


def _wait_for_news(workers: "list[_Worker]") -> None:
    """Sleep until an answer arrives, a worker dies, or a deadline passes."""
    deadline = min(worker.deadline for worker in workers)
    connections = [worker.connection for worker in workers]
    wait(connections, timeout=max(0.0, deadline - time.monotonic()))


class _Worker:
    """One process with its pipe, its number among the workers, and the jobs it still owes."""

    def __init__(
        self,
        function: Callable[[Any], Any],
        limits: Limits,
        batch: list[_Job],
        suspects: set[int],
        place: int,
    ) -> None:
        self.place = place
        context = get_context("forkserver")
        context.set_forkserver_preload([_module_of(function)])
        self.connection, theirs = context.Pipe()
        self._limits = limits
        arguments = (theirs, function, limits, place)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        with _environment():
            self._process.start()
        theirs.close()
        self._owed: deque[_Job] = deque()
        self._suspects = suspects
        self._closed = False
        self._pace = _SHORT_SECONDS  # seconds per call, of late
        self._heard = time.monotonic()
        # The first call's clock starts when the worker says that its imports are done.
        self.deadline = time.monotonic() + _START_SECONDS
        self._send(batch)

    def feed(self, returned: deque[_Job], jobs: Iterator[_Job]) -> None:
        """Give the worker what it has room for: of short calls so many that none waits for a trip
        through the pipe, of long ones the next.
        """
        room = _BATCH if self._pace < _SHORT_SECONDS else 1
        if not self._closed and len(self._owed) <= room // 2:
            batch = _take(returned, jobs, room)
            if batch:
                self._send(batch)

    def alive_with_work(self) -> bool:
        """Whether answers are still to come; a worker without work is let go."""
        if self._owed and not self._closed:
            return True
        self.kill()
        return False

    def answers(self, returned: deque[_Job]) -> Iterator[Outcome[Any]]:
        """Outcomes that have arrived; a worker past its deadline or dead yields its last one."""
        try:
            while not self._closed and self.connection.poll():
                message = self.connection.recv()
                now = time.monotonic()
                self.deadline = now + self._limits.seconds
                seconds, self._heard = now - self._heard, now
                if message is None:
                    continue
                self._pace = (self._pace + seconds) / 2
                self._owed.popleft()
                yield message
                if message.ending is Ending.MEMORY:
                    # What it holds cannot be known; a fresh worker is safer.
                    self._give_back(returned)
        except (EOFError, ConnectionResetError):
            yield from self._blame(self._ending_of_death(), returned)
            return
        if not self._closed and self._owed and time.monotonic() > self.deadline:
            yield from self._blame(Ending.TIMEOUT, returned)

    def kill(self) -> None:
        """End the process at once."""
        if not self._closed:
            self._closed = True
            self.connection.close()
        # Asking first reads the exit status of a process that is gone: the fork server has reaped
        # it, and its number may belong to a stranger by now.
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def _send(self, batch: list[_Job]) -> None:
        self._owed.extend(batch)
        if len(self._owed) == len(batch):
            self.deadline = max(self.deadline, time.monotonic() + self._limits.seconds)
        # A worker that just died shows as end of file when its answers are read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(batch)

    def _ending_of_death(self) -> Ending:
        # Its pipe is closed, so it is ending; giving much memory back can take long.
        self._process.join(timeout=_END_SECONDS)
        code = self._process.exitcode
        if code in _TIME_SIGNALS:
            return Ending.TIMEOUT
        return Ending.MEMORY if code in _MEMORY_SIGNALS else Ending.DIED

    def _blame(self, ending: Ending, returned: deque[_Job]) -> Iterator[Outcome[Any]]:
        """The outcome of the first call unanswered.

        A worker may also die of something else, such as a kill from outside: a call is to blame for
        a death without a known cause only when it comes with a second one.
        """
        index, argument = self._owed.popleft()
        if ending is Ending.DIED and index not in self._suspects:
            self._suspects.add(index)
            self._owed.appendleft((index, argument))
            self._give_back(returned)
            return
        peak = _peak_of(self._process.pid) if self._process.is_alive() else 0
        self._give_back(returned)
        reason = {
            Ending.TIMEOUT: "time-limit",
            Ending.MEMORY: "memory-limit",
        }.get(ending, "worker-died")
        message = f"{ending.value} ({_end_in_words(self._process.exitcode)})"
        yield Outcome(index=index, ending=ending, reason=reason, message=message, peak_bytes=peak)

    def _give_back(self, returned: deque[_Job]) -> None:
        returned.extend(self._owed)
        self._owed.clear()
        self.kill()


def _module_of(function: Callable[..., Any]) -> str:
    """Where a function, or what a partial calls, was defined."""
    while isinstance(function, partial):
        function = function.func
    return function.__module__


def _end_in_words(code: int | None) -> str:
    """How a process ended, as its exit code says."""
    if code is None or code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {-code}, {signal.Signals(-code).name}"
    return f"signal {-code}"


def _own_peak() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _peak_of(pid: int | None) -> int:
    """The same of another process, where the system tells; 0 elsewhere and for a dead one."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if match := re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE):
            return 1024 * int(match[1])
    return 0


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """The workers' environment, while the fork server may be starting."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(
    connection: Connection, function: Callable[[Any], Any], limits: Limits, place: int
) -> None:
    """The worker's main loop; ends when the other side closes the pipe."""
    os.environ[PLACE] = str(place)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Parsers that crash write to stderr; their outcome says what happened.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limited = _limited(function, limits)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        connection.send(None)
        while True:
            for index, argument in connection.recv():
                outcome = attempt(limited, index, argument)
                connection.send(replace(outcome, peak_bytes=_own_peak()))


def _limited(function: Callable[[A], R], limits: Limits) -> Callable[[A], R]:
    """The function under its limits.

    What the process maps already is not the call's: the fork server may have loaded libraries for
    other functions, and outcomes must not depend on that. The limits end with the call, so that
    there is memory to say what became of it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _mapped_bytes() + limits.memory_bytes
    memory = most if hard == resource.RLIM_INFINITY else min(most, hard)
    processor = 0.0 if math.isinf(limits.cpu_seconds) else limits.cpu_seconds  # 0: no timer

    def call(argument: A) -> R:
        # Second line of defence, for a worker whose parent was killed.
        signal.setitimer(signal.ITIMER_REAL, 2 * limits.seconds + 5.0)
        signal.setitimer(signal.ITIMER_PROF, processor)
        resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
        try:
            return function(argument)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    return call


def _mapped_bytes() -> int:
    """Address space of this process, where the system tells; else 0."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:  # outside Linux, where the limit is not kept either
        return 0
    return int(pages) * resource.getpagesize()
