import json
from contextlib import contextmanager

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.sparse.linalg import expm_multiply

from qtools import cli, console
from qtools.compile import compiler
from qtools.compile.output.circuit_files import read_circuit
from qtools.compile.output.mps_formats import load_mps
from qtools.compile.problem.models import heisenberg

SMALL = [
    *("--model", "heisenberg", "--sites", "6", "--coupling", "-0.25", "--initial", "neel"),
    *("--time", "0.6", "--layers", "3", "--max-iterations", "20"),
]
NEEL_6 = 0b101010  # X on every odd qubit, qubit 0 least significant

RESULT_KEYS = {
    *("fidelity", "fidelity_lower_bound", "num_qubits", "layers", "two_qubit_depth"),
    *("two_qubit_gates", "num_parameters", "global_phase", "seconds", "certificate_seconds"),
    *("evaluations", "outcome", "target", "baseline", "versions", "seed"),
}


def run(*arguments):
    return cli.run(["compile", "evolution", *map(str, arguments)])


def exact_state():
    H = heisenberg(6, coupling=-0.25).to_sparse_pauli_op().to_matrix(sparse=True)
    return expm_multiply(-0.6j * H, np.eye(64)[NEEL_6].astype(complex))


def test_a_compiled_circuit_makes_the_evolved_state_with_its_phase(tmp_path, capsys):
    assert run(*SMALL, "--tolerance", "1e-10", "--out", tmp_path, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record == json.loads((tmp_path / "result.json").read_text())
    assert set(record) >= RESULT_KEYS
    assert {"max_bond", "discarded_weight", "trotter_error"} <= set(record["target"])
    overlap = np.vdot(exact_state(), Statevector(read_circuit(tmp_path / "circuit.qasm")).data)
    assert abs(overlap) ** 2 == pytest.approx(record["fidelity"], abs=1e-4)
    assert abs(overlap) ** 2 >= record["fidelity_lower_bound"]
    assert abs(np.angle(overlap)) < 1e-3
    plain = qasm2.load(tmp_path / "circuit.qasm")
    plain.global_phase += record["global_phase"]
    assert np.angle(np.vdot(exact_state(), Statevector(plain).data)) == pytest.approx(
        np.angle(overlap), abs=1e-9
    )
    target = load_mps(tmp_path / "target.npz").to_dense()
    assert abs(np.vdot(exact_state(), target)) ** 2 > 1 - 1e-9
    history = (tmp_path / "history.jsonl").read_text().splitlines()
    assert json.loads(history[-1])["iteration"] <= 20


def test_the_summary_goes_to_stderr_and_nothing_to_stdout(tmp_path, capsys):
    assert run(*SMALL, "--out", tmp_path) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Trotter, as deep" in captured.err
    assert run(*SMALL, "--out", tmp_path, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("circuit_format", "name"), [("qasm3", "circuit.qasm"), ("qpy", "circuit.qpy")]
)
def test_other_formats_replace_the_circuit_file(tmp_path, circuit_format, name):
    assert run(*SMALL, "--out", tmp_path) == 0
    options = ("--format", circuit_format, "--basis", "cz,rz,sx,x")
    assert run(*SMALL, *options, "--out", tmp_path) == 0
    assert [path.name for path in tmp_path.glob("circuit.*")] == [name]
    circuit = read_circuit(tmp_path / name)
    assert set(circuit.count_ops()) <= {"cz", "rz", "sx", "x"}
    assert abs(np.vdot(exact_state(), Statevector(circuit).data)) ** 2 > 0.99


def test_a_problem_file_with_options_over_it(tmp_path, capsys):
    (tmp_path / "H.json").write_text(
        '{"num_qubits": 4, "terms": [["XX", [0, 1], 0.5], ["ZZ", [1, 2], 1.0], ["Y", [3], 0.3]]}'
    )
    problem = tmp_path / "problem.toml"
    problem.write_text(
        '[hamiltonian]\nfile = "H.json"\n[evolution]\ninitial = "0101"\ntime = 0.5\n'
        "[ansatz]\nlayers = 9\n[optimize]\nmax_iterations = 5\n"
    )
    assert run(problem, "--steps", "1", "--out", tmp_path / "run", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["num_qubits"], record["layers"]) == (4, 3)
    assert record["settings"]["max_iterations"] == 5


def test_a_missed_fidelity_is_exit_3_with_the_result_written(tmp_path, capsys):
    options = ("--layers", "1", "--fidelity", "0.999999")
    assert run(*SMALL, *options, "--out", tmp_path) == 3
    assert "0.999999 was asked for" in capsys.readouterr().err
    assert json.loads((tmp_path / "result.json").read_text())["fidelity"] < 0.999999


def test_another_problems_directory_is_kept_unless_forced(tmp_path, capsys):
    assert run(*SMALL, "--out", tmp_path, "--quiet") == 0
    before = (tmp_path / "circuit.qasm").read_bytes()
    other = (*SMALL, "--time", "0.7", "--out", tmp_path, "--quiet")
    assert run(*other) == 4
    assert "another problem's" in capsys.readouterr().err
    assert (tmp_path / "circuit.qasm").read_bytes() == before
    assert run(*SMALL, "--seed", "1", "--out", tmp_path, "--quiet") == 0
    assert run(*other, "--force") == 0
    assert json.loads((tmp_path / "result.json").read_text())["time"] == 0.7


@pytest.mark.parametrize("text", ["", "[]", '{"problem_id": 3}', '{"problem_id": "aa'])
def test_a_directory_with_a_damaged_result_is_kept(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    assert run(*SMALL, "--out", tmp_path) == 4
    assert (tmp_path / "result.json").read_text() == text


def test_the_same_run_writes_the_same_circuit(tmp_path):
    for name in ("a", "b"):
        assert run(*SMALL, "--disorder", "0.2", "--out", tmp_path / name, "--quiet") == 0
    first, second = ((tmp_path / name / "circuit.qasm").read_bytes() for name in ("a", "b"))
    assert first == second


def test_ctrl_c_while_optimising_writes_the_best_circuit_so_far(tmp_path, monkeypatch):
    @contextmanager
    def interrupting(*, quiet=False):
        def tick(text, fraction=None):
            if text.startswith("iteration 3"):
                raise KeyboardInterrupt

        yield tick

    monkeypatch.setattr(console, "progress", interrupting)
    assert run(*SMALL, "--out", tmp_path) == 130
    record = json.loads((tmp_path / "result.json").read_text())
    assert record["outcome"] == "interrupted"
    assert record["certificate"]["fidelity"] == pytest.approx(record["fidelity"], abs=1e-9)


def test_ctrl_c_while_certifying_keeps_the_circuit(tmp_path, monkeypatch):
    def interrupted(result, circuit):
        raise KeyboardInterrupt

    monkeypatch.setattr(compiler, "certified", interrupted)
    assert run(*SMALL, "--out", tmp_path) == 130
    record = json.loads((tmp_path / "result.json").read_text())
    assert record["certificate"] is None
    assert read_circuit(tmp_path / "circuit.qasm").num_qubits == 6


def without(name):
    """The options of the small problem without one option and its value."""
    at = SMALL.index(name)
    return SMALL[:at] + SMALL[at + 2 :]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([*SMALL, "--steps", "1"], 2, "exactly one of layers and steps"),
        (without("--layers"), 2, "exactly one of layers and steps"),
        (without("--time"), 2, "time"),
        (without("--sites"), 2, "sites"),
        ([*SMALL, "--sites", "six"], 2, "--sites"),
        ([*SMALL, "--coupling", "a,b"], 2, "--coupling"),
        ([*SMALL, "--max-memory", "lots"], 2, "--max-memory"),
        ([*SMALL, "--format", "qasm4"], 2, "qasm4"),
        ([*SMALL, "--hamiltonian", "H.json"], 2, "do not fit together"),
        ([*SMALL, "--hamiltonain", "H.json"], 2, "--hamiltonian"),
        ([*SMALL, "--model", "heisenburg"], 4, "did you mean 'heisenberg'"),
        ([*SMALL, "--periodic", "--lattice", "ladder"], 4, "only a chain can be closed"),
        ([*SMALL, "--lattice", "square"], 4, "give its size"),
        ([*SMALL, "--size", "4x4"], 2, "a size needs a lattice"),
        ([*SMALL, "--lattice", "ladder", "--size", "four"], 2, "such as 4x4 for --size"),
        ([*SMALL, "--lattice", "ladder", "--size", "2x3"], 2, "sites and size"),
        ([*SMALL, "--coupling-map", "none.json"], 4, "none.json"),
        ([*SMALL, "--coupling", "nan"], 4, "finite"),
        ([*SMALL, "--field", "1,2"], 4, "one number or three"),
        ([*SMALL, "--sites", "0"], 4, "sites"),
        ([*SMALL, "--sites", "-3"], 4, "sites"),
        ([*SMALL, "--initial", "0101"], 4, "length 4"),
        ([*SMALL, "--initial", "none.qasm"], 4, "none.qasm"),
        ([*SMALL, "--time", "0"], 4, "time"),
        ([*SMALL, "--time", "-1"], 4, "time"),
        ([*SMALL, "--time", "nan"], 4, "time"),
        ([*SMALL, "--layers", "0"], 4, "layers"),
        ([*without("--layers"), "--steps", "0"], 4, "steps"),
        ([*SMALL, "--fidelity", "1.5"], 4, "fidelity"),
        ([*SMALL, "--tolerance", "0"], 4, "tolerance"),
        ([*SMALL, "--max-bond", "0"], 4, "max_bond"),
        ([*SMALL, "--max-iterations", "0"], 4, "max_iterations"),
        ([*SMALL, "--max-seconds", "-1"], 4, "max_seconds"),
        ([*SMALL, "--basis", "cx,h,t"], 4, "every rotation"),
        ([*SMALL, "--seed", "-1"], 4, "seed"),
        ([*SMALL, "--sites", "60", "--layers", "41", "--max-memory", "1MiB"], 4, "memory"),
        ([*SMALL, "--initial", "01" * 200 + "2"], 4, "unknown initial state"),
        (["none.toml", *SMALL], 4, "none.toml"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(tmp_path, capsys, options, code, message):
    out = tmp_path / "run"
    assert run(*options, "--out", out) == code
    error = capsys.readouterr().err
    assert message in " ".join(error.replace("│", " ").split())
    assert "Traceback" not in error
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"num_qubits": 4, "terms": [["XZX", [0, 1], 1.0]]}', "one letter per site"),
        ('{"num_qubits": 4, "terms": [["X", [7], 1.0]]}', "site 7"),
        ('{"num_qubits": 4, "terms": [["X", [0], "1+1j"]]}', "real number"),
        ('{"num_qubits": 4, "terms": [["X", [0], NaN]]}', "finite"),
        ('{"num_qubits": 4, "terms": [["X", [0], 1.0', "not complete JSON"),
    ],
)
def test_bad_hamiltonian_files_are_exit_4(tmp_path, capsys, text, message):
    (tmp_path / "H.json").write_text(text)
    options = ("--hamiltonian", tmp_path / "H.json", "--time", "1", "--layers", "3")
    assert run(*options, "--out", tmp_path / "run") == 4
    assert message in capsys.readouterr().err.replace("\n", " ")


