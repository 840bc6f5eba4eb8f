"""Where a compilation stands, in files: killed at any moment, it goes on from the last of them.

The folder ``checkpoint`` of a run holds the target and one file per fit. A fit that goes on from
its file makes the same floating-point operations as one that was never stopped, and so ends with
the same circuit, bit by bit. Everything carries the id of the problem and of the settings: files
of another problem or of other settings are never taken up.
"""

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.fit import STAGE_OUTCOMES, Fit
from qtools.compile.fitting.objectives.choice import ObjectiveName
from qtools.compile.fitting.objectives.surrogate import Schedule
from qtools.compile.fitting.optimizers.choice import MEMORIES
from qtools.compile.fitting.optimizers.optimizer import Optimization
from qtools.compile.fitting.stages import StageMark
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.result import HistoryEntry, Outcome
from qtools.compile.settings import CompileSettings
from qtools.compile.target.evolve import Target
from qtools.runs.array_file import damaged, read_arrays, write_arrays

FOLDER = "checkpoint"
INTERVAL = 1.0
"""Seconds between two checkpoints of a fit, at least."""

# Writing may take this fraction of the time, at most.
_SHARE = 0.05
_WHAT = "checkpoint"
_MEMORY = "memory_"

# Limits only say how far to go, so that a run goes on when they are raised.
_LIMITS = ("max_iterations", "max_seconds")

_COLUMNS: dict[str, type] = {
    "iteration": int,
    "evaluations": int,
    "seconds": float,
    "infidelity": float,
    "cost": float,
    "target_bond": int,
    "engine": str,
}


@dataclass(kw_only=True)
class Checkpoints:
    """The checkpoints of one run.

    Attributes:
        folder: where they lie.
        problem_id: content id of the problem.
        run_id: of the problem and of all settings but the limits; see :func:`run_id`.
        interval: seconds between two checkpoints of a fit, at least.
    """

    folder: Path
    problem_id: str
    run_id: str
    interval: float = INTERVAL
    _next_write: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._next_write = time.perf_counter() + self.interval

    def foreign(self) -> Path | None:
        """A file of another problem, if there is one."""
        for path in sorted(self.folder.glob("*.npz")):
            if str(read_arrays(path, what=_WHAT).get("problem_id")) != self.problem_id:
                return path
        return None

    def exist(self) -> bool:
        """Whether this run left anything to go on from."""
        return any(self.folder.glob("*.npz"))

    def claim(self) -> None:
        """Mark the directory as this problem's, before its files are written."""
        self._write("run", {})

    def save_target(self, target: Target) -> None:
        """Keep ``target``, unless it is there."""
        if self._read("target") is not None:
            return
        account = {
            f.name: np.array(getattr(target, f.name)) for f in fields(Target) if f.name != "mps"
        }
        tensors = {f"tensor_{i}": tensor for i, tensor in enumerate(target.mps.tensors)}
        self._write("target", {**account, **tensors})

    def load_target(self) -> Target | None:
        """The target, where an earlier sitting kept it."""
        arrays = self._read("target")
        if arrays is None:
            return None
        account: dict[str, Any] = {
            f.name: arrays[f.name].item() for f in fields(Target) if f.name != "mps"
        }
        count = sum(name.startswith("tensor_") for name in arrays)
        tensors = tuple(arrays[f"tensor_{i}"] for i in range(count))
        return Target(mps=MPS(tensors=tensors), **account)

    def save_fit(self, name: str, fit: Fit, target: Target, *, at_once: bool = False) -> None:
        """Keep where the fit ``name`` stands, when it is time to or ``at_once``."""
        now = time.perf_counter()
        if now < self._next_write and not at_once:
            return
        self.save_target(target)
        self._write(name, _fit_arrays(fit))
        done = time.perf_counter()
        self._next_write = done + max(self.interval, (done - now) / _SHARE)

    def load_fit(self, name: str) -> Fit | None:
        """Where the fit ``name`` stood."""
        arrays = self._read(name)
        return None if arrays is None else _fit(arrays)

    def close(self, outcome: Outcome) -> None:
        """Forget everything, unless the run would go on with other limits."""
        if outcome in STAGE_OUTCOMES:
            self.clear()

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"

    def _write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        ids = {"problem_id": np.array(self.problem_id), "run_id": np.array(self.run_id)}
        write_arrays(self._path(name), {**ids, **arrays})

    def _read(self, name: str) -> dict[str, NDArray[Any]] | None:
        path = self._path(name)
        if not path.exists():
            return None
        arrays = read_arrays(path, what=_WHAT)
        if "run_id" not in arrays:
            raise damaged(path, _WHAT, "it names no run")
        return arrays if str(arrays["run_id"]) == self.run_id else None


