import numpy as np
import pytest
from writing_support import documents_of, line_circuits

from qtools.generate.baselines import sets
from qtools.generate.baselines.trigram import Trigram
from qtools.generate.baselines.trigram_sample import sample_trigram
from qtools.generate.grammar.limits import Limits, Measure
from qtools.generate.language.rows import decode_rows
from qtools.generate.verify.circuits import parsed


@pytest.fixture(scope="module")
def trigram():
    return Trigram.of(documents_of(line_circuits(40)))


def test_probabilities_of_many_words_are_those_of_each(trigram):
    history = max(trigram.counts[2], key=lambda h: trigram.counts[2][h].total())
    words = np.array([*trigram.counts[2][history], *trigram.counts[0][()], 123456])
    for past in (history, (history[1], 99), (98, 99)):
        plain = [trigram.probability(past, int(word)) for word in words]
        assert trigram.probabilities(past, words) == pytest.approx(np.array(plain))


def test_sampled_trigram_circuits_obey_their_limits(trigram):
    limits = [
        Limits(num_qubits=n, gates=("h", "cx", "rz"), min_gates=3, max_gates=9, measure=Measure.ALL)
        for n in (2, 5, 8)
    ]
    made = [decode_rows(rows) for rows in sample_trigram(trigram, limits, seed=1)]
    for circuit, limit in zip(made, limits, strict=True):
        assert circuit.num_qubits == limit.num_qubits
        assert 3 <= sum(1 for _ in circuit.gates()) <= 9
        assert {gate.name for gate in circuit.gates()} <= set(limit.gates)
        measured = [op.qubits[0] for op in circuit.operations if op.name == "measure"]
        assert sorted(measured) == list(range(limit.num_qubits))


def test_sampled_bigrams_follow_the_training_circuits(trigram):
    # In training every circuit starts with h on qubit 0; so do most samples.
    limits = [Limits(num_qubits=4, gates=("h", "cx", "rz"))] * 20
    made = [decode_rows(rows) for rows in sample_trigram(trigram, limits, seed=2)]
    first = [next(circuit.gates()) for circuit in made]
    assert sum(gate.name == "h" and gate.qubits == (0,) for gate in first) >= 15


def test_sets_have_as_many_circuits_as_they_imitate(trigram):
    like = sets.likenesses(line_circuits(3), 5, np.random.default_rng(0))
    assert len(like) == 5
    made = sets.random_sets(like, np.random.default_rng(1))
    made["trigram"] = sets.trigram_set(trigram, like)
    for programs in made.values():
        found = [circuit.normal for circuit in parsed(programs)]
        assert [c.num_qubits for c in found] == [c.num_qubits for c in like]
