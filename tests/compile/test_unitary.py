import numpy as np
import pytest
from qiskit.quantum_info import Operator
from scipy.linalg import expm

from qtools.compile.geometry.lattices import ring
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, tfim
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from qtools.compile.unitary import UnitaryProblem, compile_unitary
from qtools.errors import BadInputError


def trace_overlap(problem, circuit):
    """``Tr(U^dagger V) / 2^n`` with dense matrices."""
    matrix = problem.hamiltonian.to_sparse_pauli_op().to_matrix()
    exact = expm(-1j * problem.time * matrix)
    return np.trace(exact.conj().T @ Operator(circuit).data) / len(exact)


@pytest.fixture(scope="module")
def result():
    problem = UnitaryProblem(hamiltonian=heisenberg(6, coupling=0.3, field=0.2), time=1.0)
    return compile_unitary(problem, CompileSettings(layers=5, tolerance=1e-8, fidelity=0.9995))


def test_process_fidelity_is_that_of_the_matrices(result):
    overlap = trace_overlap(result.problem, result.circuit)
    assert abs(overlap) ** 2 == pytest.approx(result.process_fidelity, abs=1e-6)
    assert result.process_fidelity > 0.9995


def test_global_phase_is_that_of_the_evolution(result):
    assert np.angle(trace_overlap(result.problem, result.circuit)) == pytest.approx(0.0, abs=1e-4)


def test_average_gate_fidelity(result):
    d = 2**6
    expected = (d * result.process_fidelity + 1) / (d + 1)
    assert result.average_gate_fidelity == pytest.approx(expected)


def test_random_states_agree_in_another_engine(result):
    found = result.state_fidelities(3, seed=1)
    assert len(set(found)) == 3
    assert np.mean(1 - np.array(found)) == pytest.approx(
        1 - result.average_gate_fidelity, rel=1.0, abs=1e-5
    )


def test_baseline_is_no_deeper_and_worse(result):
    assert result.baseline.two_qubit_depth <= two_qubit_depth(result.circuit)
    assert result.baseline.process_fidelity < result.process_fidelity


def test_error_of_the_transverse_field_chain_far_below_trotter():
    problem = UnitaryProblem(hamiltonian=tfim(12, coupling=1.0, field=1.0), time=1.0)
    found = compile_unitary(problem, CompileSettings(layers=5, tolerance=1e-7, fidelity=0.99999))
    assert 1 - found.process_fidelity < 0.1 * (1 - found.baseline.process_fidelity)


def test_energy_shift_is_in_the_phase():
    hamiltonian = ChainHamiltonian.from_terms(
        [("XX", (0, 1), 0.4), ("Z", (1,), 0.3), ("", (), 0.9)], num_qubits=3
    )
    problem = UnitaryProblem(hamiltonian=hamiltonian, time=0.7)
    found = compile_unitary(problem, CompileSettings(layers=5, tolerance=1e-9, fidelity=0.9999))
    assert np.angle(trace_overlap(problem, found.circuit)) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("time", [0.0, -1.0, float("nan"), float("inf")])
def test_times_that_mean_nothing_are_refused(time):
    with pytest.raises(BadInputError, match="time"):
        UnitaryProblem(hamiltonian=tfim(4), time=time)


def test_a_ring_on_the_sites_of_a_chain():
    evolution = EvolutionProblem.on_qubits(
        hamiltonian=tfim(ring(5)), initial=InitialState.named("zero", num_qubits=5), time=0.4
    )
    assert evolution.qubits is not None
    problem = UnitaryProblem(
        hamiltonian=evolution.hamiltonian, time=evolution.time, qubits=evolution.qubits
    )
    result = compile_unitary(problem, CompileSettings(layers=5, tolerance=1e-8, max_iterations=30))
    generator = tfim(ring(5)).to_sparse_pauli_op().to_matrix()
    exact = expm(-0.4j * generator)
    overlap = np.trace(exact.conj().T @ Operator(result.circuit).data) / 2**5
    assert abs(overlap) ** 2 == pytest.approx(result.process_fidelity, abs=1e-6)
    assert result.process_fidelity > 0.99
    assert np.angle(overlap) == pytest.approx(0.0, abs=1e-3)


def test_a_unitary_starts_from_trotter_blocks():
    problem = UnitaryProblem(hamiltonian=tfim(4), time=0.3)
    with pytest.raises(BadInputError, match="use trotter"):
        compile_unitary(problem, CompileSettings(layers=3, start="staircase"))


@pytest.mark.parametrize("blocks", ["matchgate", "two-cx"])
def test_blocks_of_a_unitary_may_be_of_a_family(blocks):
    problem = UnitaryProblem(hamiltonian=tfim(6, coupling=0.5, field=0.5), time=0.6)
    settings = CompileSettings(layers=5, blocks=blocks, max_iterations=60)
    result = compile_unitary(problem, settings)
    assert result.process_fidelity > 0.999
    assert result.circuit.count_ops()["cx"] <= 2 * 13
