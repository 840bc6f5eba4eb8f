"""Check that a corpus is what its manifest says, has no duplicates and leaks nothing."""

import json
from dataclasses import asdict, dataclass

import typer
from qiskit import qasm2 as qiskit_qasm2
from qiskit.qasm2 import QASM2ParseError

from qtools import console
from qtools.circuits import qasm2
from qtools.circuits.canonical import canonical_fingerprint, exact_fingerprint
from qtools.console import Ticker, counting
from qtools.datasets.corpus import Corpus
from qtools.datasets.leaks import LeakReport, leak_report
from qtools.datasets.shards import file_sha256
from qtools.errors import GoalNotReachedError, QtoolsError
from qtools.runs.executors import Executor, Serial, run_all

_MOST_PROBLEMS = 50


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
    corpus: Corpus, *, full: bool, tick: Ticker, executor: Executor | None = None
) -> Verification:
    """Check hashes, counts, uniqueness and leaks.

    Args:
        corpus: any.
        full: also load every circuit with plain ``qiskit.qasm2.loads`` and recompute ids and
            fingerprints (minutes for ten thousand circuits).
        tick: told about progress.
        executor: where circuits are loaded; in this process when None.
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
            problems += _circuit_problems(corpus, total, executor or Serial(), tick)
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


def _circuit_problems(corpus: Corpus, total: int, executor: Executor, tick: Ticker) -> list[str]:
    """What is wrong with circuits, in the order of the corpus."""
    columns = ["id", "qasm", "fingerprint"]
    rows = (
        (row["id"], row["qasm"], row["fingerprint"])
        for row in corpus.rows(columns=columns, released=False)
    )
    show = counting(tick, total, "circuits")
    found: dict[int, list[str]] = {}
    outcomes = run_all(row_problems, rows, executor=executor)
    for done, outcome in enumerate(outcomes, start=1):
        lost = [f"circuit number {outcome.index} could not be checked: {outcome.message}"]
        found[outcome.index] = lost if outcome.value is None else outcome.value
        show(done)
    return [problem for index in sorted(found) for problem in found[index]]


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
