"""One run per directory."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qtools.errors import BadInputError

LOCK = ".qtools.lock"


class LockedError(BadInputError):
    """Another run works in the directory."""


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Be the only run that works in ``directory`` while the body runs.

    The system frees the lock of a process that dies. A directory that did not exist and stays
    empty is removed again.

    Raises:
        LockedError: another run is there; the message names it.
        BadInputError: nothing can be written there.
    """
    import fcntl

    path = directory / LOCK
    made = not directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = _opened(path)
    except OSError as error:
        reason = error.strerror or error
        raise BadInputError(f"cannot write to {directory}: {reason}; choose another") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockedError(
                f"expected to be the only run in {directory}, and {_holder(file)} works there; "
                "wait for it to end or choose another directory"
            ) from error
        if not _same(file, path):
            raise LockedError(
                f"expected to be the only run in {directory}, and another run just ended there; "
                "run again"
            )
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode(), 0)
        try:
            yield
        finally:
            # Removed while it is held: who opened it before sees below that it is gone.
            path.unlink(missing_ok=True)
            if made:
                with suppress(OSError):
                    directory.rmdir()
    finally:
        os.close(file)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)


def _same(file: int, path: Path) -> bool:
    """Whether the locked file is still the one at the path."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _holder(file: int) -> str:
    try:
        held = json.loads(os.pread(file, 1000, 0))
        return f"process {int(held['pid'])} on {str(held['host'])[:100]!r}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "another process"


def holds_anything(directory: Path) -> bool:
    """Whether a path is a file, or a directory with anything in it but a lock."""
    if not directory.exists():
        return False
    return not directory.is_dir() or any(entry.name != LOCK for entry in directory.iterdir())
