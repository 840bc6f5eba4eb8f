"""Evolution under terms on three and more qubits, from every kind of input."""

import json

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.sparse.linalg import expm_multiply

from qtools import cli
from qtools.compile import compile_evolution
from qtools.compile.inputs.hamlib import read_hamlib
from qtools.compile.output.circuit_files import read_circuit
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.settings import CompileSettings
from qtools.compile.target.evolve import evolve, trotter_state
from qtools.compile.target.integrators import METHODS
from qtools.compile.then_trotter import ThenTrotter, trotter_rest
from qtools.compile.unitary import UnitaryProblem, compile_unitary
from qtools.errors import BadInputError
from tests.compile.dense import fidelity, initial_state

CLUSTER = [("XZX", [i, i + 1, i + 2], -0.5) for i in range(4)] + [("X", [i], 0.3) for i in range(6)]
# Far apart, four letters, a pair of no neighbours, letters out of order.
MIXED = [*CLUSTER, ("YXYZ", [0, 2, 3, 5], 0.25), ("XX", [1, 4], 0.2), ("ZYX", [5, 1, 3], 0.3)]


def problem(terms, time=0.6):
    hamiltonian = ChainHamiltonian.from_terms(terms, num_qubits=6)
    return EvolutionProblem(
        hamiltonian=hamiltonian, initial=InitialState.named("neel", num_qubits=6), time=time
    )


def exact(chosen, time=None):
    matrix = chosen.hamiltonian.to_sparse_pauli_op().to_matrix(sparse=True)
    return expm_multiply(-1j * (time or chosen.time) * matrix, initial_state(chosen.initial))


@pytest.mark.parametrize("order", [2, 4])
def test_trotter_steps_converge_with_their_order(order):
    chosen = problem(MIXED)
    errors = [
        np.linalg.norm(
            trotter_state(chosen, METHODS[order], steps, max_angle=1e-9).mps.to_dense()
            - exact(chosen)
        )
        for steps in (2, 4)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.3)


def test_the_target_is_as_exact_as_asked_for():
    chosen = problem(MIXED)
    target = evolve(chosen, tolerance=1e-7)
    error = 1.0 - fidelity(target.mps.to_dense(), exact(chosen))
    assert error < 1e-7
    assert error < 4 * np.sin(target.angle) ** 2 + 1e-12


def test_a_qiskit_operator_is_compiled():
    operator = SparsePauliOp.from_sparse_list(CLUSTER, num_qubits=6)
    result = compile_evolution(
        operator, time=0.6, initial_state="neel", layers=6, max_iterations=60
    )
    state = Statevector(result.circuit).data
    assert fidelity(state, exact(problem(CLUSTER))) >= result.fidelity_lower_bound > 0.98
    baseline = result.baseline
    assert result.fidelity > baseline.trotter_same_depth_fidelity
    assert baseline.trotter_same_fidelity_two_qubit_depth > result.two_qubit_depth


def test_a_json_file_is_compiled_and_its_energy_kept(tmp_path, capsys):
    path = tmp_path / "h.json"
    path.write_text(json.dumps({"num_qubits": 6, "terms": MIXED}), encoding="utf-8")
    options = ("--initial", "neel", "--time", "0.4", "--layers", "7", "--max-iterations", "40")
    command = ["compile", "evolution", "--hamiltonian", str(path), *options]
    assert cli.run([*command, "--out", str(tmp_path / "run"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    state = Statevector(read_circuit(tmp_path / "run" / "circuit.qasm")).data
    expected = exact(problem(MIXED), 0.4)
    assert fidelity(state, expected) >= record["fidelity_lower_bound"] > 0.9


def test_hamlib_text_is_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "h.hdf5", "w") as file:
        file["key"] = "(-0.5+0j) [X0 Z1 X2] + (0.25+0j) [Y0 X1 Y3 Z2] + (1+0j) [Z3]"
    read = read_hamlib(tmp_path / "h.hdf5")
    assert [(t.label, t.sites) for t in read.strings] == [
        ("XZX", (0, 1, 2)),
        ("YXZY", (0, 1, 2, 3)),
    ]


def test_plain_trotter_goes_on_behind_it():
    chosen = problem(MIXED, time=0.3)
    rest = trotter_rest(chosen, ThenTrotter(until=0.6, steps=8), basis=("cx", "rz", "sx", "x"))
    # Statevector's order of qubits is that of the twin.
    state = Statevector(exact(chosen)).evolve(rest).data
    np.testing.assert_allclose(state, exact(chosen, 0.6), atol=2e-3)


def test_a_whole_unitary_is_refused():
    unitary = UnitaryProblem(hamiltonian=problem(CLUSTER).hamiltonian, time=0.5)
    with pytest.raises(BadInputError, match="XZX acts on 3 qubits"):
        compile_unitary(unitary, CompileSettings(layers=3))
