import numpy as np
import pytest
import torch
from writing_support import documents_of, line_circuits, small_model

from qtools.generate.language.vocabulary import (
    BOS,
    CREG,
    IF,
    MAX_INDEX,
    NUM_COLUMNS,
    PAD,
    QREG,
    Column,
    Kind,
)
from qtools.generate.model import network
from qtools.generate.model.context import RunningContext
from qtools.generate.model.decoder import Decoder
from qtools.generate.model.heads import Pointer, Sizes
from qtools.generate.model.network import operand_logits
from qtools.generate.model.trunk import rms_norm, run_trunk
from qtools.generate.training.packing import (
    PACKED,
    epoch_batches,
    make_batch,
    repeats,
    training_batches,
)


def test_decoder_equals_the_trunk_of_transformers(model):
    torch.manual_seed(1)
    x_BTD = torch.randn(3, 150, 32)
    with torch.inference_mode():
        expected = model.trunk(inputs_embeds=x_BTD).last_hidden_state
        decoder = Decoder(model.trunk, 3)
        found = torch.stack([decoder.step(x_BTD[:, t]) for t in range(150)], dim=1)
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize(("length", "packed"), [(70, True), (70, False), (600, False)])
def test_whole_sequences_equal_the_trunk_of_transformers(model, length, packed):
    """Values and all gradients, by plain products and by torch's kernel."""
    torch.manual_seed(2)
    x_BTD = torch.randn(2, length, 32, requires_grad=True)
    start = torch.tensor([[0] * 30 + [30] * (length - 30), [0] * length])
    place = torch.arange(length)
    seen = (place[None, :, None] >= place[None, None]) & (start[:, :, None] == start[:, None])
    theirs = model.trunk(
        inputs_embeds=x_BTD,
        attention_mask=seen[:, None] if packed else None,
        position_ids=place - start if packed else None,
    ).last_hidden_state
    ours = run_trunk(model.trunk, x_BTD, start if packed else None)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    weight = torch.randn_like(theirs)
    inputs = [x_BTD, *model.trunk.parameters()]
    expected = torch.autograd.grad((theirs * weight).sum(), inputs)
    found = torch.autograd.grad((ours * weight).sum(), inputs)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, atol=1e-4 * float(b.abs().max()), rtol=1e-4)


def test_norm_has_exact_gradients():
    torch.manual_seed(3)
    x = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x, weight: rms_norm(x, weight, 1e-3, torch.float64), (x, weight)
    )


