"""``docs/scaling.md``, made from ``results/scaling.json``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS, ROOT, Machine
from qtools.runs.files import write_text

PAGE = ROOT / "docs" / "scaling.md"
_HEAD, _TAIL = (Path(__file__).with_name(f"scaling_{part}.md") for part in ("head", "tail"))
_NODES = (1, 100, 1_000)
_CORES = 16


@dataclass(frozen=True, kw_only=True)
class Work:
    """A large job: what it is called, how many tasks, and which row says what one costs."""

    job: str
    tasks: int
    row: str


_WORKS = (
    Work(job="sweep of 10^4 points, 12 qubits", tasks=10**4, row="sweep point, 12 qubits"),
    Work(job="sweep of 10^4 points, 50 qubits", tasks=10**4, row="sweep point, 50 qubits"),
    Work(job="sweep of 10^4 points, 100 qubits", tasks=10**4, row="sweep point, 100 qubits"),
    Work(job="corpus of 10^6 circuits, up to 20 qubits", tasks=10**6, row="corpus circuit"),
    Work(job="import of 10^6 files of 100 gates", tasks=10**6, row="imported file"),
    Work(job="sampling of 10^6 circuits, 5 to 12 qubits", tasks=10**6, row="sampled circuit"),
    Work(job="checks of 10^5 of these", tasks=10**5, row="verification of one"),
)


def write_page() -> None:
    """Write the page from the last results."""
    record = json.loads((RESULTS / "scaling.json").read_text(encoding="utf-8"))
    rows = record["rows"]
    parts = [
        _HEAD.read_text(encoding="utf-8"),
        f"## Measured\n\n{Machine(**record['machine']).line()}.\n",
        *_measured(rows),
        "\n## What follows\n",
        f"With {_CORES} cores per node, tasks spread evenly, and merging on one core:\n",
        *_projected(rows),
        "",
        _TAIL.read_text(encoding="utf-8"),
    ]
    write_text(PAGE, "\n".join(parts).rstrip() + "\n")


def _measured(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = ["| what | |", "|---|---|"]
    for row in rows:
        seconds = row["cpu_seconds"]
        figure = f"{row['mib']} MiB" if seconds is None else f"{seconds:.2g} s of a core"
        lines.append(f"| {row['kind']} | {figure} |")
    return lines


def _projected(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    heads = [f"{nodes:,} node{'s' if nodes > 1 else ''}" for nodes in _NODES]
    lines = [
        f"| job | core hours | {' | '.join(heads)} | of which serial, at the end |",
        "|---|---|---|---|---|---|",
    ]
    for work in _WORKS:
        spent = work.tasks * _cost(rows, work.row)
        serial = merging_seconds(rows, work.tasks)
        times = [_shown(spent / (_CORES * nodes) + serial) for nodes in _NODES]
        lines.append(
            f"| {work.job} | {spent / 3600:.2g} | {' | '.join(times)} | {_shown(serial)} |"
        )
    return lines


def merging_seconds(rows: Sequence[Mapping[str, Any]], tasks: int) -> float:
    """Opening, reading and splitting the records of so many tasks, in proportion to a million."""
    whole = sum(_cost(rows, name) for name in ("open ", "read them", "split "))
    return whole * tasks / _records(rows)


def _records(rows: Sequence[Mapping[str, Any]]) -> int:
    return next(int(row["kind"].split()[1]) for row in rows if row["kind"].startswith("open "))


def _cost(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return next(float(row["cpu_seconds"]) for row in rows if row["kind"].startswith(name))


def _shown(seconds: float) -> str:
    if seconds >= 5400:
        return f"{seconds / 3600:.2g} h"
    return f"{seconds / 60:.2g} min" if seconds >= 90 else f"{seconds:.2g} s"
