"""Random walks under the masks, with a model that knows nothing."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import qasm2 as qiskit_qasm2
from writing_support import CONDITION_SIZES, circuits, small_model

from qtools.circuits import qasm2
from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.features.dependency import dependency_metrics
from qtools.circuits.normal import NormalCircuit, Operation
from qtools.errors import BadInputError
from qtools.generate.grammar.condition_table import Order
from qtools.generate.grammar.limits import BatchLimits, Limits, Measure
from qtools.generate.grammar.rules import Grammar
from qtools.generate.language.rows import decode_rows, encode_circuit
from qtools.generate.language.vocabulary import Column
from qtools.generate.sampling.draw import Temper
from qtools.generate.sampling.group import sample_group

MODEL = small_model(7)
GATE_SETS = (
    tuple(ALPHABET),
    ("cz", "rz", "sx", "x"),
    ("u", "cx", "ccx"),
    ("h", "cswap", "barrier")[:2],
)


@st.composite
def limits(draw):
    n = draw(st.integers(1, 64))
    low = draw(st.integers(0, 15))
    high = low + draw(st.integers(0, 15))
    gates = draw(st.sampled_from(GATE_SETS))
    measure = draw(st.sampled_from(list(Measure)))
    depth = draw(st.none() | st.integers(-(-max(low, 1) // n), 30))
    rows = low * (3 if gates[0] == "u" else 1) + 4 + n + draw(st.integers(0, 30))
    try:
        return Limits(
            num_qubits=n,
            gates=gates,
            min_gates=low,
            max_gates=high,
            max_depth=depth,
            measure=measure,
            max_rows=rows,
        )
    except BadInputError:
        return Limits(num_qubits=n, gates=gates, min_gates=0, max_gates=high, max_rows=rows)


@settings(max_examples=8, deadline=None)
@given(st.lists(limits(), min_size=1, max_size=12), st.integers(0, 1 << 32))
def test_every_walk_ends_in_a_circuit_that_strict_qiskit_loads(asked, seed):
    orders = [
        Order(index=i, conditions=(0,) * len(CONDITION_SIZES), limits=limit)
        for i, limit in enumerate(asked)
    ]
    for limit, drawn in zip(
        asked, sample_group(MODEL, orders, seed=seed, temper=Temper()), strict=True
    ):
        circuit = decode_rows(drawn.rows)
        loaded = qiskit_qasm2.loads(qasm2.dumps(circuit), strict=True)
        assert loaded.num_qubits == circuit.num_qubits == limit.num_qubits
        names = [gate.name for gate in circuit.gates()]
        assert limit.min_gates <= len(names) <= limit.max_gates
        assert set(names) <= set(limit.gates)
        assert len(drawn.rows) <= limit.max_rows
        measured = [op.qubits[0] for op in circuit.operations if op.name == "measure"]
        if limit.measure is Measure.NONE:
            assert not measured
        if limit.measure is Measure.ALL:
            assert sorted(measured) == list(range(limit.num_qubits))
        if limit.max_depth is not None:
            assert dependency_metrics(circuit).critical_path_length <= limit.max_depth
        assert idle(circuit) == []
        assert 0 <= drawn.removed <= 1


def idle(circuit):
    """Places of idle repeats, once those before them are left out.

    Measurements of qubits that nothing acted on since their last one, resets of qubits that no gate
    acted on since theirs, and barriers after two others.
    """
    settled, cleared, barriers, found = set(), set(), 0, []
    for place, op in enumerate(circuit.operations):
        first = op.qubits[0]
        if (
            (op.name == "measure" and first in settled)
            or (op.name == "reset" and op.condition is None and first in cleared)
            or (op.name == "barrier" and barriers == 2)
        ):
            found.append(place)
            continue
        barriers = barriers + 1 if op.name == "barrier" else 0
        if op.name == "measure":
            settled.add(first)
        elif op.name != "barrier":
            settled -= set(op.qubits)
        if op.name == "reset" and op.condition is None:
            cleared.add(first)
        elif op.name not in {"measure", "barrier", "reset"}:
            cleared -= set(op.qubits)
    return found


@settings(max_examples=100, deadline=None)
@given(circuits())
def test_real_circuits_are_legal_but_for_idle_repeats(circuit):
    places = idle(circuit)
    kept = [op for place, op in enumerate(circuit.operations) if place not in places]
    check_legal(replace(circuit, operations=tuple(kept)))
    if places:
        start = replace(circuit, operations=circuit.operations[: places[0] + 1])
        with pytest.raises(AssertionError):
            check_legal(start)


@pytest.mark.parametrize("name", ["measure", "reset", "barrier"])
def test_what_is_repeated_idly_is_no_legal_circuit(name):
    qubits, clbits = ((0, 1), ()) if name == "barrier" else ((0,), (0,) * (name == "measure"))
    again = Operation(name=name, qubits=qubits, clbits=clbits)
    circuit = NormalCircuit(num_qubits=2, cregs=(1,), operations=(again,) * 3)
    assert idle(circuit) == ([2] if name == "barrier" else [1, 2])
    check_legal(replace(circuit, operations=circuit.operations[: idle(circuit)[0]]))
    with pytest.raises(AssertionError):
        check_legal(circuit)


def check_legal(circuit):
    rows = torch.from_numpy(encode_circuit(circuit).astype("int64"))
    limit = Limits(
        num_qubits=circuit.num_qubits, gates=tuple(ALPHABET), min_gates=0, max_rows=10_000
    )
    grammar = Grammar(BatchLimits.of([limit]))
    for row in rows:
        one = row[None]
        assert grammar.ops()[0, row[Column.OP]]
        for column in (Column.A, Column.B, Column.C):
            if row[column] >= 0:
                assert grammar.operand(column, one)[0, row[column]], (row, column)
        if row[Column.ANGLE] >= 0:
            assert grammar.angles()[0, row[Column.ANGLE]]
        grammar.advance(one)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"num_qubits": 64, "max_gates": 5, "measure": Measure.ALL}, "measuring all 64"),
        ({"gates": ("cx",)}, "no single-qubit gate"),
        ({"gates": ("h", "foo")}, "not in the gate alphabet"),
        ({"num_qubits": 200}, "1 to 128"),
        ({"min_gates": 50, "max_depth": 2, "num_qubits": 10}, "hold at most 20"),
        ({"min_gates": 9, "max_gates": 8}, "at least 9 and at most 8"),
        ({"min_gates": 900, "max_rows": 800}, "more than the 800"),
    ],
)
def test_impossible_limits_are_refused_with_the_reason(changes, reason):
    with pytest.raises(BadInputError, match=reason):
        Limits(**({"num_qubits": 3, "gates": ("h", "cx")} | changes))