def test_filling_of_heads_changes_nothing(model, monkeypatch):
    documents = documents_of(line_circuits(3))
    batch = make_batch(documents, PACKED, [[0], [1, 2]])
    results = []
    for raster in (1, 256):
        monkeypatch.setattr(network, "_RASTER", raster)
        model.zero_grad()
        loss = model(batch).sum()
        loss.backward()
        results.append((loss.detach(), [p.grad.clone() for p in model.columns.op.parameters()]))
    (one, of_one), (two, of_two) = results
    torch.testing.assert_close(one, two)
    for a, b in zip(of_one, of_two, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_packed_documents_have_the_loss_that_they_have_alone(model):
    documents = documents_of(line_circuits(6))
    packed = make_batch(documents, 256, [[0, 1, 2], [3, 4, 5]])
    with torch.inference_mode():
        whole = model(packed).sum()
        alone = sum(
            model(make_batch(documents, int(documents.lengths()[i]), [[i]])).sum() for i in range(6)
        )
    torch.testing.assert_close(whole, alone, rtol=1e-4, atol=1e-3)


def test_later_rows_do_not_change_earlier_losses(model):
    documents = documents_of(line_circuits(1))
    length = int(documents.lengths()[0])
    batch = make_batch(documents, length, [[0]])
    with torch.inference_mode():
        before = model(batch)
        batch.rows_BTC[0, -2, Column.A] = 0
        after = model(batch)
    torch.testing.assert_close(before[0, : length - 3], after[0, : length - 3])


def test_empty_cells_and_padding_cost_nothing(model):
    documents = documents_of(line_circuits(3))
    batch = make_batch(documents, PACKED, [[0], [1, 2]])
    with torch.inference_mode():
        nll = model(batch)
    following = batch.rows_BTC[:, 1:]
    real = (following[..., Column.OP] != BOS) & (following[..., Column.OP] != PAD)
    assert (nll[~real] == 0).all()
    assert (nll[following == -1] == 0).all()
    assert (nll[real][:, Column.OP] > 0).all()


def test_probabilities_of_a_pointed_operand_sum_to_one():
    # Exhaustive over the second operand of one cx: the softmax runs over declared qubits only.
    model = small_model(3)
    documents = documents_of(line_circuits(1))
    length = int(documents.lengths()[0])
    batch = make_batch(documents, length, [[0]])
    row = 5  # the first cx, after bos, qreg, creg, h
    n = int(batch.rows_BTC[0, 1, Column.A]) + 1
    total = 0.0
    with torch.inference_mode():
        for qubit in range(n):
            batch.rows_BTC[0, row, Column.B] = qubit
            total += float(torch.exp(-model(batch)[0, row - 1, Column.B]))
    assert total == pytest.approx(1, abs=1e-5)


def test_sizes_that_are_not_known_are_scored_between_their_neighbours():
    torch.manual_seed(0)
    pointer, sizes = Pointer(8, 4), Sizes([3, 4, 8])
    count = 3
    near = torch.tensor([5, 2, 0])
    told = {
        "near": near,
        "far": torch.full((count,), -1),
        "size": torch.full((count,), MAX_INDEX),
        "state": torch.zeros(count, MAX_INDEX, dtype=torch.long),
        "recency": torch.zeros(count, MAX_INDEX, dtype=torch.long),
    }
    z = torch.randn(count, 8)
    with torch.no_grad():
        plain, settled = pointer(z, **told), pointer(z, **told, between=sizes)
        # What an index gets for its distance to ``near`` is left alone: take it away.
        pointer.tables.weight[: 2 * MAX_INDEX - 1] = 0
        own, between = pointer(z, **told), pointer(z, **told, between=sizes)
    torch.testing.assert_close(settled - between, plain - own)
    known = torch.tensor([1, 3, 4, 8]) - 1
    torch.testing.assert_close(between[:, known], own[:, known])
    torch.testing.assert_close(between[:, 5], (own[:, 3] + own[:, 7]) / 2)
    torch.testing.assert_close(between[:, 1], (own[:, 0] + own[:, 2]) / 2)
    torch.testing.assert_close(between[:, 100], own[:, 7])


def test_only_sizes_of_registers_are_scored_between_others():
    model = small_model(3)
    rows = torch.full((3, NUM_COLUMNS), -1)
    rows[:, Column.OP] = torch.tensor([QREG, CREG, IF])
    context = RunningContext(3).context
    z, recency = torch.randn(3, 32), context.recency()
    with torch.no_grad():
        before = operand_logits(model.columns, Kind.NUMBER, Column.A, z, rows, context, recency)
        model.columns.sizes = Sizes([2])
        after = operand_logits(model.columns, Kind.NUMBER, Column.A, z, rows, context, recency)
        second = operand_logits(model.columns, Kind.NUMBER, Column.B, z, rows, context, recency)
        model.columns.sizes = Sizes([9])
        again = operand_logits(model.columns, Kind.NUMBER, Column.B, z, rows, context, recency)
    changed = (before != after).any(1)
    assert changed.tolist() == [True, True, False]
    assert torch.equal(second, again)


def test_each_epoch_holds_every_document_once():
    lengths = np.random.default_rng(0).integers(5, 700, 300)
    for epoch in range(2):
        batches = epoch_batches(lengths, rows_per_batch=2048, seed=1, epoch=epoch)
        found = [i for _, sequences in batches for members in sequences for i in members]
        assert sorted(found) == list(range(300))
        for length, sequences in batches:
            assert all(lengths[members].sum() <= length for members in sequences)


def test_short_documents_come_more_often_in_training():
    lengths = np.array([8, 60, 128, 250, 500, 900])
    assert repeats(lengths).tolist() == [4, 3, 2, 1, 1, 1]
    batches = epoch_batches(lengths, rows_per_batch=512, seed=0, epoch=0, repeated=True)
    found = [i for _, sequences in batches for members in sequences for i in members]
    assert np.bincount(found).tolist() == repeats(lengths).tolist()


def test_resumed_batches_are_those_that_would_have_come():
    documents = documents_of(line_circuits(30))
    options = {"rows_per_batch": 256, "seed": 5, "drop": 0.3}
    whole = training_batches(documents, first_step=0, **options)
    skipped = [next(whole) for _ in range(20)][12]
    resumed = next(training_batches(documents, first_step=12, **options))
    assert torch.equal(skipped.rows_BTC, resumed.rows_BTC)
    assert torch.equal(skipped.conditions_BTF, resumed.conditions_BTF)
