import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from writing_support import circuits, line_circuits

from qtools.circuits.normal import NormalCircuit, Operation
from qtools.generate.verify.nearest import NearestIndex
from qtools.generate.verify.ngrams import NGRAM_LENGTHS, NgramIndex, ngrams


def plain_ngrams(circuit, n):
    """The definition, word for word: n gates with operands relative to the run's first."""
    gates = list(circuit.gates())
    runs = []
    for start in range(len(gates) - n + 1):
        origin = gates[start].qubits[0]
        runs.append(
            tuple(
                (
                    g.name,
                    tuple(round(p, 2) + 0.0 for p in g.params),
                    *(q - origin for q in g.qubits),
                )
                for g in gates[start : start + n]
            )
        )
    return runs


def plain_similarity(a, b):
    one, other = set(plain_ngrams(a, 4)), set(plain_ngrams(b, 4))
    return len(one & other) / len(one | other) if one | other else 0.0


@settings(max_examples=25, deadline=None)
@given(st.lists(circuits(max_qubits=3, max_operations=40), min_size=1, max_size=4))
def test_words_are_equal_exactly_where_runs_are(found):
    for n in NGRAM_LENGTHS:
        plain = [run for circuit in found for run in plain_ngrams(circuit, n)]
        words = [word for circuit in found for word in ngrams(circuit)[n].tolist()]
        assert len(plain) == len(words)
        assert len(set(zip(plain, words, strict=True))) == len(set(plain)) == len(set(words))


def test_long_runs_have_words_of_their_own():
    operations = [Operation("cx", (q, q + 1)) for q in range(65)]
    line = NormalCircuit(num_qubits=66, operations=tuple(operations))
    assert {n: len(words) for n, words in ngrams(line).items()} == {
        n: 66 - n for n in NGRAM_LENGTHS
    }
    # Every run of a line is a shifted copy of every other.
    assert all(len(np.unique(words)) == 1 for words in ngrams(line).values())


def test_shares_count_runs_of_the_training_set():
    training = line_circuits(12, seed=1)
    index = NgramIndex.of(training)
    fresh = line_circuits(6, seed=2)
    for n, share in index.shared(fresh).items():
        known = {run for circuit in training for run in plain_ngrams(circuit, n)}
        runs = [run for circuit in fresh for run in plain_ngrams(circuit, n)]
        assert share == (sum(run in known for run in runs) / len(runs) if runs else 0.0)
    assert index.shared(training)[4] == 1
    assert NgramIndex.of([]).shared(fresh)[4] == 0


def test_nearest_is_the_most_similar_by_the_definition():
    training = line_circuits(15, seed=3)
    fresh = [*line_circuits(5, seed=4), training[7]]
    found = NearestIndex.of(training).nearest(fresh)
    for circuit, similarity, place in zip(fresh, found.similarity, found.place, strict=True):
        plain = [plain_similarity(circuit, other) for other in training]
        assert similarity == max(plain)
        assert plain[place] == max(plain)
    assert found.similarity[-1] == 1
    tiny = NormalCircuit(num_qubits=1, operations=(Operation("h", (0,)),))
    assert NearestIndex.of(training).nearest([tiny]).similarity[0] == 0