def test_a_file_in_the_way_of_the_directory_is_refused_before_any_work(tmp_path, capsys):
    (tmp_path / "run").write_text("mine")
    assert run(*SMALL, "--out", tmp_path / "run", "--force") == 4
    assert (tmp_path / "run").read_text() == "mine"
    assert "not a directory" in capsys.readouterr().err


def test_a_directory_name_that_cannot_be_is_refused(tmp_path, capsys):
    assert run(*SMALL, "--out", tmp_path / ("x" * 300)) == 4
    assert "cannot write" in capsys.readouterr().err


def test_a_prepared_state_and_an_energy_shift_keep_the_phase(tmp_path):
    terms = [["II", [0, 1], 0.8], ["XX", [0, 1], 0.5], ["ZY", [1, 2], 0.7], ["X", [2], -0.4]]
    terms += [["ZZ", [2, 3], 0.3], ["Y", [3], 0.2]]
    (tmp_path / "H.json").write_text(json.dumps({"num_qubits": 4, "terms": terms}))
    prepared = QuantumCircuit(4)
    prepared.h(0)
    prepared.cx(0, 1)
    prepared.ry(0.3, 1)
    prepared.cx(2, 1)
    (tmp_path / "prep.qasm").write_text(qasm2.dumps(prepared))
    options = ("--hamiltonian", tmp_path / "H.json", "--initial", tmp_path / "prep.qasm")
    limits = ("--time", "0.9", "--layers", "7", "--fidelity", "0.999999", "--tolerance", "1e-9")
    assert run(*options, *limits, "--out", tmp_path / "run", "--quiet") == 0
    triples = [tuple(term) for term in terms]
    H = SparsePauliOp.from_sparse_list(triples, num_qubits=4).to_matrix(sparse=True)
    exact = expm_multiply(-0.9j * H, Statevector(prepared).data)
    made = Statevector(read_circuit(tmp_path / "run" / "circuit.qasm")).data
    np.testing.assert_allclose(made, exact, atol=3e-3)
    record = json.loads((tmp_path / "run" / "result.json").read_text())
    assert abs(np.vdot(exact, made)) ** 2 >= record["fidelity_lower_bound"]
