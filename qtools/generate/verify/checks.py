"""What is checked circuit by circuit, as a list of tasks whose records a killed run goes on from.

Every check runs in a worker process, also under the executor ``serial``: parsers are given texts of
any kind, and Aer's simulator of matrix product states ends its process with a memory fault on some
circuits. That becomes the outcome of one check, not the end of the verification.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from qtools.errors import MissingDependencyError
from qtools.generate.verify.circuits import Program
from qtools.runs.calls import Limits
from qtools.runs.campaign import Campaign, Failure, Results, results, run_campaign
from qtools.runs.executors import Executor, Processes, Serial
from qtools.runs.provenance import versions
from qtools.runs.tasks import Task

KIND = "verify"
# Processor time, so that what passes does not depend on what else the machine does.
_LIMITS = Limits(seconds=3600.0, cpu_seconds=300.0, memory_bytes=8 << 30)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question about one circuit.

    Attributes:
        name: of the question.
        function: answers it with JSON values; importable by name.
        program: the circuit's text.
    """

    name: str
    function: Callable[[Program], Any]
    program: Program

    @cached_property
    def task(self) -> Task:
        """The check, named by the text and by the software that reads it."""
        arguments = {
            "sha256": hashlib.sha256(self.program.text.encode()).hexdigest(),
            "versions": versions("qiskit", "qiskit-aer", "pytket"),
        }
        return Task(kind=self.name, arguments=arguments)


class Answers:
    """What checks found; make it with :func:`answers` or :func:`answered`."""

    def __init__(self, found: Results) -> None:
        self._values = {task.id: value for task, value in found}

    def of(self, check: Check) -> Any:
        """The value of the check's function, or the :class:`Failure` that it ended in."""
        return self._values[check.task.id]


def campaign_of(checks: Iterable[Check], request: dict[str, Any]) -> Campaign:
    """Checks as a campaign; those of equal texts are made once.

    Args:
        checks: to make.
        request: JSON values from which they can be made again.
    """
    by_id = {check.task.id: check for check in checks}
    return Campaign(
        kind=KIND,
        request=request,
        tasks=[check.task for check in by_id.values()],
        function=make_check,
        payload=lambda task: by_id[task.id],
        limits=_LIMITS,
    )


def make_check(check: Check) -> Any:
    """The answer to one check."""
    return check.function(check.program)


def in_workers(executor: Executor) -> Executor:
    """The executor; one worker process for ``serial``."""
    return Processes(count=1) if isinstance(executor, Serial) else executor


def answers(found: Results) -> Answers:
    """What the checks of a campaign that has run found.

    Raises:
        MissingDependencyError: a parser or the simulator is not installed where they ran.
        BadInputError: as :func:`qtools.runs.campaign.results`.
    """
    for _, value in found:
        if isinstance(value, Failure) and value.reason == "missing-dependency":
            raise MissingDependencyError(value.message)
    return Answers(found)


def answered(checks: Iterable[Check]) -> Answers:
    """What checks find, made here and now in one worker process.

    Raises:
        MissingDependencyError: a parser or the simulator is not installed.
    """
    campaign = campaign_of(checks, {})
    with tempfile.TemporaryDirectory() as folder:
        where = Processes(count=1)
        run_campaign(campaign, Path(folder), executor=where, tick=lambda text, fraction=None: None)
        return answers(results(campaign, Path(folder)))
