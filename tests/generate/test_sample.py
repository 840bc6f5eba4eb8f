import dataclasses
import inspect

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import chisquare
from writing_support import CONDITION_SIZES, small_model

from qtools.errors import BadInputError
from qtools.generate.commands import sample
from qtools.generate.grammar.condition_table import Order
from qtools.generate.grammar.limits import Limits
from qtools.generate.language.vocabulary import BOS, EMPTY, Column
from qtools.generate.model.network import PackedBatch
from qtools.generate.sampling.campaign import SampleJob
from qtools.generate.sampling.draw import USUAL, Streams, Temper, choose, guided
from qtools.generate.sampling.generator import CircuitGenerator
from qtools.generate.sampling.group import sample_group


def orders(count, first=0):
    limit = Limits(num_qubits=5, gates=("h", "cx", "rz"), max_gates=30, max_rows=80)
    return [
        Order(index=first + i, conditions=(1, 1, 1, 5, 0, 0)[: len(CONDITION_SIZES)], limits=limit)
        for i in range(count)
    ]


def test_same_seed_same_circuits_and_another_seed_others():
    model = small_model(1)
    one, two, other = (sample_group(model, orders(20), seed=s, temper=Temper()) for s in (4, 4, 5))
    assert all(np.array_equal(a.rows, b.rows) for a, b in zip(one, two, strict=True))
    assert any(not np.array_equal(a.rows, b.rows) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("guidance", [0.0, 1.5])
def test_sampled_rows_have_the_likelihood_that_training_assigns(guidance):
    """Greedy choice through the decoder is the likeliest op of the whole-sequence model."""
    model = small_model(2)
    temper = Temper(top_p=1e-9, guidance=guidance)
    for one in sample_group(model, orders(4), seed=0, temper=temper):
        rows = np.concatenate([[[BOS, *[EMPTY] * 5]], one.rows]).astype("int64")
        chosen = _guided_nll(model, rows, guidance)
        for place in range(3, len(rows)):
            # Any other legal gate with the same operands is at most as likely.
            if rows[place, Column.OP] in (_id("h"), _id("rz")):
                changed = rows.copy()
                other = _id("rz") if rows[place, Column.OP] == _id("h") else _id("h")
                changed[place, Column.OP] = other
                again = _guided_nll(model, changed, guidance)
                assert chosen[place - 1] <= again[place - 1] + 1e-4


def _guided_nll(model, rows, guidance):
    """Of every op: that under all conditions, moved away from that with an open family."""
    told, untold = (_op_nll(model, rows, family) for family in (1, 0))
    return (1 + guidance) * told - guidance * untold


def _op_nll(model, rows, family):
    conditions = torch.tensor([family, 1, 1, 5, 0, 0]).expand(1, len(rows), 6)
    batch = PackedBatch(
        rows_BTC=torch.from_numpy(rows)[None],
        start_BT=torch.zeros(1, len(rows), dtype=torch.long),
        conditions_BTF=conditions,
    )
    with torch.inference_mode():
        return model(batch)[0, :, 0]


def test_guidance_changes_circuits_whose_family_is_told_and_no_others():
    model = small_model(3)
    told = orders(12)
    untold = [dataclasses.replace(o, conditions=(0, *o.conditions[1:])) for o in told]
    for asked, same in ((untold, True), (told, False)):
        plain, moved = (
            sample_group(model, asked, seed=1, temper=Temper(guidance=g)) for g in (0.0, 3.0)
        )
        found = [np.array_equal(a.rows, b.rows) for a, b in zip(plain, moved, strict=True)]
        assert all(found) == same


def test_guided_chances_are_those_of_the_formula():
    told, untold = torch.tensor([[0.6, 0.3, 0.1, 0.0]]), torch.tensor([[0.3, 0.3, 0.4, 0.0]])
    chances = torch.softmax(guided(told.log(), untold.log(), 1.0), dim=1)
    expected = torch.tensor([0.6**2 / 0.3, 0.3**2 / 0.3, 0.1**2 / 0.4])
    assert chances[0, :3].tolist() == pytest.approx((expected / expected.sum()).tolist())
    assert chances[0, 3] == 0


def _id(name):
    from qtools.generate.language.vocabulary import OP_IDS

    return OP_IDS[name]


def test_choices_follow_the_masked_distribution():
    logits = torch.tensor([[0.0, 1.0, 2.0, 3.0]]).expand(4000, 4)
    mask = torch.tensor([[True, False, True, True]]).expand(4000, 4)
    uniform = torch.from_numpy(np.random.default_rng(0).random(4000))
    picked, removed = choose(logits, mask, uniform, Temper())
    chances = np.exp([0.0, 1.0, 2.0, 3.0])
    assert np.allclose(removed, chances[1] / chances.sum())
    kept = chances[[0, 2, 3]] / chances[[0, 2, 3]].sum()
    counts = np.bincount(picked, minlength=4)
    assert counts[1] == 0
    assert chisquare(counts[[0, 2, 3]], kept * 4000).pvalue > 1e-4


def test_cutoff_keeps_many_values_that_share_a_probability():
    """One angle repeats the one before, or is one of many: min-p leaves the first alone."""
    chances = torch.tensor([[0.4, *[0.6 / 60] * 60, *[1e-6] * 10]])
    logits = torch.log(chances).repeat(20000, 1)
    mask = torch.ones(logits.shape, dtype=torch.bool)
    uniform = torch.from_numpy(np.random.default_rng(1).random(20000))
    picked, _ = choose(logits, mask, uniform, Temper(cutoff=0.2))
    assert abs(float((picked == 0).float().mean()) - 0.4) < 0.02
    assert int(picked.max()) <= 60
    assert (choose(logits, mask, uniform, Temper(min_p=0.1))[0] == 0).all()


@given(
    chances=hnp.arrays(float, (1, 6), elements=st.floats(0.0, 1.0)).filter(lambda c: c.sum() > 0.1),
    cutoff=st.floats(0.0, 1.0),
    u=st.floats(0.0, 0.999),
)
def test_cutoff_keeps_what_its_definition_says(chances, cutoff, u):
    p = chances[0] / chances[0].sum()
    with np.errstate(divide="ignore"):
        logits = torch.from_numpy(np.log(chances))
    entropy = -sum(x * np.log(x) for x in p if x > 0)
    least = cutoff * np.exp(-entropy)
    mask = torch.ones(1, 6, dtype=torch.bool)
    drawn = torch.tensor([u], dtype=torch.float64)
    picked = int(choose(logits, mask, drawn, Temper(cutoff=cutoff))[0])
    assert p[picked] > 0
    assert p[picked] >= least * (1 - 1e-9)


def test_top_p_keeps_the_likeliest_and_temperature_sharpens():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2]])).expand(1000, 3)
    mask = torch.ones(1000, 3, dtype=torch.bool)
    uniform = torch.from_numpy(np.random.default_rng(0).random(1000))
    assert set(choose(logits, mask, uniform, Temper(top_p=0.6))[0].tolist()) == {0, 1}
    cold = choose(logits, mask, uniform, Temper(temperature=0.05))[0]
    assert (cold == 0).all()


