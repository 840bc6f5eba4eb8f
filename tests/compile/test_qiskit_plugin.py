import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector
from qiskit.transpiler import PassManager, generate_preset_pass_manager
from qiskit.transpiler.passes import HighLevelSynthesis
from qiskit.transpiler.passes.synthesis.high_level_synthesis import HLSConfig
from qiskit.transpiler.passes.synthesis.plugin import high_level_synthesis_plugin_names

from qtools import __version__
from qtools.compile.compiler import compile_problem
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.qiskit_plugin import CompressLeadingPart, EvolvedState, EvolvedStateSynthesis
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from tests.compile.dense import fidelity

PROBLEM = EvolutionProblem(
    hamiltonian=heisenberg(8, coupling=-0.25),
    initial=InitialState.named("neel", num_qubits=8),
    time=1.0,
)


@pytest.fixture(scope="module")
def result():
    return compile_problem(PROBLEM, CompileSettings(layers=5, max_iterations=30))


@pytest.fixture(scope="module")
def deep():
    return compile_problem(PROBLEM, CompileSettings(layers=21, max_iterations=1)).circuit


def test_the_ansatz_with_its_parameters_is_the_circuit(result):
    bound = result.ansatz.assign_parameters(result.parameters)
    assert bound == result.circuit
    assert bound.global_phase == result.circuit.global_phase
    assert len(result.ansatz.parameters) == len(result.parameters) > 100


def test_the_circuit_carries_its_provenance(result):
    metadata = result.circuit.metadata
    assert metadata["problem"] == PROBLEM.content_id()
    assert metadata["fidelity"] == pytest.approx(result.fidelity)
    assert (metadata["qtools"], metadata["layers"], metadata["seed"]) == (__version__, 5, 0)


def test_transpiling_at_level_3_keeps_the_state(result):
    made = transpile(
        result.circuit, basis_gates=["cx", "rz", "sx", "x"], optimization_level=3, seed_transpiler=1
    )
    assert two_qubit_depth(made) <= result.two_qubit_depth
    same = fidelity(Statevector(made).data, Statevector(result.circuit).data)
    assert same == pytest.approx(1.0, abs=1e-9)


def test_the_pass_compresses_what_comes_before_the_measurements(deep):
    circuit = deep.copy()
    circuit.measure_all()
    manager = generate_preset_pass_manager(0, basis_gates=["cx", "rz", "sx", "x"])
    manager.init = PassManager([CompressLeadingPart(0.99)])
    short = manager.run(circuit)
    assert manager.property_set["qtools_fidelity"] >= 0.99
    assert short.count_ops()["measure"] == 8
    assert two_qubit_depth(short) < 0.5 * two_qubit_depth(deep)
    short.remove_final_measurements()
    assert fidelity(Statevector(short).data, Statevector(deep).data) >= 0.99


def test_the_pass_keeps_what_waits_for_a_measurement_or_a_parameter(deep):
    circuit = QuantumCircuit(8, 1)
    circuit.compose(deep, inplace=True)
    circuit.rx(Parameter("x"), 0)
    circuit.cx(0, 1)
    circuit.measure(1, 0)
    short = PassManager([CompressLeadingPart(0.99)]).run(circuit)
    counts = short.count_ops()
    assert (counts["rx"], counts["measure"]) == (1, 1)
    assert two_qubit_depth(short) < two_qubit_depth(circuit)
    bound = short.assign_parameters([0.0])
    bound.remove_final_measurements()
    deep_then = deep.copy()
    deep_then.cx(0, 1)
    assert fidelity(Statevector(bound).data, Statevector(deep_then).data) >= 0.99


def test_the_pass_leaves_a_circuit_alone_that_gains_nothing():
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    assert PassManager([CompressLeadingPart(0.9999)]).run(circuit) == circuit


def test_an_evolved_state_is_synthesised_as_an_operation(result):
    operation = EvolvedState.of(
        PROBLEM.hamiltonian, time=1.0, initial="neel", layers=5, max_iterations=30
    )
    circuit = QuantumCircuit(8)
    circuit.append(operation, range(8))
    for options in ({}, {"layers": 3}):
        config = HLSConfig(evolved_state=[(EvolvedStateSynthesis(), options)])
        made = PassManager([HighLevelSynthesis(hls_config=config)]).run(circuit)
        made = transpile(made, basis_gates=["cx", "rz", "sx", "x"], optimization_level=0)
        got = Statevector(made).data
        assert fidelity(got, Statevector(result.circuit).data) > 0.99
    np.testing.assert_allclose(
        Statevector(circuit.decompose()).data, Statevector(result.circuit).data, atol=1e-9
    )


def test_transpile_finds_the_plugin_of_the_installed_package():
    """The entry point in pyproject.toml: no pass manager of one's own is needed."""
    assert "default" in high_level_synthesis_plugin_names("evolved_state")
    hamiltonian = PROBLEM.hamiltonian.to_sparse_pauli_op()
    operation = EvolvedState.of(hamiltonian, time=1.0, initial="neel", layers=5, max_iterations=5)
    circuit = QuantumCircuit(8)
    circuit.append(operation, range(8))
    circuit.rz(0.1, 0)
    shallow = HLSConfig(evolved_state=[("default", {"layers": 1, "max_iterations": 2})])
    depths = []
    for config in (None, shallow):
        made = transpile(
            circuit, basis_gates=["cx", "rz", "sx", "x"], hls_config=config, optimization_level=1
        )
        assert set(made.count_ops()) <= {"cx", "rz", "sx", "x"}
        depths.append(two_qubit_depth(made))
    assert depths[1] <= 3 < depths[0]
