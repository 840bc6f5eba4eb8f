"""State of a training run on disk: safetensors and JSON, never pickle."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from qtools.errors import BadInputError, OutputExistsError
from qtools.generate.model.network import CircuitModel
from qtools.runs.files import write_bytes, write_text
from qtools.runs.typed import typed
from qtools.runs.untrusted import inside, read_bytes, read_json

STATE, WEIGHTS = "training.json", "training.safetensors"
_MAX_BYTES = 8 << 30
# What torch and safetensors raise on the state of something else.
_ERRORS = (
    BadInputError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    SafetensorError,
    RuntimeError,
)


@dataclass(kw_only=True)
class Progress:
    """Where a run stands.

    Attributes:
        run: content id of recipe and corpus.
        step: optimiser steps done.
        rows: rows learnt from, padding excluded.
        seconds: time spent, over all stages.
        best: lowest validation loss (structure and angles, bits per gate).
        stale: evaluations since then.
        log: one record per evaluation: the learning curve.
    """

    run: str
    step: int = 0
    rows: int = 0
    seconds: float = 0.0
    best: float = float("inf")
    stale: int = 0
    log: list[dict[str, float]] = field(default_factory=list)


Optimizers = tuple[torch.optim.Optimizer, ...]


def save_checkpoint(
    directory: Path, model: CircuitModel, optimizers: Optimizers, progress: Progress
) -> None:
    """Write weights, optimisers and progress; a kill in between leaves the previous state.

    The weights carry the step in their name and the progress, written last, points to them.
    """
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    for place, optimizer in enumerate(optimizers):
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{place}/{index}/{key}": value for key, value in state.items()}
    packed = save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
    weights = directory / f"{progress.step:08d}-{WEIGHTS}"
    write_bytes(weights, packed)
    record = asdict(progress) | {"weights": weights.name}
    if progress.best == float("inf"):
        record["best"] = None
    write_text(directory / STATE, json.dumps(record, indent=1) + "\n")
    for old in directory.glob(f"*-{WEIGHTS}"):
        if old != weights:
            old.unlink()


def load_checkpoint(
    directory: Path, model: CircuitModel, optimizers: Optimizers, *, run: str
) -> Progress:
    """Restore a run in place; a fresh :class:`Progress` if the directory holds none.

    Raises:
        OutputExistsError: the directory holds a run of another recipe or corpus.
        BadInputError: its state is damaged.
    """
    path = directory / STATE
    if not path.exists():
        return Progress(run=run)
    try:
        record: dict[str, Any] = read_json(path, what="state of a training run")
        weights = inside(directory, record.pop("weights"))
        best = record.pop("best")
        progress = typed(Progress, record, source=str(path))
        progress.best = float("inf") if best is None else float(best)
        if progress.run != run:
            raise OutputExistsError(
                f"expected an empty directory or a run of the same recipe and corpus in "
                f"{directory}, found another run; choose another --out"
            )
        _restore(model, optimizers, load(read_bytes(weights, what="weights", max_bytes=_MAX_BYTES)))
    except OutputExistsError:
        raise
    except _ERRORS as error:
        raise BadInputError(
            f"expected the state of a training run in {directory}, which is damaged ({error}); "
            "delete the directory to start over"
        ) from error
    return progress


def _restore(model: CircuitModel, optimizers: Optimizers, tensors: dict[str, Tensor]) -> None:
    prefix = "model/"
    model.load_state_dict(
        {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
    )
    for place, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith(f"optimizer/{place}/"):
                index, key = name.split("/")[2:]
                state.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict(optimizer.state_dict() | {"state": state})
