"""Sweeps of small points, for runs in which the points do not matter."""

from pathlib import Path

_GRID = """
[hamiltonian]
coupling = -0.25
[evolution]
initial = "neel"
[optimize]
max_iterations = 8
tolerance = 1e-3
[sweep]
hamiltonian.model = ["heisenberg", "xxz"]
hamiltonian.sites = [4]
ansatz.layers = [2, 3]
evolution.time = [{times}]
"""


def write_grid(path: Path, points: int) -> Path:
    """Write a grid of ``points`` points, a multiple of 4; returns its path."""
    times = ", ".join(f"{0.1 + 0.01 * i:.2f}" for i in range(points // 4))
    path.write_text(_GRID.format(times=times), encoding="utf-8")
    return path


def results_of(out: Path) -> dict[str, bytes]:
    """The files of a finished sweep that do not depend on how it was run."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "costs.jsonl"
    }
