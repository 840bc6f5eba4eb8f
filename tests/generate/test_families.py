import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from writing_support import line_circuits

from qtools.circuits.normal import NormalCircuit, Operation
from qtools.generate.verify.families import FamilyJudge, check_families, word_matrix


def star_circuits(count, seed):
    """Hadamard gates and CX gates from one qubit to all others."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        n = int(rng.integers(4, 9))
        gates = [Operation("h", (q,)) for q in range(n)]
        gates += [Operation("cx", (0, q)) for q in range(1, n)]
        made.append(NormalCircuit(num_qubits=n, cregs=(), operations=tuple(gates)))
    return made


@pytest.fixture(scope="module")
def judge():
    return FamilyJudge.fit(
        [*line_circuits(30, seed=1), *star_circuits(30, seed=2)], ["line"] * 30 + ["star"] * 30
    )


def test_families_that_differ_are_told_apart(judge):
    held_out = (
        [*line_circuits(10, seed=3), *star_circuits(10, seed=4), *star_circuits(2, seed=5)],
        ["line"] * 10 + ["star"] * 10 + ["unknown"] * 2,
    )
    # Half of what was asked for as lines are stars.
    generated = ([*line_circuits(5, seed=6), *star_circuits(5, seed=7)], ["line"] * 10)
    found = check_families(judge, held_out, generated)
    assert (found.real.count, found.real.total) == (20, 20)
    assert (found.generated.count, found.generated.total) == (5, 10)
    assert set(found.by_family) == {"line"}


def test_judges_of_one_seed_agree(judge):
    again = FamilyJudge.fit(
        [*line_circuits(30, seed=1), *star_circuits(30, seed=2)], ["line"] * 30 + ["star"] * 30
    )
    circuits = [*line_circuits(6, seed=8), *star_circuits(6, seed=9)]
    assert judge.names(circuits) == again.names(circuits)


@given(shift=st.integers(0, 20))
def test_words_do_not_depend_on_where_the_circuit_lies(shift):
    circuit = star_circuits(1, seed=11)[0]
    moved = tuple(
        op._replace(qubits=tuple(q + shift for q in op.qubits)) for op in circuit.operations
    )
    wider = NormalCircuit(num_qubits=circuit.num_qubits + shift, cregs=(), operations=moved)
    assert np.array_equal(word_matrix([circuit]), word_matrix([wider]))


def rotations(angles):
    """One pair of qubits, three kinds of rotations in turn."""
    names = ("rxx", "ryy", "rzz")
    gates = [
        Operation(name, (0, 1), (a,))
        for step in angles
        for name, a in zip(names, step, strict=True)
    ]
    return NormalCircuit(num_qubits=2, cregs=(), operations=tuple(gates))


def test_models_that_differ_in_one_coefficient_are_told_apart():
    rng = np.random.default_rng(3)
    alike = [rotations([(a, a, a)] * 3) for a in rng.uniform(0.1, 0.5, 40)]
    apart = [rotations([(a, a, a * s)] * 3) for a, s in rng.uniform(0.3, 0.9, (40, 2))]
    judge = FamilyJudge.fit([*alike[:30], *apart[:30]], ["alike"] * 30 + ["apart"] * 30)
    assert judge.names([*alike[30:], *apart[30:]]) == ["alike"] * 10 + ["apart"] * 10
