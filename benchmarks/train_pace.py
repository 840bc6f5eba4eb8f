"""How long the recipe ``default`` trains here, and what each saving of a step is worth.

    python -m benchmarks.train_pace --corpus corpus/

Every way takes the same batches in a process of its own; steps before the timed ones warm it up,
because kernels are made when a shape comes for the first time. The ways take turns of a few steps,
and each turn is compared to that of the first way in the same round: how fast the machine is right
now then matters to none. The first ways are today's; each of the others takes one saving away, and
the last takes all.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from transformers import LlamaModel

from benchmarks.generate_training import batches, step
from benchmarks.measure import ROOT, machine, write_results
from qtools.generate.model import network
from qtools.generate.model.network import CircuitConfig, CircuitModel
from qtools.generate.training import optimizers
from qtools.generate.training.corpus import load_corpus
from qtools.generate.training.recipe import load_recipe
from qtools.launch import TRAINING

_RECIPE = "default"


def _trunk_of_transformers() -> None:
    def run(trunk: LlamaModel, x_BTD: Tensor, start_BT: Tensor | None) -> Tensor:
        told: dict[str, Tensor] = {}
        if start_BT is not None:
            place = torch.arange(x_BTD.shape[1])
            seen = place[None, :, None] >= place[None, None, :]
            seen = seen & (start_BT[:, :, None] == start_BT[:, None, :])
            told = {"attention_mask": seen[:, None], "position_ids": place - start_BT}
        h_BTD: Tensor = trunk(inputs_embeds=x_BTD, **told).last_hidden_state
        return h_BTD

    network.run_trunk = run  # type: ignore[attr-defined]


def _heads_of_any_shape() -> None:
    network._RASTER = 1


def _muon_one_by_one() -> None:
    optimizers.Muon = torch.optim.Muon  # type: ignore[assignment, attr-defined]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to take a step.

    Attributes:
        name: of its row.
        environment: what differs from that of ``qtools generate train``.
        undo: what takes savings of the code away.
        threads: of torch.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    undo: tuple[Callable[[], None], ...] = ()
    threads: int = 2


_USUAL_HEAP = {"GLIBC_TUNABLES": ""}
_FEW_KERNELS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "1024"}
WAYS = (
    Way(name="as it is"),
    Way(name="as it is, one thread", threads=1),
    Way(name="the C library's usual heap", environment=_USUAL_HEAP),
    Way(
        name="the same with torch's large pages",
        environment=_USUAL_HEAP | {"THP_MEM_ALLOC_ENABLE": "1"},
    ),
    Way(name="kernels of 1,024 shapes kept", environment=_FEW_KERNELS),
    Way(name="heads of any shape", undo=(_heads_of_any_shape,)),
    Way(name="trunk of transformers", undo=(_trunk_of_transformers,)),
    Way(name="Muon matrix by matrix", undo=(_muon_one_by_one,)),
    Way(
        name="without any of these",
        environment=_USUAL_HEAP | _FEW_KERNELS,
        undo=(_heads_of_any_shape, _trunk_of_transformers, _muon_one_by_one),
    ),
)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="where the encoded corpus is kept")
    parser.add_argument("--warm-up", type=int, default=150, help="steps that are not timed")
    parser.add_argument("--steps", type=int, default=10, help="timed steps of a turn")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each way")
    parser.add_argument("--way", type=int, help="be this row: take steps when told to")
    given = parser.parse_args()
    if given.way is not None:
        _take_turns(WAYS[given.way], given)
        return
    turns: list[list[float]] = [[] for _ in WAYS]
    loads: list[float] = []
    with ExitStack() as stack:
        runners = [stack.enter_context(_Runner(number, way)) for number, way in enumerate(WAYS)]
        for runner in runners:
            runner.seconds(given.warm_up)
        for _ in range(given.rounds):
            loads.append(os.getloadavg()[0])
            for runner, taken in zip(runners, turns, strict=True):
                taken.append(runner.seconds(given.steps) / given.steps)
    write_results("train_pace", _rows(turns), measured_on=machine(), notes=_notes(given, loads))


def _rows(turns: list[list[float]]) -> list[dict[str, Any]]:
    """Each way against the first of the same round; ``turns[way][round]`` in seconds per step."""
    first = np.array(turns[0])
    whole = load_recipe(_RECIPE).steps
    rows: list[dict[str, Any]] = []
    for way, taken in zip(WAYS, turns, strict=True):
        pace = float(np.median(taken))
        low, ratio, high = np.percentile(np.array(taken) / first, [25, 50, 75])
        rows.append(
            {
                "way": way.name,
                "seconds per step": pace,
                "times as long": float(ratio),
                "middle half of rounds": f"{low:.2f} to {high:.2f}",
                "hours of the whole recipe": pace * whole / 3600,
            }
        )
    return rows


def _notes(given: argparse.Namespace, loads: list[float]) -> str:
    return (
        f"The recipe has {load_recipe(_RECIPE).steps} steps. Medians of {given.rounds} rounds of "
        f"{given.steps} steps after {given.warm_up}; load {min(loads):.1f} to {max(loads):.1f}."
    )


class _Runner:
    """A way in a process of its own, which waits between its turns."""

    def __init__(self, number: int, way: Way) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.train_pace", *sys.argv[1:], "--way", str(number)],
            cwd=ROOT,
            env=os.environ | TRAINING | dict(way.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def seconds(self, steps: int) -> float:
        """Let it take ``steps`` steps; how long they took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def _take_turns(way: Way, given: argparse.Namespace) -> None:
    """Read how many steps to take, take them, say how long that took; until the input ends."""
    for undo in way.undo:
        undo()
    torch.set_num_threads(way.threads)
    recipe = load_recipe(_RECIPE)
    torch.manual_seed(recipe.seed)
    corpus = load_corpus(given.corpus, cache=given.cache)
    config = CircuitConfig(condition_sizes=corpus.names.sizes(), **asdict(recipe.model))
    model = CircuitModel(config)
    made = optimizers.make_optimizers(model, recipe)
    numbered = enumerate(batches(recipe, corpus.split("train")))
    for line in sys.stdin:
        began = time.perf_counter()
        for number, batch in islice(numbered, int(line)):
            step(model, made, recipe, number, batch)
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