def run_id(problem_id: str, settings: CompileSettings, start: str = "") -> str:
    """A hash of everything that decides the course of a compilation, its limits aside.

    Args:
        problem_id: content id of the problem.
        settings: how to compile.
        start: names the starting point, where it is not the usual one.
    """
    record = {k: v for k, v in asdict(settings).items() if k not in _LIMITS}
    text = json.dumps([problem_id, record, start], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fit_arrays(fit: Fit) -> dict[str, NDArray[Any]]:
    state, mark = fit.state, fit.mark
    schedule = mark.schedule or Schedule(weight=np.nan)
    return {
        "gates": state.gates,
        "blocks": fit.gates if fit.gates is not state.gates else np.empty(0),
        **state.evaluation.arrays(),
        "counts": np.array([state.evaluations, state.iteration, int(state.stalled)]),
        "memory": np.array(state.memory.kind),
        **{_MEMORY + name: array for name, array in state.memory.arrays().items()},
        "mark": np.array([mark.infidelity, mark.first]),
        "mark_point": mark.point,
        "objective": np.array(str(mark.objective)),
        "schedule": np.array([schedule.weight, -1 if schedule.lead is None else schedule.lead]),
        "engine": np.array(fit.engine),
        "outcome": np.array("" if fit.outcome is None else fit.outcome.name),
        **{
            f"history_{name}": np.array([getattr(entry, name) for entry in fit.history], dtype=sort)
            for name, sort in _COLUMNS.items()
        },
    }


def _fit(arrays: dict[str, NDArray[Any]]) -> Fit:
    evaluations, iteration, stalled = arrays["counts"].tolist()
    memory = {
        name.removeprefix(_MEMORY): array
        for name, array in arrays.items()
        if name.startswith(_MEMORY)
    }
    gates = _complex(arrays["gates"])
    state = Optimization(
        gates=gates,
        evaluation=Evaluation.from_arrays(arrays),
        evaluations=evaluations,
        iteration=iteration,
        memory=MEMORIES[str(arrays["memory"])].from_arrays(memory),
        stalled=bool(stalled),
    )
    columns = [arrays[f"history_{name}"].tolist() for name in _COLUMNS]
    history = tuple(
        HistoryEntry(**dict(zip(_COLUMNS, row, strict=True))) for row in zip(*columns, strict=True)
    )
    name = str(arrays["outcome"])
    return Fit(
        state=state,
        gates=_complex(arrays["blocks"]) if arrays["blocks"].size else gates,
        history=history,
        mark=_mark(arrays),
        engine=str(arrays["engine"]),
        outcome=Outcome[name] if name else None,
    )


def _mark(arrays: dict[str, NDArray[Any]]) -> StageMark:
    infidelity, first = arrays["mark"].tolist()
    weight, lead = arrays["schedule"].tolist()
    return StageMark(
        infidelity=infidelity,
        first=int(first),
        point=_complex(arrays["mark_point"]),
        objective=ObjectiveName(str(arrays["objective"])),
        schedule=None if np.isnan(weight) else Schedule(weight=weight, lead=int(lead)),
    )


def _complex(array: NDArray[Any]) -> ComplexArray:
    return np.asarray(array, dtype=complex)
