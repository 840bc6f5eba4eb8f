import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from writing_support import circuits, documents_of, line_circuits

from qtools.circuits.normal import NormalCircuit, Operation
from qtools.errors import BadInputError
from qtools.generate.baselines.random_circuits import matched_random, qiskit_random
from qtools.generate.baselines.trigram import Trigram, tokens
from qtools.generate.language.rows import decode_rows, encode_circuit
from qtools.generate.select import select
from qtools.generate.verify.behaviour import compile_circuit
from qtools.generate.verify.circuits import Program, as_circuit, read_programs
from qtools.generate.verify.classifier import classifier_matrix, two_sample_test
from qtools.generate.verify.execution import verify_execution
from qtools.generate.verify.ketgpt import KetgptClassifier
from qtools.generate.verify.novelty import TrainingIndex, fingerprint, verify_novelty
from qtools.generate.verify.sequence import sequence_two_sample_test
from qtools.generate.verify.statements import like_length
from qtools.generate.verify.statistics import Rate, bootstrap, spread
from qtools.generate.verify.structure import compare_structure, feature_matrix


def relabelled(normal, order):
    operations = tuple(
        op._replace(qubits=tuple(order[q] for q in op.qubits)) for op in normal.operations
    )
    return NormalCircuit(num_qubits=normal.num_qubits, cregs=normal.cregs, operations=operations)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pytket and Aer on import
def test_valid_circuits_pass_every_step_and_a_broken_one_is_named():
    good = [as_circuit(c, str(i)).program for i, c in enumerate(line_circuits(2))]
    bad = Program(name="bad", text="OPENQASM 2.0;\nqreg q[1];\nfoo q[0];\n")
    report = verify_execution(good)
    assert all(rate.value == 1 for rate in report.rates.values())
    assert len(report.rates) == 5
    report = verify_execution([*good, bad], simulate=0)
    # A step is tried only on what passed the steps before.
    assert [(rate.count, rate.total) for rate in report.rates.values()] == [(2, 3), (2, 2)]
    assert {failure.circuit for failure in report.failures} == {"bad"}


def test_wilson_interval_of_textbook_values():
    low, high = Rate(count=81, total=263).interval()
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)  # Newcombe 1998, table I, method 3
    assert math.isnan(Rate(count=0, total=0).value)


@given(st.integers(0, 300), st.one_of(st.none(), st.integers(1, 300)))
def test_spread_places_are_different_and_reach_both_ends(total, most):
    places = spread(total, most)
    assert len(places) == total if most is None else len(places) == min(most, total)
    assert places == sorted(set(places))
    assert places[:1] == list(range(total))[:1]
    if len(places) > 1:
        assert places[-1] == total - 1
        steps = np.diff(places)
        assert steps.max() - steps.min() <= 1


def test_bootstrap_covers_the_mean():
    values = np.random.default_rng(0).normal(3, 1, 400)
    found = bootstrap(lambda p: float(values[p].mean()), 400, np.random.default_rng(1))
    assert found.low < 3 < found.high
    assert found.high - found.low == pytest.approx(4 / 20, rel=0.3)


@settings(max_examples=30, deadline=None)
@given(circuits(max_qubits=5, max_operations=12))
def test_relabelled_copies_are_not_novel(normal):
    order = list(reversed(range(normal.num_qubits)))
    assert fingerprint(normal) == fingerprint(relabelled(normal, order))


def test_novelty_counts_copies_and_shifted_ngrams():
    base = line_circuits(10)
    training = TrainingIndex.of(base)
    copy = relabelled(base[0], list(reversed(range(base[0].num_qubits))))
    other = NormalCircuit(num_qubits=3, operations=tuple(Operation("x", (q,)) for q in range(3)))
    report = verify_novelty([copy, copy, other], training, fixed=[False, True, False])
    assert (report.unique_varied.count, report.unique_varied.total) == (2, 2)
    assert (report.unique.count, report.unique.total) == (2, 3)
    assert (report.novel.count, report.novel.total) == (1, 3)
    assert (report.novel_varied.count, report.novel_varied.total) == (1, 2)
    shifted = NormalCircuit(
        num_qubits=20, operations=tuple(Operation("cx", (q, q + 1)) for q in range(10, 15))
    )
    assert verify_novelty([shifted], training).shared_ngrams[4] == 1


