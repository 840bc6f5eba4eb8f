"""How long the recipe ``default`` trains here, and what each saving of a step is worth.

    python -m benchmarks.train_pace --corpus corpus/ --steps 150

Every way takes the same batches in a process of its own; steps before the timed ones warm it up,
because kernels are made when a shape comes for the first time. The first ways are today's; each of
the others takes one saving away, and the last takes all.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaModel

from benchmarks.generate_training import batches, step
from benchmarks.measure import ROOT, machine, write_results
from qtools.generate.commands import TRAINING_ENVIRONMENT
from qtools.generate.model import network
from qtools.generate.model.network import CircuitConfig, CircuitModel
from qtools.generate.training import optimizers
from qtools.generate.training.corpus import load_corpus
from qtools.generate.training.recipe import load_recipe

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


_SMALL_PAGES = {"THP_MEM_ALLOC_ENABLE": "0"}
_FEW_KERNELS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "1024"}
WAYS = (
    Way(name="as it is"),
    Way(name="as it is, one thread", threads=1),
    Way(name="small memory pages", environment=_SMALL_PAGES),
    Way(name="kernels of 1,024 shapes kept", environment=_FEW_KERNELS),
    Way(name="heads of any shape", undo=(_heads_of_any_shape,)),
    Way(name="trunk of transformers", undo=(_trunk_of_transformers,)),
    Way(name="Muon matrix by matrix", undo=(_muon_one_by_one,)),
    Way(
        name="without any of these",
        environment=_SMALL_PAGES | _FEW_KERNELS,
        undo=(_heads_of_any_shape, _trunk_of_transformers, _muon_one_by_one),
    ),
)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="where the encoded corpus is kept")
    parser.add_argument("--steps", type=int, default=150, help="to warm up, and as many timed")
    parser.add_argument("--way", type=int, help="take the steps of this row, in this process")
    given = parser.parse_args()
    if given.way is not None:
        print(json.dumps(_pace(WAYS[given.way], given.corpus, given.cache, given.steps)))
        return
    whole = load_recipe(_RECIPE).steps
    rows: list[dict[str, Any]] = []
    for number, way in enumerate(WAYS):
        load = os.getloadavg()[0]
        pace = _in_a_process(number, way)
        rows.append(
            {
                "way": way.name,
                "seconds per step": pace,
                "times as long": pace / rows[0]["seconds per step"] if rows else 1.0,
                "hours of the whole recipe": pace * whole / 3600,
                "load before": load,
            }
        )
        print(rows[-1], flush=True)
        write_results(
            "train_pace",
            rows,
            measured_on=machine(),
            notes=f"The recipe has {whole} steps; {given.steps} steps timed after as many.",
        )


def _in_a_process(number: int, way: Way) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.train_pace", *sys.argv[1:], "--way", str(number)],
        cwd=ROOT,
        env=os.environ | TRAINING_ENVIRONMENT | dict(way.environment),
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(json.loads(done.stdout))


def _pace(way: Way, path: Path, cache: Path | None, steps: int) -> float:
    for undo in way.undo:
        undo()
    torch.set_num_threads(way.threads)
    recipe = replace(load_recipe(_RECIPE), steps=2 * steps)
    torch.manual_seed(recipe.seed)
    corpus = load_corpus(path, cache=cache)
    config = CircuitConfig(condition_sizes=corpus.names.sizes(), **asdict(recipe.model))
    model = CircuitModel(config)
    made = optimizers.make_optimizers(model, recipe)
    began = 0.0
    for number, batch in enumerate(batches(recipe, corpus.split("train"))):
        if number == steps:
            began = time.perf_counter()
        step(model, made, recipe, number, batch)
    return (time.perf_counter() - began) / steps


if __name__ == "__main__":
    main()
