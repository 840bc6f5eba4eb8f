"""A Dask cluster on this machine whose processes can be killed and started again."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self


class DaskCluster:
    """A scheduler and workers of one thread each, as processes of their own.

    Args:
        folder: for logs and what workers spill.
        workers: how many.
    """

    def __init__(self, folder: Path, *, workers: int) -> None:
        self._folder = folder
        self._port = _free_port()
        self._count = workers
        self._scheduler: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        self._busy = threading.Lock()  # several threads may kill
        #: Processes killed so far.
        self.kills = 0

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return f"tcp://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start_scheduler()
        for _ in range(self._count):
            self._start_worker()
        return self

    def __exit__(self, *error: object) -> None:
        for process in [*self._workers, self._scheduler]:
            if process is not None:
                _end(process)

    def start_scheduler(self) -> None:
        """Start the scheduler, always at the same address."""
        self._scheduler = self._started(
            "scheduler", "--host", "127.0.0.1", "--port", str(self._port), "--no-dashboard"
        )

    def restart_scheduler(self, *, pause: float = 1.0) -> None:
        """Kill the scheduler; after a pause it is back, knows nothing, and has new workers."""
        assert self._scheduler is not None
        with self._busy:
            _end(self._scheduler)
            self.kills += 1
            time.sleep(pause)
            self.start_scheduler()
            # Dask's workers end when their scheduler is gone.
            while self._workers:
                _end(self._workers.pop())
            for _ in range(self._count):
                self._start_worker()

    def kill_a_worker(self, rng: random.Random) -> None:
        """Kill one worker with all its processes and start another in its place."""
        with self._busy:
            place = rng.randrange(len(self._workers))
            _end(self._workers.pop(place))
            self.kills += 1
            self._start_worker()

    @contextlib.contextmanager
    def killing_every(self, seconds: float, *, seed: int) -> Iterator[None]:
        """Kill a worker every so many seconds while the body runs."""
        rng, over = random.Random(seed), threading.Event()

        def kill() -> None:
            while not over.wait(seconds):
                self.kill_a_worker(rng)

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _start_worker(self) -> None:
        self._workers.append(
            self._started(
                *("worker", self.address, "--nthreads", "1", "--no-dashboard", "--no-nanny"),
                *("--memory-limit", "0", "--death-timeout", "60"),
                *("--local-directory", str(self._folder)),
            )
        )

    def _started(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
