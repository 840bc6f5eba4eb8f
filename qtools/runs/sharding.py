"""A list of tasks split by hand, for the job arrays of batch systems."""

import re
from dataclasses import dataclass

from qtools.errors import UsageError
from qtools.runs.tasks import Task

_MOST = 100_000


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Part ``number`` of ``count``, numbered from 1.

    A task belongs to the part that its id names, so that parts are of about equal cost whatever
    the order of the tasks.
    """

    number: int
    count: int

    def __contains__(self, task: Task) -> bool:
        return int(task.id, 16) % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


WHOLE = Shard(number=1, count=1)


def parse_shard(text: str) -> Shard:
    """``I/N`` with ``1 <= I <= N``.

    Raises:
        UsageError: anything else.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", text)
    shard = Shard(number=int(match[1]), count=int(match[2])) if match else None
    if shard is None or not shard.number <= shard.count <= _MOST:
        raise UsageError(f"expected a shard I/N with 1 <= I <= N, such as 3/8, got {text!r}")
    return shard