def test_distances_vanish_for_equal_sets_and_grow_with_shifts():
    rng = np.random.default_rng(0)
    real = np.abs(rng.normal(2, 1, (150, 24)))
    same = compare_structure(real, real)
    assert same.mean_wasserstein == 0
    assert same.coverage.value == 1
    fresh = compare_structure(np.abs(rng.normal(2, 1, (150, 24))), real)
    moved = compare_structure(np.abs(rng.normal(5, 1, (150, 24))), real)
    assert fresh.mean_wasserstein < 0.25 < moved.mean_wasserstein
    # The unbiased estimate of nothing lies around nothing.
    assert abs(fresh.mmd.value) < 0.01 < moved.mmd.value
    assert fresh.mmd.low < fresh.mmd.value < fresh.mmd.high
    assert moved.coverage.value < 0.2 < fresh.coverage.value
    assert fresh.coverage.low < fresh.coverage.value < fresh.coverage.high
    assert 0.6 < fresh.density.value < 1.5


def test_two_sample_test_separates_what_differs_only():
    rng = np.random.default_rng(0)
    real = rng.normal(0, 1, (160, 6))
    same = two_sample_test(rng.normal(0, 1, (160, 6)), real)
    other = two_sample_test(rng.normal([3, 0, 0, 0, 0, 0], 1, (160, 6)), real)
    assert same.auc.low < 0.6
    assert same.floor.low < 0.6
    assert other.auc.value > 0.95


def test_circuits_asked_for_by_the_conditions_of_real_ones_stay_in_their_folds():
    rng = np.random.default_rng(3)
    # A trait that a circuit shares with the one that it was asked to be like, and nothing else.
    real = rng.normal(0, 1, (200, 6))
    like = real + rng.normal(0, 0.05, (200, 6))
    groups = [str(i) for i in range(200)]
    apart = two_sample_test(like, real, groups=groups, with_floor=False).auc
    together = two_sample_test(
        like, real, groups=groups, generated_groups=groups, with_floor=False
    ).auc
    # Apart, what was learnt of the one is the wrong answer for the other.
    assert apart.high < 0.4 < together.low < 0.5 < together.high


def test_two_sample_test_sees_a_plain_difference_of_small_sets():
    rng = np.random.default_rng(0)
    other = two_sample_test(rng.normal(3, 1, (20, 6)), rng.normal(0, 1, (20, 6)))
    assert other.auc.low > 0.8


def test_two_sample_test_keeps_groups_together():
    # Copies of a few circuits: a test that split groups would recognise them and score high.
    base = np.random.default_rng(1).normal(0, 1, (60, 6))
    real = np.repeat(base, 4, axis=0)
    groups = [str(i) for i in range(60) for _ in range(4)]
    generated = np.random.default_rng(2).normal(0, 1, (240, 6))
    assert two_sample_test(generated, real, groups=groups).floor.low < 0.6


def test_matched_random_keeps_gates_and_size():
    rng = np.random.default_rng(0)
    for real in line_circuits(5):
        made = matched_random(real, rng)
        made.validate()
        assert made.gate_histogram() == real.gate_histogram()
        wild = qiskit_random(real, rng)
        wild.validate()
        assert wild.num_qubits == real.num_qubits


def test_trigram_is_a_distribution_and_learns():
    documents = documents_of(line_circuits(40))
    model = Trigram.of(documents.chosen(range(30)))
    words = {token for i in range(30) for _, token in tokens(documents.document(i))}
    for history in [(-1, -1), *list(model.counts[2])[:20], (123456, 99)]:
        total = sum(model.probability(history, word) for word in words)
        # One unit of the uniform part is kept for words never seen.
        assert 1 - total <= 0.05
        assert total <= 1 + 1e-9
    held = model.bits_per_gate(documents.chosen(range(30, 40)))
    assert held.structure < math.log2(len(words))


