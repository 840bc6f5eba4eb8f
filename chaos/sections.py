"""What ``docs/reliability.md`` says of each part: what was asked, what came, the details."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Rows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part on the page.

    Attributes:
        asked: what it must show.
        measured: what it showed, in a few words.
        details: the same at length, below a heading of its own.
    """

    asked: str
    measured: Callable[[Rows], str]
    details: Callable[[Rows], str]


def _measured_malicious(rows: Rows) -> str:
    return f"{sum(row['refused'] for row in rows)} of {len(rows)} kinds refused"


def _measured_fuzz(rows: Rows) -> str:
    rows = _by_reader(rows)
    findings = sum(len(row["findings"]) for row in rows)
    return (
        f"{sum(row['inputs'] for row in rows):,} inputs over {len(rows)} readers, {findings} ended "
        f"otherwise; slowest {max(row['slowest'] for row in rows)} s, largest "
        f"{max(row['peak_mib'] for row in rows)} MiB"
    )


def _measured_kills(rows: Rows) -> str:
    kills, runs, equal = (sum(row[key] for row in rows) for key in ("kills", "runs", "equal"))
    return f"{kills} kills over {len(rows)} jobs, {equal} of {runs} runs equal"


def _measured_dask(rows: Rows) -> str:
    row = rows[-1]
    equal = "equal to serial" if row["equal"] else "NOT equal to serial"
    return f"{row['results']} results of {row['points']} points after {row['kills']} kills, {equal}"


def _measured_speed(rows: Rows) -> str:
    return f"{rows[-1]['times_faster']} times faster on {rows[-1]['tasks']} tasks"


def _measured_soak(rows: Rows) -> str:
    row = rows[-1]
    lost = row["tasks"] - row["answers"]
    return (
        f"{row['minutes']} minutes, {row['tasks']:,} tasks, {lost} lost, {row['failed']} failed, "
        f"memory {row['growth']:+.1%}"
    )


def _malicious(rows: Rows) -> str:
    refused = sum(row["refused"] for row in rows)
    return _table(
        f"Hostile input: {refused} of {len(rows)} kinds refused",
        ("kind", "exit code", "what is said"),
        [(row["kind"], row["code"], _cell(row["sentence"])) for row in rows],
    )


def _fuzz(rows: Rows) -> str:
    rows = _by_reader([{"stopped": 0} | row for row in rows])
    inputs = sum(row["inputs"] for row in rows)
    findings = sum(len(row["findings"]) for row in rows)
    keys = ("reader", "inputs", "results", "refused", "stopped")
    section = _table(
        f"Fuzz: {inputs} mutated inputs, {findings} that ended otherwise",
        ("reader", "inputs", "read", "refused", "stopped", "otherwise", "slowest, s", "peak, MiB"),
        [
            (*(row[key] for key in keys), len(row["findings"]), row["slowest"], row["peak_mib"])
            for row in rows
        ],
    )
    return (
        f"{section}\nStopped: the library that reads the file hung for 10 s of a processor, "
        "crashed or took all memory, in a process of its own; the command refuses the file.\n"
    )


def _by_reader(rows: Rows) -> Rows:
    """Several runs over different inputs as one."""
    made: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = made.setdefault(row["reader"], row)
        if known is not row:
            added = {
                key: known[key] + row[key] for key in ("inputs", "results", "refused", "stopped")
            }
            largest = {key: max(known[key], row[key]) for key in ("slowest", "peak_mib")}
            findings = {"findings": known["findings"] | row["findings"]}
            made[row["reader"]] = known | added | largest | findings
    return list(made.values())


def _kills(rows: Rows) -> str:
    kills, equal = sum(row["kills"] for row in rows), sum(row["equal"] for row in rows)
    runs = sum(row["runs"] for row in rows)
    return _table(
        f"{kills} random SIGKILLs: {equal} of {runs} runs ended with undisturbed bytes",
        ("job", "kills", "runs", "equal"),
        [(row["job"], row["kills"], row["runs"], row["equal"]) for row in rows],
    )


def _dask(rows: Rows) -> str:
    return _table(
        "A sweep on Dask whose workers are killed one after the other",
        ("points", "kills", "results", "equal to serial", "seconds"),
        [
            (
                *(row[key] for key in ("points", "kills", "results")),
                "yes" if row["equal"] else "NO",
                row["seconds"],
            )
            for row in rows
        ],
    )


def _speed(rows: Rows) -> str:
    row = rows[-1]
    return (
        f"### Two worker processes: {row['times_faster']} times faster on {row['tasks']} tasks\n\n"
        f"{row['serial_seconds']} s serially, {row['processes_2_seconds']} s with `processes:2`, "
        f"on {row['cores']} cores; load {row['load_after']} (on a busy machine the ratio is not "
        "that of a quiet one).\n"
    )


def _soak(rows: Rows) -> str:
    row = rows[-1]
    return (
        f"### Soak: {row['minutes']} minutes of mixed jobs in one process pool\n\n"
        f"{row['tasks']} tasks given, {row['answers']} answers, {row['failed']} of them failures. "
        f"Median resident memory of a worker by quarter: {', '.join(map(str, row['memory_mib']))} "
        f"MiB; the last quarter over the second: {row['growth']:+.1%}.\n"
    )


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A heading with a table."""
    head, *lines = (f"| {' | '.join(map(str, line))} |" for line in (columns, *rows))
    return "\n".join([f"### {title}\n", head, "|---" * len(columns) + "|", *lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


SECTIONS = {
    "malicious": Section(
        asked="20 kinds of hostile input, all refused in one sentence",
        measured=_measured_malicious,
        details=_malicious,
    ),
    "fuzz": Section(
        asked="200,000 mutated files over all readers: read, or refused with our own error; "
        "nothing over 10 s, nothing over 2 GiB",
        measured=_measured_fuzz,
        details=_fuzz,
    ),
    "kills": Section(
        asked="100 random SIGKILLs over compile, build, import, train and sample: resumed, with "
        "the bytes of an undisturbed run",
        measured=_measured_kills,
        details=_kills,
    ),
    "dask": Section(
        asked="200 points on Dask with 3 workers, one killed every 5 s: 200 results, equal to "
        "serial",
        measured=_measured_dask,
        details=_dask,
    ),
    "speed": Section(
        asked="`processes:2` on 40 tasks: 1.8 times faster than serial",
        measured=_measured_speed,
        details=_speed,
    ),
    "soak": Section(
        asked="90 minutes of mixed jobs in one process pool: memory within 10 %, no task lost",
        measured=_measured_soak,
        details=_soak,
    ),
}
