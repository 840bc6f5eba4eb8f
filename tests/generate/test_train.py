import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from writing_support import documents_of, line_circuits

from qtools.errors import BadInputError, OutputExistsError, StoppedEarlyError
from qtools.generate.language.conditions import ConditionNames, Conditions
from qtools.generate.model.network import CircuitConfig, CircuitModel
from qtools.generate.training.checkpoint import STATE
from qtools.generate.training.corpus import EncodedCorpus
from qtools.generate.training.losses import bits_per_gate
from qtools.generate.training.muon import Muon
from qtools.generate.training.optimizers import make_optimizers, set_rates
from qtools.generate.training.recipe import ModelSize, TrainRecipe, load_recipe, recipe_names
from qtools.generate.training.train import STATE_FOLDER, train

NAMES = ConditionNames(families=("line",), gate_sets=("universal",), levels=("alg",))


def corpus(seed=0):
    made = line_circuits(60, seed)
    ids = np.array(
        [
            NAMES.encode(
                Conditions(
                    family="line", gate_set="universal", level="alg", num_qubits=c.num_qubits
                )
            )
            for c in made
        ]
    )
    documents = documents_of(made, ids)
    return EncodedCorpus(
        names=NAMES,
        splits={
            "train": documents.chosen(range(50)),
            "validation": documents.chosen(range(50, 60)),
        },
        gates_of={"universal": ("h", "cx", "rz")},
        left_out={},
        id=f"test-{seed}",
    )


def recipe(**changes):
    size = ModelSize(width=32, layers=1, heads=2, inner=32, pointer=16)
    defaults = {
        "name": "test",
        "seed": 3,
        "rows_per_batch": 512,
        "steps": 12,
        "warmup": 2,
        "evaluate_every": 4,
        "checkpoint_every": 3,
        "model": size,
    }
    return TrainRecipe(**(defaults | changes))


def test_same_seed_same_losses_and_stages_equal_one_run(tmp_path):
    whole = train(recipe(), corpus(), tmp_path / "whole")
    again = train(recipe(), corpus(), tmp_path / "again")
    stages = 0
    while True:
        try:
            staged = train(recipe(), corpus(), tmp_path / "staged", max_seconds=0.0)
            break
        except StoppedEarlyError:
            stages += 1
    assert stages >= 5
    for other in (again, staged):
        curves = [
            [(e["step"], e["rows"], e["structure"], e["angles"]) for e in run.progress.log]
            for run in (whole, other)
        ]
        assert curves[0] == curves[1]
        for a, b in zip(whole.model.parameters(), other.model.parameters(), strict=True):
            assert torch.equal(a, b)


def test_learning_lowers_bits_per_gate_below_uniform_choice(tmp_path):
    data = corpus()
    made = train(recipe(steps=60, learning_rate=1e-2), data, tmp_path)
    start, end = made.progress.log[0], made.progress.log[-1]
    assert end["structure"] < 0.8 * start["structure"]
    found = bits_per_gate(made.model.eval(), data.split("validation"))
    assert found.gates == int(data.split("validation").gates.sum())


def test_finished_run_is_not_trained_again(tmp_path):
    made = train(recipe(), corpus(), tmp_path)
    before = (tmp_path / STATE_FOLDER / STATE).read_bytes()
    again = train(recipe(), corpus(), tmp_path)
    assert again.progress.step == made.progress.step
    assert (tmp_path / STATE_FOLDER / STATE).read_bytes() == before


def test_directory_of_another_run_is_refused(tmp_path):
    train(recipe(), corpus(), tmp_path)
    with pytest.raises(OutputExistsError, match="another run"):
        train(recipe(seed=4), corpus(), tmp_path)
    with pytest.raises(OutputExistsError, match="another run"):
        train(recipe(), corpus(1), tmp_path)


@pytest.mark.parametrize("damage", ["truncate", "missing", "no-json"])
def test_damaged_state_is_named(tmp_path, damage):
    train(recipe(), corpus(), tmp_path)
    state = tmp_path / STATE_FOLDER
    weights = state / json.loads((state / STATE).read_text())["weights"]
    if damage == "truncate":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "missing":
        weights.unlink()
    else:
        (state / STATE).write_text("{")
    with pytest.raises(BadInputError, match="damaged"):
        train(recipe(), corpus(), tmp_path)


def test_rates_rise_stay_and_fall_to_zero():
    made = recipe(steps=100, warmup=10, decay=0.2)
    assert made.schedule(0) == pytest.approx(0.1)
    assert made.schedule(50) == 1.0
    assert made.schedule(90) == pytest.approx(0.5)
    assert made.schedule(99) == pytest.approx(0.05)


def test_each_parameter_has_one_optimizer():
    size = recipe().model
    model = CircuitModel(CircuitConfig(condition_sizes=NAMES.sizes(), **asdict(size)))
    optimizers = make_optimizers(model, recipe())
    held = [id(p) for o in optimizers for group in o.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in model.parameters())
    set_rates(optimizers, 0.5)
    rates = {group["lr"] for o in optimizers for group in o.param_groups}
    assert rates == {0.5 * recipe().learning_rate, 0.5 * recipe().hidden_rate}


@pytest.mark.parametrize("seed", range(3))
def test_muon_over_shapes_equals_torch_one_by_one(seed):
    torch.manual_seed(seed)
    shapes = [(8, 8), (8, 24), (24, 8), (8, 8), (24, 8)]
    theirs = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    ours = [torch.nn.Parameter(p.detach().clone()) for p in theirs]
    rates = {"lr": 0.1, "weight_decay": 0.1, "momentum": 0.95, "adjust_lr_fn": "original"}
    one, other = torch.optim.Muon(theirs, **rates), Muon(ours, **rates)
    for step in range(4):
        for a, b in zip(theirs, ours, strict=True):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        # The last matrix gets no gradient at first.
        if step < 2:
            theirs[-1].grad = ours[-1].grad = None
        one.step()
        other.step()
    for a, b in zip(theirs, ours, strict=True):
        # Both orthogonalise in bfloat16, with sums in another order.
        torch.testing.assert_close(a, b, atol=0.02, rtol=0.0)


def test_bundled_recipes_load_and_bad_ones_are_refused(tmp_path):
    assert {"default", "gpu", "tiny"} <= set(recipe_names())
    for name in recipe_names():
        assert load_recipe(name).name == name
    with pytest.raises(BadInputError, match="did you mean 'default'"):
        load_recipe("defautl")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "x"\nstepz = 3\n')
    with pytest.raises(BadInputError, match="stepz"):
        load_recipe(str(wrong))