def test_chosen_suite_covers_better_than_random_and_within_twice_the_best():
    rng = np.random.default_rng(0)
    points = np.abs(np.concatenate([rng.normal(1, 0.1, (80, 24)), rng.normal(5, 2, (20, 24))]))
    found = select(points, 10)
    assert len(set(found.chosen.tolist())) == 10
    assert found.radius < found.random_radius
    everything = select(points, 100)
    assert everything.radius == 0
    with pytest.raises(BadInputError, match="sample more"):
        select(points, 101)
    # Gonzalez: centres taken are pairwise at least the radius apart.
    scaled = (np.log1p(points) - np.log1p(points).mean(0)) / np.log1p(points).std(0)
    assert cdist(scaled[found.chosen], scaled[found.chosen]).max() > found.radius


@settings(max_examples=60, deadline=None)
@given(circuits(max_qubits=4, max_operations=10))
def test_classifier_sees_no_difference_between_a_circuit_and_what_is_read_back(normal):
    read_back = decode_rows(encode_circuit(normal))
    assert (classifier_matrix([normal]) == classifier_matrix([read_back])).all()


def test_rounding_errors_do_not_make_angles_distinct():
    turns = [Operation("rz", (0,), (angle,)) for angle in (0.3, 0.1 + 0.2, 0.7)]
    circuit = NormalCircuit(num_qubits=1, cregs=(), operations=tuple(turns))
    assert classifier_matrix([circuit])[0, -1] == 2 / 3


def test_features_of_circuits_feed_the_classifier():
    made = line_circuits(4)
    assert classifier_matrix(made).shape[0] == feature_matrix(made).shape[0] == 4


def test_reading_nothing_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="found none"):
        read_programs(tmp_path)


def test_a_line_needs_no_overhead_on_a_grid_and_a_star_does():
    line = NormalCircuit(
        num_qubits=4, operations=tuple(Operation("cz", (q, q + 1)) for q in range(3))
    )
    complete = NormalCircuit(
        num_qubits=6,
        operations=tuple(Operation("cp", (a, b), (0.3,)) for a in range(6) for b in range(a)),
    )
    alone = NormalCircuit(num_qubits=2, operations=(Operation("h", (0,)),))
    on_line, on_complete, nothing = map(compile_circuit, [line, complete, alone])
    assert len(on_line) == 4
    assert all(figure.two_qubit_ratio == 1 for figure in on_line if figure.level == 3)
    assert all(figure.two_qubit_ratio > 1 for figure in on_complete)
    assert nothing == []


def test_batches_of_like_length_hold_every_circuit_once():
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 256, 1000)
    parts = list(like_length(lengths, rng))
    assert len(parts) == 32
    assert sorted(np.concatenate(parts).tolist()) == list(range(1000))
    # As long as the longest of each: far less than random batches are.
    assert sum(len(part) * int(lengths[part].max()) for part in parts) < 1.2 * lengths.sum()
    assert list(like_length(lengths[:0], rng)) == []


def test_statement_classifier_tells_order_and_calls_more_of_the_same_real():
    rng = np.random.default_rng(0)
    real = line_circuits(60, seed=1)
    shuffled = [matched_random(c, rng) for c in line_circuits(60, seed=2)]
    groups = [str(i) for i in range(60)]
    told = sequence_two_sample_test(shuffled, real, groups=groups, epochs=8)
    same = sequence_two_sample_test(
        line_circuits(60, seed=3), real, groups=groups, epochs=8, with_floor=False
    )
    assert told.auc.value > 0.95
    assert told.floor is not None
    assert same.auc.low < 0.7
    assert same.floor is None
    classifier = KetgptClassifier.trained(real, line_circuits(40, seed=4))
    assert classifier.accuracy.value > 0.9
    assert classifier.called_real(line_circuits(40, seed=5)).value > 0.9
