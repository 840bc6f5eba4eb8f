"""``docs/reliability.md``, made from the results of the parts."""

import json
from pathlib import Path
from typing import Any

from qtools.runs.files import write_text

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "chaos" / "results"
PAGE = ROOT / "docs" / "reliability.md"

_HEAD = Path(__file__).with_name("reliability_head.md")


def write_page() -> None:
    """Write the page from the results that there are."""
    parts = [_HEAD.read_text(encoding="utf-8"), "## Measured\n"]
    for name, section in _SECTIONS.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            record = json.loads(path.read_text(encoding="utf-8"))
            parts.append(section(record["rows"]))
            parts.append(_origin(record))
    write_text(PAGE, "\n".join(parts).rstrip() + "\n")


def _origin(record: dict[str, Any]) -> str:
    spent = f", {record['seconds']} s" if record["seconds"] else ""
    note = f" {record['note']}" if record.get("note") else ""
    return f"`{record['command']}`{spent}; {record['machine']}.{note}\n"


def _malicious(rows: list[dict[str, Any]]) -> str:
    refused = sum(row["refused"] for row in rows)
    lines = [f"| {row['kind']} | {row['code']} | {_cell(row['sentence'])} |" for row in rows]
    return "\n".join(
        [
            f"### Hostile input: {refused} of {len(rows)} kinds refused\n",
            "| kind | exit code | what is said |",
            "|---|---|---|",
            *lines,
            "",
        ]
    )


def _fuzz(rows: list[dict[str, Any]]) -> str:
    rows = _by_reader([{"stopped": 0} | row for row in rows])
    inputs = sum(row["inputs"] for row in rows)
    findings = sum(len(row["findings"]) for row in rows)
    lines = [
        f"| {row['reader']} | {row['inputs']} | {row['results']} | {row['refused']} "
        f"| {row['stopped']} | {len(row['findings'])} | {row['slowest']} | {row['peak_mib']} |"
        for row in rows
    ]
    return "\n".join(
        [
            f"### Fuzz: {inputs} mutated inputs, {findings} that ended otherwise\n",
            "| reader | inputs | read | refused | stopped | otherwise | slowest, s | peak, MiB |",
            "|---|---|---|---|---|---|---|---|",
            *lines,
            "",
            "Stopped: the library that reads the file hung for 10 s of a processor, crashed or "
            "took all memory, in a process of its own; the command refuses the file.\n",
        ]
    )


def _by_reader(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
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


def _kills(rows: list[dict[str, Any]]) -> str:
    kills, equal = sum(row["kills"] for row in rows), sum(row["equal"] for row in rows)
    runs = sum(row["runs"] for row in rows)
    lines = [f"| {row['job']} | {row['kills']} | {row['runs']} | {row['equal']} |" for row in rows]
    return "\n".join(
        [
            f"### {kills} random SIGKILLs: {equal} of {runs} runs ended with undisturbed bytes\n",
            "| job | kills | runs | equal |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def _dask(rows: list[dict[str, Any]]) -> str:
    lines = [
        f"| {row['points']} | {row['kills']} | {row['results']} "
        f"| {'yes' if row['equal'] else 'NO'} | {row['seconds']} |"
        for row in rows
    ]
    return "\n".join(
        [
            "### A sweep on Dask whose workers are killed one after the other\n",
            "| points | kills | results | equal to serial | seconds |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


def _speed(rows: list[dict[str, Any]]) -> str:
    row = rows[-1]
    return (
        f"### Two worker processes: {row['times_faster']} times faster on {row['tasks']} tasks\n\n"
        f"{row['serial_seconds']} s serially, {row['processes_2_seconds']} s with `processes:2`, "
        f"on {row['cores']} cores; load {row['load_after']} (on a busy machine the ratio is not "
        "that of a quiet one).\n"
    )


def _soak(rows: list[dict[str, Any]]) -> str:
    row = rows[-1]
    return (
        f"### Soak: {row['minutes']} minutes of mixed jobs in one process pool\n\n"
        f"{row['tasks']} tasks given, {row['answers']} answers, {row['failed']} of them failures. "
        f"Median resident memory of a worker by quarter: {', '.join(map(str, row['memory_mib']))} "
        f"MiB; the last quarter over the second: {row['growth']:+.1%}.\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


_SECTIONS = {
    "malicious": _malicious,
    "fuzz": _fuzz,
    "kills": _kills,
    "dask": _dask,
    "speed": _speed,
    "soak": _soak,
}
