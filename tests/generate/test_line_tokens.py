import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from writing_support import circuits, line_circuits

from qtools.circuits import qasm2
from qtools.errors import BadInputError
from qtools.generate.baselines.line_model import LineModel, LineRecipe
from qtools.generate.baselines.line_tokens import (
    ANGLE_BITS,
    FIRST_LINE,
    UNKNOWN,
    LineVocabulary,
    angles_in,
    program,
    source_lines,
    structure_of,
)


def documents(count=30, seed=0):
    return [source_lines(circuit) for circuit in line_circuits(count, seed)]


@settings(max_examples=25, deadline=None)
@given(circuits(max_qubits=4, max_operations=10))
def test_lines_make_the_circuit_again(circuit):
    assert qasm2.loads(program(source_lines(circuit))) == qasm2.loads(qasm2.dumps(circuit))


def test_structure_leaves_angles_out():
    assert structure_of("rz(3*pi/4) q[7];") == "rz(*) q[7];"
    assert structure_of("if(c==3) u3(0.1,pi,2) q[0];") == "if(c==3) u3(*) q[0];"
    assert structure_of("cx q[0],q[1];") == "cx q[0],q[1];"
    assert [angles_in(t) for t in ("x q[0];", "if(c==1) x q[0];", "u3(0,1,2) q[0];")] == [0, 0, 3]


def test_bits_are_a_code():
    made = documents()
    vocabulary = LineVocabulary.of(made, most=12)
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.ones(len(vocabulary)))
    lines = sorted({line for one in made for line in one})
    # Known lines and structures of unknown ones share what the model gives out, at most.
    known = [line for line in lines if line in vocabulary.lines]
    spent = sum(2 ** -sum(vocabulary.line_bits(line, chances)) for line in known)
    assert spent == pytest.approx(chances[FIRST_LINE:].sum())
    structures = {structure_of(line): line for line in lines}
    of_structure = sum(2 ** -vocabulary.line_bits(line, chances)[0] for line in structures.values())
    assert of_structure <= 1
    assert all(min(vocabulary.line_bits(line, chances)) >= -1e-9 for line in lines)


def test_unknown_lines_pay_for_structure_and_angles():
    vocabulary = LineVocabulary.of([["qreg q[2];", "x q[0];", "x q[0];", "rz(0.5) q[0];"]])
    assert vocabulary.lines == ("qreg q[2];", "x q[0];")
    chances = np.full(len(vocabulary), 1 / len(vocabulary))
    structure, angle = vocabulary.line_bits("rz(0.7) q[0];", chances)
    # One unknown structure, seen once: 1 / (1 + 1) of the probability of unknown.
    assert structure == pytest.approx(math.log2(len(vocabulary)) + 1)
    assert angle == ANGLE_BITS
    spelled, _ = vocabulary.line_bits("cz q[0],q[1];", chances)
    assert spelled > structure + 2 * 7
    assert vocabulary.encode(["x q[0];", "y q[0];"]).tolist()[2] == UNKNOWN


def test_the_papers_ban_removes_indices_and_angles_beyond_the_register():
    lines = ["x q[0];", "x q[5];", "cx q[2],q[3];", "rz(0.25) q[0];", "rz(pi/8) q[0];"]
    vocabulary = LineVocabulary.of([["qreg q[9];", *lines], ["qreg q[9];", *lines]])
    banned = dict(zip(vocabulary.lines, vocabulary.banned(4)[FIRST_LINE:], strict=True))
    assert [banned[line] for line in lines] == [False, True, False, True, True]
    assert banned["qreg q[9];"]


def test_training_helps_and_samples_start_from_their_heads():
    made = documents(60)
    held = documents(10, seed=1)
    gates = sum(len(lines) for lines in held)
    recipe = LineRecipe(width=32, layers=1, heads=2, lines=200, lines_per_batch=200)
    early = LineModel.trained(made, recipe).bits_per_gate(held, gates)
    model = LineModel.trained(made, replace(recipe, lines=12_000, learning_rate=3e-3))
    late = model.bits_per_gate(held, gates)
    assert late.structure < 0.7 * early.structure
    heads = [["qreg q[4];", "creg c[4];"], ["qreg q[3];", "creg c[3];"]]
    texts = model.sample(heads, most=30, seed=3)
    assert texts == model.sample(heads, most=30, seed=3)
    for text, n in zip(texts, (4, 3), strict=True):
        assert text.startswith(qasm2.HEADER)
        assert f"qreg q[{n}];\ncreg c[{n}];\n" in text
        assert text.count("qreg") == 1
        assert f"q[{n}];" not in text.replace(f"qreg q[{n}];", "")


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(BadInputError, match="got none"):
        LineModel.trained([], LineRecipe())
