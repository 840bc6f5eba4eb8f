"""Whole jobs: 100 qubits cold and warm, a deeper circuit, and 1000 qubits, with peak memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.compile_run import measure_compilation
from benchmarks.measure import machine, write_results

COLUMNS = {
    "problem": "problem",
    "layers": "brick layers",
    "goal": "F asked for",
    "fidelity": "F (quimb)",
    "first_seconds": "first call s",
    "warm_seconds": "warm s (median)",
    "import_seconds": "imports s (apart)",
    "evaluations": "evaluations",
    "target_max_bond": "bond",
    "two_qubit_depth": "two-qubit depth",
    "peak_mib": "peak MiB",
    "load_before": "load before",
    "load_after": "load after",
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A compilation to a fidelity, ``runs`` times in one process."""

    sites: int
    time: float
    steps: int
    fidelity: float
    runs: int


JOBS = (
    Job(sites=100, time=1.2, steps=2, fidelity=0.9995, runs=6),
    Job(sites=100, time=2.4, steps=4, fidelity=0.997, runs=4),
    Job(sites=1000, time=1.2, steps=2, fidelity=0.995, runs=1),
)


def measure(job: Job) -> dict[str, Any]:
    """One row: the first call of a fresh process, the median of the warm ones, the memory."""
    arguments = {
        "--sites": job.sites,
        "--time": job.time,
        "--steps": job.steps,
        "--fidelity": job.fidelity,
        "--runs": job.runs,
    }
    found = measure_compilation("suite", *(str(part) for kv in arguments.items() for part in kv))
    first, *warm = found.pop("runs")
    own = {
        "layers": 2 * job.steps + 1,
        "goal": job.fidelity,
        "first_seconds": first["seconds"],
        "warm_seconds": median(run["seconds"] for run in warm) if warm else None,
    }
    return {**found, **first, **own}


def main(jobs: Sequence[Job] = JOBS) -> None:
    """Run all jobs and write the table."""
    measured_on = machine()
    rows = []
    for job in jobs:
        rows.append(measure(job))
        print({key: rows[-1][key] for key in COLUMNS}, flush=True)
    write_results(
        "large_chain",
        rows,
        measured_on=measured_on,
        columns=COLUMNS,
        notes="Problem in memory to circuit in memory, evolution of the target included; imports "
        "apart. F: of the circuit against the target, simulated by quimb. Peak memory: of the "
        "whole process, imports, plain Trotter for comparison and the check by quimb included.",
    )


if __name__ == "__main__":
    main()
