"""An append-only store of results, one JSON line each, that survives being killed.

A line is whole or it is the last one; a torn last line is cut off when the store is opened, and
its task runs again. Opening reads the ids only, so results may be larger than memory.
"""

import json
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from qtools.errors import BadInputError
from qtools.runs.tasks import canonical_json

_ID_CHARS = 32
_HEAD = '{"id":"'


class Store:
    """Results by task id, in one file.

    A context manager; writes are flushed one by one. Opening the same file twice for writing is
    refused (an advisory lock), because two writers would interleave their lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, tuple[int, int]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: after a failed write nothing is left that closing would try to write again.
        self._file = path.open("a+b", buffering=0)
        _lock(self._file, path)
        self._scan()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._places

    def __len__(self) -> int:
        return len(self._places)

    def append(self, task_id: str, result: Any) -> None:
        """Add the result of a task.

        Raises:
            BadInputError: the task has another result already, or the disk refuses; in the second
                case the store is as before.
        """
        line = f'{_HEAD}{task_id}","result":{canonical_json(result)}}}\n'.encode()
        if task_id in self._places:
            if self._line(task_id) != line:
                raise BadInputError(
                    f"expected the same result for the same task, and {self.path} holds another "
                    f"one for task {task_id}; delete that file to start over"
                )
            return
        start = self._file.seek(0, os.SEEK_END)
        try:
            written = 0
            while written < len(line):
                written += self._file.write(line[written:])
        except OSError as error:
            os.truncate(self.path, start)
            raise BadInputError(
                f"cannot write {self.path}: {error.strerror}; free some space and run again"
            ) from error
        self._places[task_id] = (start, len(line))

    def read(self, task_id: str) -> Any:
        """The result of a task.

        Raises:
            KeyError: there is none.
        """
        return json.loads(self._line(task_id))["result"]

    def read_all(self, task_ids: list[str]) -> Iterator[Any]:
        """Results in the order asked for, one at a time."""
        return (self.read(task_id) for task_id in task_ids)

    def _line(self, task_id: str) -> bytes:
        start, length = self._places[task_id]
        self._file.seek(start)
        return self._file.read(length)

    def _scan(self) -> None:
        position = 0
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    os.truncate(self.path, position)
                    break
                task_id = line[len(_HEAD) : len(_HEAD) + _ID_CHARS].decode("ascii", "replace")
                self._places[task_id] = (position, len(line))
                position += len(line)


def _lock(file: FileIO, path: Path) -> None:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise BadInputError(
            f"expected to be the only writer of {path}, but another process has it open; "
            "wait for it to end"
        ) from error
