from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.ansatz import BELL_PAIR
from qtools.compile.fitting.objectives.surrogate import (
    Schedule,
    flipped_overlaps,
    flipped_vector,
    surrogate,
    with_flip,
)
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, random_ansatz, random_complex, random_mps
from tests.compile.states import mps_of

seeds = st.integers(0, 2**32 - 1)


def setup(seed, frozen=0, num_qubits=5, num_blocks=7):
    rng = np.random.default_rng(seed)
    ansatz = random_ansatz(rng, num_qubits, num_blocks, frozen)
    return rng, ansatz, random_mps(rng, num_qubits, 4)


def dense_flips(ansatz, target):
    """|<target|V X_i|0>|^2 for every site, by statevectors."""
    state = target.to_dense()
    flipped = [ansatz_state(with_flip(ansatz, site)) for site in range(ansatz.num_qubits)]
    return np.array([abs(np.vdot(state, other)) ** 2 for other in flipped])


@given(seed=seeds)
def test_a_flipped_vector_is_orthogonal(seed):
    vector = random_complex(np.random.default_rng(seed), 2)
    assert np.vdot(vector, flipped_vector(vector)) == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.norm(flipped_vector(vector)) == pytest.approx(np.linalg.norm(vector))


@given(seed=seeds, num_blocks=st.integers(1, 9))
def test_all_flips_come_with_the_environments_of_one_overlap(seed, num_blocks):
    _, ansatz, target = setup(seed, num_blocks=num_blocks)
    _, environments = ExactOverlap(ansatz, target).value_and_environments(ansatz.gates)
    found = np.abs(flipped_overlaps(ansatz, ansatz.gates, environments)) ** 2
    expected = dense_flips(ansatz, target)
    touched = {site for bond in ansatz.bonds for site in (bond, bond + 1)}
    for site in range(ansatz.num_qubits):
        assert found[site] == pytest.approx(expected[site] if site in touched else 0.0, abs=1e-12)


@given(seed=seeds, weight=st.floats(0.0, 1.0))
@settings(max_examples=40)
def test_the_cost_is_the_formula_of_the_authors(seed, weight):
    _, ansatz, target = setup(seed, num_blocks=9)
    flips = dense_flips(ansatz, target)
    touched = {site for bond in ansatz.bonds for site in (bond, bond + 1)}
    lead = max(touched, key=lambda site: flips[site])
    cost = surrogate(
        ansatz, ansatz.gates, lambda a: ExactOverlap(a, target), Schedule(weight=weight, lead=lead)
    )
    fidelity = abs(np.vdot(target.to_dense(), ansatz_state(ansatz))) ** 2
    C = 1.0 - (1.0 - weight) * fidelity - weight * flips[lead]
    found = cost(ansatz.gates)
    assert 1.0 - np.exp(-found.cost) == pytest.approx(C, abs=1e-10)
    assert found.infidelity == pytest.approx(1.0 - fidelity, abs=1e-12)
    _, moved_on, _ = cost.after(ansatz.gates, found)
    next_weight = weight + 0.1 * (np.sqrt(abs(C)) - weight)
    next_C = 1.0 - (1.0 - next_weight) * fidelity - next_weight * flips[lead]
    assert 1.0 - np.exp(-moved_on.cost) == pytest.approx(next_C, abs=1e-10)


@pytest.mark.parametrize("engine", [ExactOverlap, lambda a, t: TruncatedOverlap(a, t, max_angle=0)])
@given(seed=seeds, weight=st.floats(0.0, 1.0))
@settings(max_examples=15)
def test_gradient_equals_finite_differences_along_random_directions(engine, seed, weight):
    rng, ansatz, target = setup(seed)
    schedule = Schedule(weight=weight, lead=ansatz.bonds[0])
    cost = surrogate(ansatz, ansatz.gates, lambda a: engine(a, target), schedule)
    raw = random_complex(rng, ansatz.gates.shape)
    direction = (raw - raw.conj().swapaxes(1, 2)) / np.linalg.norm(raw)
    step = 1e-5
    up = cost(moved(ansatz.gates, step * direction)).cost
    down = cost(moved(ansatz.gates, -step * direction)).cost
    slope = np.vdot(cost(ansatz.gates).gradient, direction).real
    assert slope == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-6)


def test_the_schedule_takes_no_evaluation_unless_another_flip_leads():
    _, ansatz, target = setup(5, num_qubits=6, num_blocks=20)
    flips = dense_flips(ansatz, target)
    best, worst = int(np.argmax(flips)), int(np.argmin(flips))
    build = lambda a: ExactOverlap(a, target)  # noqa: E731
    for lead, evaluations in ((best, 0), (worst, 1)):
        cost = surrogate(ansatz, ansatz.gates, build, Schedule(lead=lead))
        changed, moved_on, taken = cost.after(ansatz.gates, cost(ansatz.gates))
        assert taken == evaluations
        assert changed.schedule.lead == best
        again = changed(ansatz.gates)
        assert moved_on.cost == pytest.approx(again.cost, rel=1e-12)
        np.testing.assert_allclose(moved_on.gradient, again.gradient, atol=1e-12)


def test_a_flip_only_slightly_better_does_not_lead():
    _, ansatz, target = setup(5, num_qubits=6, num_blocks=20)
    cost = surrogate(ansatz, ansatz.gates, lambda a: ExactOverlap(a, target), Schedule(lead=2))
    evaluation = cost(ansatz.gates)
    flips = [evaluation.flips[2]] * 6
    flips[4] *= 1.09
    changed, _, _ = cost.after(ansatz.gates, replace(evaluation, flips=tuple(flips)))
    assert changed.schedule.lead == 2
    flips[4] *= 1.02
    changed, _, _ = cost.after(ansatz.gates, replace(evaluation, flips=tuple(flips)))
    assert changed.schedule.lead == 4


def test_the_first_lead_is_the_best_flip():
    _, ansatz, target = setup(5, num_qubits=6, num_blocks=20)
    cost = surrogate(ansatz, ansatz.gates, lambda a: ExactOverlap(a, target))
    flips = dense_flips(ansatz, target)
    assert flips.max() > abs(np.vdot(target.to_dense(), ansatz_state(ansatz))) ** 2
    assert cost.schedule == Schedule(weight=1.0, lead=int(np.argmax(flips)))


def test_where_no_flip_is_better_the_weight_starts_where_the_schedule_would_leave_it():
    _, ansatz, _ = setup(5, num_qubits=6, num_blocks=20)
    near = mps_of(ansatz_state(ansatz))
    cost = surrogate(ansatz, ansatz.gates, lambda a: ExactOverlap(a, near))
    assert cost.schedule.weight == pytest.approx(0.0, abs=1e-6)
    assert cost(ansatz.gates).cost == pytest.approx(0.0, abs=1e-6)


def test_frozen_blocks_have_no_gradient():
    _, ansatz, target = setup(3, frozen=4)
    cost = surrogate(ansatz, ansatz.gates, lambda a: ExactOverlap(a, target))
    gradient = cost(ansatz.gates).gradient
    assert not gradient[:4].any()
    assert gradient[4:].any()


def test_a_unitary_is_refused():
    _, ansatz, _ = setup(3)
    operator = replace(ansatz, initial=np.tile(BELL_PAIR, (5, 1)))
    with pytest.raises(BadInputError, match="flips qubits of an initial state"):
        surrogate(operator, operator.gates, lambda a: None)
