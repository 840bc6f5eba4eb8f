"""Check that a corpus is what its manifest says, has no duplicates and leaks nothing."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from qiskit import qasm2 as qiskit_qasm2
from qiskit.qasm2 import QASM2ParseError

from qtools import __version__, console
from qtools.circuits import qasm2
from qtools.circuits.canonical import canonical_fingerprint, exact_fingerprint
from qtools.console import Ticker
from qtools.datasets.corpus import Corpus, shard_rows
from qtools.datasets.leaks import LeakReport, leak_report
from qtools.datasets.shards import file_sha256
from qtools.errors import GoalNotReachedError, QtoolsError
from qtools.runs.calls import Limits
from qtools.runs.campaign import Campaign, Failure, results, run_campaign
from qtools.runs.executors import Executor, Serial
from qtools.runs.tasks import Task

_MOST_PROBLEMS = 50
#: Circuits that are checked in one task.
_BLOCK = 128
_LIMITS = Limits(seconds=1200.0, memory_bytes=4 << 30)
_COLUMNS = ["id", "qasm", "fingerprint"]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a check of a corpus found.

    Attributes:
        circuits: rows looked at.
        problems: sentences, at most 50; empty for a sound corpus.
        leaks: groups that straddle splits, and n-gram overlaps.
    """

    circuits: int
    problems: tuple[str, ...]
    leaks: LeakReport


def verify_corpus(
    corpus: Corpus,
    *,
    full: bool,
    tick: Ticker,
    executor: Executor | None = None,
    records: Path | None = None,
) -> Verification:
    """Check hashes, counts, uniqueness and leaks.

    Args:
        corpus: any.
        full: also load every circuit with plain ``qiskit.qasm2.loads`` and recompute ids and
            fingerprints (minutes for ten thousand circuits).
        tick: told about progress.
        executor: where circuits are loaded; in this process when None.
        records: directory that keeps what the full check found, so that one that is stopped goes
            on, and one that is repeated is over at once; nothing is kept when None.

    Raises:
        OutputExistsError: ``records`` belongs to something else.
        BadInputError: the disk refuses, or another run works there.
    """
    problems = _file_problems(corpus)
    total = sum(corpus.manifest.circuits(released=False).values())
    seen: set[str] = set()
    circuits = 0
    if not problems:
        for row in corpus.rows(columns=["id", "fingerprint", "split"], released=False):
            circuits += 1
            if row["fingerprint"] in seen:
                problems.append(f"circuit {row['id']} is in the corpus twice")
            seen.add(row["fingerprint"])
        if circuits != total:
            problems.append(f"the manifest counts {total} circuits and the shards hold {circuits}")
        if full:
            problems += _circuit_problems(corpus, executor or Serial(), tick, records)
    leaks = leak_report(corpus) if not problems else LeakReport.empty()
    if leaks.straddling:
        problems.append(f"{leaks.straddling} structures or groups are in more than one split")
    return Verification(circuits=circuits, problems=tuple(problems[:_MOST_PROBLEMS]), leaks=leaks)


def _file_problems(corpus: Corpus) -> list[str]:
    found = []
    for shard in corpus.manifest.shards(released=False):
        path = corpus.path / shard.path
        if not path.is_file():
            found.append(f"{shard.path} is missing")
        elif file_sha256(path) != shard.sha256:
            found.append(f"{shard.path} is not the file that the manifest describes")
    return found


def _circuit_problems(
    corpus: Corpus, executor: Executor, tick: Ticker, records: Path | None
) -> list[str]:
    """What is wrong with circuits, in the order of the corpus."""
    campaign = _campaign(corpus)
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) if records is None else records
        run_campaign(campaign, kept, executor=executor, tick=tick)
        return [
            problem for task, found in results(campaign, kept) for problem in _told(task, found)
        ]


def _campaign(corpus: Corpus) -> Campaign:
    """One task per block of rows, named by the content of its file."""
    paths: dict[str, str] = {}
    tasks = []
    for shard in corpus.manifest.shards(released=False):
        paths[shard.sha256] = str((corpus.path / shard.path).absolute())
        for first in range(0, shard.rows, _BLOCK):
            block = {"sha256": shard.sha256, "first": first, "qtools": __version__}
            tasks.append(Task(kind="rows", arguments=block))
    return Campaign(
        kind="verification",
        request={"corpus": str(corpus.path.absolute())},
        tasks=tasks,
        function=block_problems,
        payload=lambda task: (paths[task.arguments["sha256"]], task.arguments["first"]),
        limits=_LIMITS,
    )


def _told(task: Task, found: list[str] | Failure) -> list[str]:
    if not isinstance(found, Failure):
        return found
    first = task.arguments["first"]
    return [
        f"circuits {first} to {first + _BLOCK - 1} of the file with SHA-256 "
        f"{task.arguments['sha256'][:12]}... could not be checked: {found.message}"
    ]


def block_problems(block: tuple[str, int]) -> list[str]:
    """What is wrong with a block of circuits, given as (shard, number of its first row)."""
    path, first = block
    return [problem for row in _block(Path(path), first) for problem in row_problems(row)]


def _block(path: Path, first: int) -> Iterator[tuple[str, str, str]]:
    for number, row in enumerate(shard_rows(path, _COLUMNS, batch_rows=_BLOCK)):
        if number >= first + _BLOCK:
            return
        if number >= first:
            yield row["id"], row["qasm"], row["fingerprint"]


def row_problems(row: tuple[str, str, str]) -> list[str]:
    """What is wrong with one circuit, given as (id, OpenQASM 2, fingerprint)."""
    row_id, text, fingerprint = row
    try:
        qiskit_qasm2.loads(text)
        circuit = qasm2.loads(text)
    except (QASM2ParseError, QtoolsError) as error:
        return [f"circuit {row_id} does not load: {error}"]
    found = []
    if exact_fingerprint(text) != row_id or qasm2.dumps(circuit) != text:
        found.append(f"circuit {row_id} is not in normal form")
    if canonical_fingerprint(circuit).fingerprint != fingerprint:
        found.append(f"circuit {row_id} has another fingerprint than recorded")
    return found


def show_verification(found: Verification, *, as_json: bool, quiet: bool = False) -> None:
    """A summary on stderr unless quiet, or JSON on stdout.

    Raises:
        GoalNotReachedError: the corpus has problems.
    """
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    elif not quiet:
        for problem in found.problems:
            console.note(problem)
        for line in found.leaks.lines():
            console.note(line)
    if found.problems:
        raise GoalNotReachedError(
            f"expected a sound corpus, found {len(found.problems)} problems; build it again"
        )
    if not quiet:
        console.note(f"{found.circuits} circuits, no problems")
