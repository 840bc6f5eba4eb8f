"""Train a small model on fixed circuits, for :mod:`test_ranks`; run under torchrun or alone."""

import json
import sys
from pathlib import Path

import torch
from test_train import corpus, recipe

from qtools.generate.training.optimizers import make_optimizers
from qtools.generate.training.ranks import is_first
from qtools.generate.training.train import train

if __name__ == "__main__":
    torch.set_num_threads(1)
    # Adam moves an entry whose gradient is nothing but rounding as far as any other: in single
    # precision the order of sums alone decides where such entries go.
    torch.set_default_dtype(torch.float64)
    out = Path(sys.argv[1])
    asked = recipe(steps=int(sys.argv[2]))
    made = train(asked, corpus(), out)
    if is_first():
        state = {name: value.tolist() for name, value in made.model.state_dict().items()}
        log = [[e["step"], e["rows"], e["structure"], e["angles"]] for e in made.progress.log]
        _, muon = make_optimizers(made.model, asked)
        matrices = {id(matrix) for group in muon.param_groups for matrix in group["params"]}
        hidden = [name for name, p in made.model.named_parameters() if id(p) in matrices]
        ranks = torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1
        found = {"ranks": ranks, "log": log, "state": state, "hidden": hidden}
        (out / "found.json").write_text(json.dumps(found))
