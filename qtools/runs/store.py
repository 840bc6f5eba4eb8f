"""An append-only store of results, one JSON line each, that survives being killed.

A line carries a checksum. One that was torn or damaged, wherever it stands, counts as absent and
its task runs again; a torn last line is cut off by the next writer. Opening reads ids and checks
sums only, so results may be larger than memory.
"""

import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from qtools.errors import BadInputError
from qtools.runs.tasks import canonical_json
from qtools.runs.untrusted import parse_json

_LINE = re.compile(rb'\{"id":"([0-9a-f]{32})","crc32":"([0-9a-f]{8})",')

Cost = Mapping[str, float]


class _Place(NamedTuple):
    """Where a line stands: the number of its file, its first byte, and its length."""

    file: int
    start: int
    length: int


class Records:
    """Results by task id, out of one or several files; only reading.

    A task that has several lines counts once.

    Args:
        paths: of files that :class:`Store` wrote; those that do not exist are empty.

    Raises:
        BadInputError: a file cannot be read, or two lines disagree about a task.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)
        self._places: dict[str, _Place] = {}
        #: Lines that were torn or damaged, and ignored.
        self.damaged = 0
        for number in range(len(self._paths)):
            self._scan(number)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def read(self, task_id: str) -> Any:
        """The result of a task.

        Raises:
            KeyError: there is none.
            BadInputError: its line is none that :class:`Store` writes.
        """
        return self._parsed(task_id)["result"]

    def cost(self, task_id: str) -> dict[str, float]:
        """What was measured while the task ran."""
        cost: dict[str, float] = self._parsed(task_id)["cost"]
        return cost

    def read_all(self, task_ids: Iterable[str]) -> Iterator[Any]:
        """Results in the order asked for, one at a time."""
        return (self.read(task_id) for task_id in task_ids)

    def _parsed(self, task_id: str) -> dict[str, Any]:
        return self._parsed_at(self._places[task_id])

    def _parsed_at(self, place: _Place) -> dict[str, Any]:
        """A line as written; a right checksum alone does not make it one of ours."""
        path = self._paths[place.file]
        try:
            record = parse_json(self._line(place).decode("utf-8"), source=f"a record in {path}")
        except UnicodeDecodeError:
            raise BadInputError(f"a record in {path} is not UTF-8 text") from None
        if not isinstance(record, dict) or set(record) != {"id", "crc32", "cost", "result"}:
            raise BadInputError(f"expected records of qtools in {path}, got others")
        return record

    def _line(self, place: _Place) -> bytes:
        with self._paths[place.file].open("rb") as stream:
            stream.seek(place.start)
            return stream.read(place.length)

    def _scan(self, number: int) -> int:
        """Read one file; the position behind its last whole line."""
        path = self._paths[number]
        position = whole = 0
        try:
            with path.open("rb") as lines:
                for line in lines:
                    if line.endswith(b"\n"):
                        whole = position + len(line)
                    task_id = _checked_id(line)
                    if task_id is None:
                        self.damaged += 1
                    else:
                        self._take(task_id, _Place(number, position, len(line)))
                    position += len(line)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise BadInputError(f"cannot read {path}: {error.strerror or error}") from error
        return whole

    def _take(self, task_id: str, place: _Place) -> None:
        known = self._places.setdefault(task_id, place)
        if known is place:
            return
        results = [self._parsed_at(p)["result"] for p in (known, place)]
        if results[0] != results[1]:
            raise _conflict(task_id, self._paths[known.file], self._paths[place.file])


class Store(Records):
    """Results by task id, in one file, with one writer.

    A context manager; writes are flushed one by one. Opening the same file twice for writing is
    refused (an advisory lock), because two writers would interleave their lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: after a failed write nothing is left that closing would try to write.
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise BadInputError(f"cannot write {path}: {error.strerror or error}") from error
        _lock(self._file, path)
        try:
            super().__init__(())
            self._paths = [path]
            os.truncate(path, self._scan(0))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, task_id: str, result: Any, *, cost: Cost | None = None) -> None:
        """Add the result of a task.

        Args:
            task_id: of the task.
            result: JSON values that depend on the task alone.
            cost: what was measured while it ran; two lines may differ in it.

        Raises:
            BadInputError: the task has another result already, or the disk refuses; in the second
                case the store is as before.
        """
        if task_id in self:
            if canonical_json(self.read(task_id)) != canonical_json(result):
                raise _conflict(task_id, self.path, self.path)
            return
        line = _line(task_id, result, cost or {})
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
        self._places[task_id] = _Place(0, start, len(line))


def _line(task_id: str, result: Any, cost: Cost) -> bytes:
    rest = f'"cost":{canonical_json(dict(cost))},"result":{canonical_json(result)}}}\n'.encode()
    checked = zlib.crc32(task_id.encode() + rest)
    return f'{{"id":"{task_id}","crc32":"{checked:08x}",'.encode() + rest


def _checked_id(line: bytes) -> str | None:
    """The task of a line; None for one that is not as it was written."""
    match = _LINE.match(line)
    if match is None or zlib.crc32(match[1] + line[match.end() :]) != int(match[2], 16):
        return None
    return match[1].decode("ascii")


def _conflict(task_id: str, one: Path, other: Path) -> BadInputError:
    where = f"{one} holds two" if one == other else f"{one} and {other} hold different ones"
    return BadInputError(
        f"expected one result per task, and {where} for task {task_id}; they were computed with "
        "different versions or on different machines: delete one of the files"
    )


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
