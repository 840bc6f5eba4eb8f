"""What every benchmark needs: a command's time and memory, the machine's speed, a results file."""

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qtools.runs.files import write_text

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True, kw_only=True)
class CommandCost:
    """What one command took.

    Attributes:
        seconds: wall time, start of the process to its end.
        cpu_seconds: user and system time of the process and its children.
        peak_mib: largest resident memory of the process or of any of its children.
        load_before: load average of the last minute when it started; the machine's cores
            are shared, so a figure with a load near or above their number is not a quiet one.
        load_after: the same when it ended, the command itself included.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    load_before: float
    load_after: float


def run(
    command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None
) -> CommandCost:
    """Run ``command`` from the repository root and wait for it.

    Raises :class:`subprocess.CalledProcessError` when it fails.
    """
    load_before = os.getloadavg()[0]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ) | dict(environment or {}))
    # wait4 gives this child's own usage; getrusage would give the maximum over all so far.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return CommandCost(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
        load_before=load_before,
        load_after=os.getloadavg()[0],
    )


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The machine a figure belongs to, with its measured matrix-product rates in GFLOP/s."""

    processor: str
    cores: int
    memory_gib: float
    python: str
    load: float
    complex128_gflops: float
    complex64_gflops: float

    def line(self) -> str:
        """One line for a table's caption."""
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gib:.0f} GiB, "
            f"Python {self.python}; GEMM {self.complex128_gflops:.0f} GFLOP/s complex128, "
            f"{self.complex64_gflops:.0f} complex64; load {self.load:.2f}"
        )


def machine() -> Machine:
    """Describe and measure this machine; takes about a second."""
    return Machine(
        load=os.getloadavg()[0],  # before the measurement adds to it
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        python=platform.python_version(),
        complex128_gflops=gemm_gflops(np.complex128),
        complex64_gflops=gemm_gflops(np.complex64),
    )


def gemm_gflops(dtype: type[np.complexfloating[Any, Any]], *, size: int = 1024) -> float:
    """Best of five square matrix products: ``8 size^3`` real operations each, in GFLOP/s."""
    rng = np.random.default_rng(0)
    a, b = (
        (rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))).astype(dtype)
        for _ in range(2)
    )
    out = a @ b
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        np.matmul(a, b, out=out)
        best = min(best, time.perf_counter() - start)
    return 8 * size**3 / best / 1e9


def write_results(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    measured_on: Machine,
    notes: str = "",
    columns: Mapping[str, str] | None = None,
) -> None:
    """Write ``rows`` to ``results/NAME.json`` and, as a table, to ``results/NAME.md``.

    ``columns`` maps keys of the rows to headings; without it, the keys of the first row head the
    table. The JSON file keeps every key.
    """
    record = {"machine": asdict(measured_on), "notes": notes, "rows": list(rows)}
    write_text(RESULTS / f"{name}.json", json.dumps(record, indent=1) + "\n")
    headings = dict(columns or {key: key for key in rows[0]})
    lines = [
        "| " + " | ".join(headings.values()) + " |",
        "|" + "---|" * len(headings),
        *("| " + " | ".join(_cell(row.get(key)) for key in headings) + " |" for row in rows),
    ]
    text = "\n".join([f"# {name}", "", measured_on.line() + ".", "", *lines, "", notes]).rstrip()
    write_text(RESULTS / f"{name}.md", text + "\n")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