def test_min_p_cuts_slips_and_keeps_what_is_equally_right():
    sure = [0.93, *[0.01] * 7]
    unsure = [0.125] * 8
    logits = torch.log(torch.tensor([sure, unsure])).repeat_interleave(4000, 0)
    mask = torch.ones(8000, 8, dtype=torch.bool)
    uniform = torch.from_numpy(np.random.default_rng(1).random(8000))
    picked, _ = choose(logits, mask, uniform, Temper(min_p=0.1))
    assert set(picked[:4000].tolist()) == {0}
    assert chisquare(torch.bincount(picked[4000:], minlength=8)).pvalue > 1e-4
    picked, _ = choose(logits, mask, uniform, Temper(cutoff=0.2))
    assert set(picked[:4000].tolist()) == {0}
    assert chisquare(torch.bincount(picked[4000:], minlength=8)).pvalue > 1e-4
    # The likeliest of what is legal counts, not of all.
    mask[:, 0] = False
    picked, _ = choose(logits, mask, uniform, Temper(min_p=0.1))
    assert set(picked[:4000].tolist()) == set(range(1, 8))


def test_command_line_and_python_have_one_default():
    for asked in (sample, CircuitGenerator.sample, SampleJob):
        known = inspect.signature(asked).parameters
        given = {name: known[name].default for name in dataclasses.asdict(USUAL)}
        assert given == dataclasses.asdict(USUAL)


