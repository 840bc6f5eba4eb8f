import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2, qpy
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector

from qtools import cli
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.inputs.circuit_input import circuit_problem, given_circuit
from qtools.compile.output.circuit_files import read_circuit
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.starts.circuit_start import circuit_ansatz, embedded
from qtools.compile.synthesis.native_basis import DEFAULT_BASIS
from qtools.errors import BadInputError, CapacityError
from tests.compile.dense import ansatz_state, fidelity, random_complex


def problem_of(circuit, **options):
    return circuit_problem(given_circuit(circuit).circuit, basis=DEFAULT_BASIS, **options)


def run(*arguments):
    return cli.run(["compile", *map(str, arguments)])


def brickwork(num_qubits, layers, seed=0, angle=0.3):
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(num_qubits)
    for layer in range(layers):
        for qubit in range(num_qubits):
            circuit.u(*rng.normal(0, angle, 3), qubit)
        for qubit in range(layer % 2, num_qubits - 1, 2):
            circuit.rzz(float(rng.normal(0, angle)), qubit, qubit + 1)
    return circuit


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 4))
def test_the_first_parameters_of_an_ansatz_reproduce_its_circuit(seed, num_qubits, depth):
    """Gates on up to three qubits, neighbours or not, qubits that idle, barriers, any phase."""
    circuit = random_circuit(num_qubits, depth, max_operands=3, seed=seed)
    circuit.global_phase = 0.4
    circuit.barrier()
    problem = problem_of(circuit)
    exact = Statevector(circuit).data
    np.testing.assert_allclose(ansatz_state(circuit_ansatz(problem.leading)), exact, atol=1e-9)
    np.testing.assert_allclose(problem.target.mps.to_dense(), exact, atol=2e-3)


def test_gradients_from_a_circuit_agree_with_finite_differences():
    problem = problem_of(random_circuit(6, 2, max_operands=2, seed=3))
    ansatz = circuit_ansatz(problem.leading)
    cost = LogInfidelity(engine=ExactOverlap(ansatz, problem.target.mps))
    rng = np.random.default_rng(0)
    raw = 0.1 * random_complex(rng, ansatz.gates.shape)
    away = moved(ansatz.gates, raw - raw.conj().swapaxes(1, 2))
    raw = random_complex(rng, ansatz.gates.shape)
    step = raw - raw.conj().swapaxes(1, 2)
    slope = np.vdot(cost(away).gradient, step).real
    ahead, behind = (cost(moved(away, h * step)).cost for h in (1e-5, -1e-5))
    assert slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-6)


@given(st.integers(0, 1000), st.integers(2, 7), st.integers(1, 6), st.integers(1, 8))
def test_a_brickwork_holds_the_first_blocks_and_all_of_them_where_they_fit(seed, n, depth, layers):
    problem = problem_of(brickwork(n, depth, seed, angle=1.0))
    ansatz = embedded(problem.leading, layers)
    if layers >= depth:
        np.testing.assert_allclose(
            ansatz_state(ansatz), ansatz_state(circuit_ansatz(problem.leading)), atol=1e-10
        )
    placed = [g for g in ansatz.gates if not np.array_equal(g, np.eye(4))]
    assert len(placed) <= len(problem.leading.preparation)


def test_measurements_at_the_end_are_dropped_and_counted():
    circuit = brickwork(4, 3)
    bare = Statevector(circuit).data
    circuit.measure_all()
    given = given_circuit(circuit)
    assert given.dropped == 4
    np.testing.assert_allclose(Statevector(given.circuit).data, bare, atol=1e-12)


def refused(build):
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    build(circuit)
    with pytest.raises(BadInputError) as caught:
        given_circuit(circuit)
    return str(caught.value)


def test_what_is_no_unitary_gate_is_refused_by_name_and_position():
    def measured(circuit):
        circuit.measure(0, 0)
        circuit.cx(0, 1)

    def controlled(circuit):
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.x(1)

    assert "instruction 2 (cx on qubits 0,1) follows the measurement of qubit 0" in refused(
        measured
    )
    assert "instruction 1 (reset on qubits 1)" in refused(lambda circuit: circuit.reset(1))
    assert "instruction 1 (if_else" in refused(controlled)


@pytest.mark.parametrize("until", [2, "ecr"])
def test_the_rest_is_kept_behind_the_leading_part(tmp_path, until):
    circuit = brickwork(6, 4)
    circuit.ecr(0, 1)
    circuit.compose(brickwork(6, 3, seed=1), inplace=True)
    problem = problem_of(circuit, until=until)
    whole = QuantumCircuit(6)
    whole.compose(given_circuit(circuit).circuit, inplace=True)
    made = Statevector(ansatz_state(circuit_ansatz(problem.leading))).evolve(problem.rest).data
    np.testing.assert_allclose(made, Statevector(whole).data, atol=1e-9)


def test_as_much_as_a_bond_allows_is_replaced():
    circuit = brickwork(8, 8, angle=1.0)
    problem = problem_of(circuit, max_bond=4)
    assert problem.target.max_bond <= 4
    assert 1 <= problem.original_depth < 8
    made = Statevector(ansatz_state(circuit_ansatz(problem.leading))).evolve(problem.rest).data
    np.testing.assert_allclose(made, Statevector(circuit).data, atol=1e-9)


def test_a_state_beyond_every_bond_is_refused(monkeypatch):
    monkeypatch.setattr("qtools.compile.inputs.circuit_input._LARGEST_BOND", 4)
    with pytest.raises(CapacityError, match="--until"):
        problem_of(brickwork(8, 8, angle=1.0))


@pytest.mark.parametrize(
    ("until", "message"), [(0, "between 1 and 3"), (9, "between 1 and 3"), ("rzx", "did you mean")]
)
def test_a_part_that_is_not_there_is_refused(until, message):
    with pytest.raises(BadInputError, match=message):
        problem_of(brickwork(4, 3), until=until)


@pytest.mark.parametrize("form", ["qasm2", "qpy"])
def test_a_circuit_file_is_replaced_by_a_shorter_one(tmp_path, capsys, form):
    circuit = brickwork(8, 14, angle=0.2)
    source = tmp_path / f"in.{form}"
    if form == "qpy":
        with source.open("wb") as stream:
            qpy.dump(circuit, stream)
    else:
        source.write_text(qasm2.dumps(circuit))
    out = tmp_path / "run"
    options = (
        "--layers",
        4,
        "--fidelity",
        0.99,
        "--until",
        12,
        "--max-iterations",
        200,
        "--out",
        out,
        "--json",
    )
    assert run("circuit", source, *options) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["baseline"], record["time"], record["layers"]) == (None, None, 4)
    whole = read_circuit(out / "circuit.qasm")
    assert fidelity(Statevector(whole).data, Statevector(circuit).data) > 0.99
    assert record["two_qubit_depth"] <= 12
    assert record["original_two_qubit_depth"] == 12


def test_old_qpy_is_refused_unread(tmp_path, capsys):
    source = tmp_path / "old.qpy"
    source.write_bytes(b"QISKIT" + bytes([12]) + b"\0" * 40)
    assert run("circuit", source, "--layers", 3, "--out", tmp_path / "run") == 4
    assert "QPY of version 12" in " ".join(capsys.readouterr().err.split())
