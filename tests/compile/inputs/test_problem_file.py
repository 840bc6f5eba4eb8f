from pathlib import Path

import pytest

from qtools.compile.inputs.problem_file import (
    CompileRequest,
    HamiltonianRequest,
    merged,
    read_problem_file,
)
from qtools.compile.problem.models import heisenberg
from qtools.errors import BadInputError, UsageError

TEXT = """
[hamiltonian]
model = "heisenberg"
sites = 6
coupling = -0.25
[evolution]
initial = "neel"
time = 1.2
[ansatz]
layers = 5
[optimize]
fidelity = 0.999
basis = ["cz", "rz", "sx"]
"""


def written(tmp_path, text):
    path = tmp_path / "problem.toml"
    path.write_text(text)
    return path


def test_a_problem_file_is_read(tmp_path):
    request = read_problem_file(written(tmp_path, TEXT))
    assert request.problem().hamiltonian == heisenberg(6, coupling=-0.25)
    assert request.problem().time == 1.2
    settings = request.settings()
    assert (settings.layers, settings.fidelity) == (5, 0.999)
    assert settings.basis == ("cz", "rz", "sx")


def test_files_are_relative_to_the_problem_file(tmp_path):
    (tmp_path / "H.json").write_text('{"num_qubits": 2, "terms": [["XX", [0, 1], 1.0]]}')
    qasm = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nx q[1];\n'
    (tmp_path / "prep.qasm").write_text(qasm)
    text = '[hamiltonian]\nfile = "H.json"\n[evolution]\ninitial = "prep.qasm"\ntime = 1\n'
    problem = read_problem_file(written(tmp_path, text)).problem()
    assert problem.num_qubits == 2
    assert list(problem.initial.vectors[1]) == [0, 1]


def test_the_command_line_wins(tmp_path):
    base = read_problem_file(written(tmp_path, TEXT))
    over = CompileRequest(
        hamiltonian=HamiltonianRequest(sites=8), time=2.0, steps=3, optimize={"seed": 3}
    )
    request = merged(base, over)
    assert request.problem().hamiltonian == heisenberg(8, coupling=-0.25)
    assert request.problem().time == 2.0
    assert request.settings().layers == 7
    assert (request.settings().fidelity, request.settings().seed) == (0.999, 3)


def test_a_hamiltonian_file_and_a_model_replace_each_other(tmp_path):
    (tmp_path / "H.json").write_text('{"num_qubits": 2, "terms": [["XX", [0, 1], 1.0]]}')
    base = read_problem_file(written(tmp_path, TEXT))
    from_file = merged(
        base, CompileRequest(hamiltonian=HamiltonianRequest(file=tmp_path / "H.json"))
    )
    assert from_file.hamiltonian.build().num_qubits == 2
    model = HamiltonianRequest(model="tfim", sites=3)
    assert merged(from_file, CompileRequest(hamiltonian=model)).hamiltonian.build().num_qubits == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[hamiltonain]\n", r"unknown table \[hamiltonain\].*did you mean 'hamiltonian'"),
        ("[hamiltonian]\ncuopling = 1\n", "did you mean 'coupling'"),
        ("[ansatz]\nlayer = 1\n", "did you mean 'layers'"),
        ("[ansatz]\nlayers = 1\nsteps = 1\n", "both layers and steps"),
        ("[ansatz]\nlayers = 1.5\n", "should be a whole number, got 1.5"),
        ("[ansatz]\nlayers = true\n", "should be a whole number"),
        ("[evolution]\ntime = '1'\n", "should be a number"),
        ("[hamiltonian]\ncoupling = [1, 2]\n", "number or three"),
        ("[hamiltonian]\nperiodic = 1\n", "true or false"),
        ("[optimize]\nbasis = 'cx'\n", "list of texts"),
        (f"[evolution]\ntime = 1{'0' * 400}\n", "too large a number"),
        ("ansatz = 3\n", "expected a table"),
        ("[ansatz\n", "not complete TOML"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, message):
    with pytest.raises(BadInputError, match=message):
        read_problem_file(written(tmp_path, text))


def test_file_names_that_cannot_be_are_refused(tmp_path):
    text = '[hamiltonian]\nfile = "a\\u0000b"\n[evolution]\ntime = 1\n'
    with pytest.raises(BadInputError, match="cannot read the Hamiltonian file"):
        read_problem_file(written(tmp_path, text)).problem()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (CompileRequest(), "time"),
        (CompileRequest(time=1.0), "model"),
        (CompileRequest(time=1.0, hamiltonian=HamiltonianRequest(model="tfim")), "sites"),
        (
            CompileRequest(
                time=1.0, hamiltonian=HamiltonianRequest(file=Path("H.json"), coupling=1.0)
            ),
            "do not fit together",
        ),
    ],
)
def test_incomplete_requests_are_usage_errors(request_, message):
    with pytest.raises(UsageError, match=message):
        request_.problem()


@pytest.mark.parametrize("request_", [CompileRequest(), CompileRequest(layers=3, steps=1)])
def test_exactly_one_of_layers_and_steps(request_):
    with pytest.raises(UsageError, match="exactly one"):
        request_.settings()


def test_an_unknown_initial_state_suggests_the_nearest():
    request = CompileRequest(
        hamiltonian=HamiltonianRequest(model="tfim", sites=3), time=1.0, initial="neal"
    )
    with pytest.raises(BadInputError, match="did you mean 'neel'"):
        request.problem()
