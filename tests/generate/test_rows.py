import math

import numpy as np
import pytest
from hypothesis import given, settings
from writing_support import angles, circuits

from qtools.circuits.angles import snapped
from qtools.circuits.normal import NormalCircuit, Operation, UnsupportedCircuitError
from qtools.errors import BadInputError
from qtools.generate.language.angles import ERROR_BOUND, GRID, RecentAngles, grid_angle, grid_token
from qtools.generate.language.conditions import ConditionNames, Conditions, bin_range, size_bin
from qtools.generate.language.rows import decode_rows, encode_circuit
from qtools.generate.language.tokenizer import (
    Document,
    huggingface_tokenizer,
    parse_words,
    save_tokenizer,
    vocabulary_words,
    words,
)

NAMES = ConditionNames(families=("ghz", "qaoa"), gate_sets=("universal",), levels=("alg",))


def close(a, b):
    return a == b or abs(math.remainder(a - b, 4 * math.pi)) <= ERROR_BOUND


@settings(max_examples=150, deadline=None)
@given(circuits())
def test_round_trip_keeps_everything_but_free_angles(circuit):
    again = decode_rows(encode_circuit(circuit))
    assert (again.num_qubits, again.cregs) == (circuit.num_qubits, circuit.cregs)
    assert len(again.operations) == len(circuit.operations)
    for before, after in zip(circuit.operations, again.operations, strict=True):
        assert before._replace(params=()) == after._replace(params=())
        assert all(close(a, b) for a, b in zip(before.params, after.params, strict=True))


@settings(max_examples=100, deadline=None)
@given(circuits())
def test_second_round_trip_changes_nothing(circuit):
    rows = encode_circuit(circuit)
    again = decode_rows(rows)
    assert np.array_equal(encode_circuit(again), rows)
    assert decode_rows(encode_circuit(again)) == again


def test_every_fraction_of_the_grid_is_exact():
    for token, fraction in enumerate(GRID):
        angle = snapped(float(fraction) * math.pi)
        assert grid_token(angle) == token
        assert grid_angle(token) == angle


@given(angles(), angles())
def test_equal_free_angles_refer_to_each_other(a, b):
    recent = RecentAngles()
    first = recent.encode(a)
    recent.encode(b)
    again = recent.encode(a)
    if grid_token(a) is not None:
        assert again == first
    else:
        assert again[1] == -1  # a reference, no new bin


@settings(max_examples=50, deadline=None)
@given(circuits())
def test_words_spell_the_document(circuit):
    conditions = Conditions(family="qaoa", num_qubits=circuit.num_qubits, length=3)
    document = Document(conditions=conditions, rows=encode_circuit(circuit))
    again = parse_words(words(document))
    assert again.conditions == conditions
    assert np.array_equal(again.rows, document.rows)


def test_tokenizer_of_hugging_face_loads_offline_and_knows_every_word(tmp_path):
    from transformers import AutoTokenizer

    save_tokenizer(NAMES, tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(str(tmp_path))
    circuit = NormalCircuit(
        num_qubits=2, operations=(Operation("h", (0,)), Operation("rz", (1,), (0.3,)))
    )
    found = words(Document(conditions=Conditions(family="ghz"), rows=encode_circuit(circuit)))
    ids = tokenizer(" ".join(found))["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.convert_ids_to_tokens(ids) == found
    assert len(vocabulary_words(NAMES)) == len(set(vocabulary_words(NAMES))) == len(tokenizer)
    assert huggingface_tokenizer(NAMES).eos_token == "eos"


def test_what_rows_cannot_say_is_refused_by_name():
    wide = NormalCircuit(num_qubits=129, operations=())
    with pytest.raises(UnsupportedCircuitError) as caught:
        encode_circuit(wide)
    assert caught.value.reason == "too-wide-for-tokens"


@pytest.mark.parametrize("text", ["qreg #1", "<bos> nothing", "<bos> cx q0", "<bos> rz q1 q2"])
def test_words_out_of_place_are_refused(text):
    with pytest.raises(BadInputError):
        parse_words(text.split())


def test_rows_without_end_are_refused():
    with pytest.raises(BadInputError, match="cut off"):
        decode_rows(encode_circuit(NormalCircuit(num_qubits=1, operations=()))[:-1])


def test_bins_are_half_octaves():
    assert [size_bin(c) for c in (0, 1, 2, 3, 7, 1023)] == [0, 2, 3, 4, 6, 20]
    for index in (2, 9, 20):
        low, high = bin_range(index)
        assert size_bin(low) == size_bin(high) == index
        assert size_bin(high + 1) > index


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(BadInputError, match="did you mean 'qaoa'"):
        NAMES.encode(Conditions(family="qaoaa"))