def test_sharpening_outside_its_ranges_is_refused():
    for wrong in ({"temperature": 0.0}, {"top_p": 1.1}, {"min_p": -0.1}, {"cutoff": 1.5}):
        with pytest.raises(BadInputError, match="expected a positive temperature"):
            Temper(**wrong)
    for wrong in (-0.5, 11.0, float("nan")):
        with pytest.raises(BadInputError, match="expected guidance from 0 to 10"):
            Temper(guidance=wrong)


def test_mask_wins_over_a_model_that_is_sure_of_what_is_illegal():
    logits = torch.tensor([[1000.0, -1000.0, -1000.0]])
    mask = torch.tensor([[False, True, True]])
    for u in (0.0, 0.4, 0.999999999):
        picked, removed = choose(logits, mask, torch.tensor([u], dtype=torch.float64), Temper())
        assert picked.item() in (1, 2)
        assert removed.item() == 1


def test_streams_do_not_depend_on_the_batch():
    together, alone = Streams(3, [0, 7, 9]), Streams(3, [7])
    for step in range(130):
        if step == 70:
            together.keep(torch.tensor([1, 2]))
        row = together.next_row()
        assert torch.equal(row[0 if step >= 70 else 1], alone.next_row()[0])


def test_choice_stays_legal_where_the_model_gives_nothing_or_rounding_bites():
    logits = torch.tensor([[0.0, -2000.0, -3000.0], [0.0, -1.0, float("-inf")]])
    mask = torch.tensor([[False, True, True], [True, True, True]])
    for sharp in (Temper(), Temper(temperature=0.5), Temper(top_p=0.5)):
        picked, removed = choose(logits, mask, torch.tensor([0.3, 1.0 - 2**-53]), sharp)
        assert picked[0] == 1
        assert removed[0] == 1
        # Not the value that the model rules out, however close to 1 the draw is.
        assert picked[1] == (0 if sharp.top_p < 1 else 1)
    nothing = torch.tensor([[0.0, float("-inf")]])
    picked, _ = choose(nothing, torch.tensor([[False, True]]), torch.tensor([0.5]), Temper())
    assert picked[0] == 1


def test_draws_follow_the_masked_distribution():
    logits = torch.log(torch.tensor([[0.5, 0.2, 0.2, 0.1]])).expand(4000, 4)
    mask = torch.tensor([[False, True, True, True]]).expand(4000, 4)
    uniform = torch.linspace(0, 1, 4001, dtype=torch.float64)[:-1]
    picked, removed = choose(logits, mask, uniform, Temper())
    assert torch.bincount(picked).tolist() == pytest.approx([0, 1600, 1600, 800], abs=1)
    assert removed.tolist() == pytest.approx([0.5] * 4000)
    cold, _ = choose(logits, mask, uniform, Temper(temperature=0.5))
    shares = [4 / 9 * 4000, 4 / 9 * 4000, 1 / 9 * 4000]
    assert torch.bincount(cold)[1:].tolist() == pytest.approx(shares, abs=1)
    kept, _ = choose(logits, mask, uniform, Temper(top_p=0.8))
    assert torch.bincount(kept).tolist() == pytest.approx([0, 2000, 2000], abs=1)
