"""Training in two processes equals training in one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from test_train import corpus

from qtools.generate.training.packing import training_batches
from qtools.generate.training.ranks import part_of

HERE = Path(__file__).parent
STEPS = 12


def trained(out: Path, *, ranks: int, steps: int = STEPS) -> dict:
    python = [sys.executable]
    if ranks > 1:
        python += ["-m", "torch.distributed.run", "--nproc-per-node", str(ranks)]
        python += ["--standalone", "--no-python", sys.executable]
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    done = subprocess.run(
        [*python, str(HERE / "ranks_run.py"), str(out), str(steps)],
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict = json.loads((out / "found.json").read_text())
    return found


def test_two_gloo_processes_equal_one_at_the_same_global_batch(tmp_path: Path) -> None:
    one = trained(tmp_path / "one", ranks=1)
    two = trained(tmp_path / "two", ranks=2)
    assert (one["ranks"], two["ranks"]) == (1, 2)
    assert len(one["log"]) == 3
    for a, b in zip(one["log"], two["log"], strict=True):
        assert a[:2] == b[:2]
        assert np.allclose(a[2:], b[2:], rtol=2e-4)
    # Sums in another order: equal up to rounding, which the optimiser amplifies a little. Muon
    # orthogonalises in bfloat16, and the directions of small singular values, which it raises to
    # full size, differ then from one kernel of torch to the next: there the whole matrix counts.
    for name, values in one["state"].items():
        a, b = np.array(values), np.array(two["state"][name])
        if name in one["hidden"]:
            assert np.linalg.norm(a - b) < 0.05 * np.linalg.norm(a), name
        else:
            assert np.abs(a - b).max() < 2e-3, name


@pytest.mark.parametrize("ranks", [1, 2, 3, 7])
def test_parts_cover_a_batch_once(ranks: int) -> None:
    documents = corpus().split("train")
    batches = training_batches(documents, rows_per_batch=512, seed=1, first_step=0, drop=0.1)
    for _, batch in zip(range(6), batches, strict=False):
        parts = [part_of(batch, rank, ranks) for rank in range(ranks)]
        rows = [part.rows_BTC for part, weight in parts if weight]
        assert {weight for _, weight in parts} <= {0.0, float(ranks)}
        assert sum(len(part) for part in rows) == len(batch.rows_BTC)
        together = torch.cat(rows).flatten(1).sum(1).sort().values
        assert torch.equal(together, batch.rows_BTC.flatten(1).sum(1).sort().values)
