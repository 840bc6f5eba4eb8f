"""The whole pipeline against statevectors that Qiskit and SciPy make on their own."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.sparse.linalg import expm_multiply

from qtools.compile import compile_evolution
from qtools.compile.compiler import compile_problem
from qtools.compile.geometry.lattices import ring, square
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, xyz
from qtools.compile.result import Outcome
from qtools.compile.settings import CompileSettings
from qtools.errors import CapacityError, UsageError


def disordered(num_qubits, bits, time=0.8):
    """Nothing about this chain is the same when read from its other end."""
    hamiltonian = xyz(
        num_qubits, coupling=(0.3, -0.5, 0.7), field=(0.2, 0.1, -0.4), disorder=0.6, seed=5
    )
    initial = InitialState.named(bits, num_qubits=num_qubits)
    return EvolutionProblem(hamiltonian=hamiltonian, initial=initial, time=time)


def exact(operator, start, time):
    return expm_multiply(-1j * time * operator.to_matrix(sparse=True), start)


@pytest.mark.parametrize("basis", [("cx", "rz", "sx", "x"), ("cz", "rz", "sx", "x"), ("ecr", "u")])
@pytest.mark.parametrize(("bits", "layers"), [("0010110100", 5), ("110100101101", 3), ("01", 2)])
def test_fidelity_and_phase_are_those_of_the_statevector(bits, layers, basis):
    problem = disordered(len(bits), bits)
    settings = CompileSettings(layers=layers, tolerance=1e-8, basis=basis, max_iterations=30)
    result = compile_problem(problem, settings)
    state = Statevector(result.circuit).data
    # Against the target: nothing but rounding between two ways to compute the same number.
    overlap = np.vdot(result.target.mps.to_dense(), state)
    assert abs(overlap) ** 2 == pytest.approx(result.fidelity, abs=1e-10)
    assert np.angle(overlap) == pytest.approx(0.0, abs=1e-8)
    # Against the true state: within the bound that is reported.
    start = Statevector.from_label(bits[::-1]).data
    true = exact(problem.hamiltonian.to_sparse_pauli_op(), start, problem.time)
    assert abs(np.vdot(true, state)) ** 2 >= result.fidelity_lower_bound - 1e-10


def test_the_call_for_python_users():
    op = SparsePauliOp.from_sparse_list(
        [(p, [i, i + 1], -0.25) for i in range(7) for p in ("XX", "YY", "ZZ")], num_qubits=8
    )
    result = compile_evolution(op, time=1.2, initial_state="neel", layers=5)
    assert isinstance(result.circuit, QuantumCircuit)
    true = exact(op, Statevector.from_label("10101010").data, 1.2)
    overlap = np.vdot(true, Statevector(result.circuit).data)
    assert abs(overlap) ** 2 > 0.9999
    assert abs(overlap) ** 2 >= result.fidelity_lower_bound
    assert np.angle(overlap) == pytest.approx(0.0, abs=1e-3)
    assert result.certificate is not None
    assert result.certificate.fidelity == pytest.approx(result.fidelity, abs=1e-8)
    assert result.two_qubit_depth == 13  # 3 CX per block, 1 for a block on known inputs
    for line in ("fidelity", "two-qubit depth", "Trotter at the same fidelity"):
        assert line in result.report()


def test_steps_mean_layers_and_a_circuit_may_prepare_the_start():
    op = SparsePauliOp.from_sparse_list(
        [("ZZ", [i, i + 1], 0.6) for i in range(5)] + [("X", [i], 0.9) for i in range(6)],
        num_qubits=6,
    )
    prepare = QuantumCircuit(6, global_phase=0.3)
    prepare.ry(0.4, 0)
    prepare.cx(0, 1)
    prepare.x(4)
    prepare.cx(1, 2)
    result = compile_evolution(op, time=0.5, initial_state=prepare, steps=2, tolerance=1e-8)
    assert result.settings.layers == 5
    true = exact(op, Statevector(prepare).data, 0.5)
    overlap = np.vdot(true, Statevector(result.circuit).data)
    assert abs(overlap) ** 2 >= max(0.9999, result.fidelity_lower_bound)
    assert np.angle(overlap) == pytest.approx(0.0, abs=1e-3)


class TestOutcomes:
    problem = EvolutionProblem(
        hamiltonian=heisenberg(12, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=12),
        time=1.2,
    )

    def run(self, **settings):
        return compile_problem(self.problem, CompileSettings(layers=5, **settings))

    def test_converged(self):
        result = self.run()
        assert result.outcome is Outcome.CONVERGED
        assert result.baseline.trotter_same_depth_fidelity < result.fidelity
        assert result.baseline.trotter_same_fidelity_two_qubit_depth > result.two_qubit_depth

    def test_fidelity_reached_stops_early(self):
        result = self.run(fidelity=0.999)
        assert result.outcome is Outcome.FIDELITY_REACHED
        assert 0.999 <= result.fidelity < 0.9999

    def test_limits(self):
        assert self.run(max_iterations=2).outcome is Outcome.ITERATION_LIMIT
        assert self.run(max_seconds=1e-6).outcome is Outcome.TIME_LIMIT

    def test_interrupt_gives_the_best_so_far(self):
        def interrupt(text, fraction=None):
            if text.startswith("iteration 5"):
                raise KeyboardInterrupt

        result = compile_problem(self.problem, CompileSettings(layers=5), on_progress=interrupt)
        assert result.outcome is Outcome.INTERRUPTED
        assert len(result.history) == 5
        assert result.fidelity > result.baseline.trotter_same_depth_fidelity

    def test_same_settings_same_circuit(self):
        first, second = self.run(max_iterations=10), self.run(max_iterations=10)
        assert first.circuit == second.circuit
        assert first.fidelity == second.fidelity


def test_too_little_memory_is_refused_before_the_work_starts():
    told = []
    problem = disordered(12, "010101010101")
    with pytest.raises(CapacityError, match="only 1000 bytes is allowed"):
        compile_problem(
            problem,
            CompileSettings(layers=9, max_memory=1_000),
            on_progress=lambda text, fraction=None: told.append(text),
        )
    assert told == []


def test_exactly_one_depth():
    op = SparsePauliOp("ZZ")
    for depth in ({}, {"layers": 3, "steps": 1}):
        with pytest.raises(UsageError, match="exactly one"):
            compile_evolution(op, time=1.0, **depth)


@pytest.mark.parametrize("found", [ring(6), square(2, 3)], ids=lambda lattice: lattice.name)
def test_any_geometry_comes_out_on_its_own_qubits_and_edges(found):
    terms = [("ZZ", edge, 0.3 + 0.1 * i) for i, edge in enumerate(found.edges)]
    terms += [("X", (site,), 0.4 + 0.05 * site) for site in range(found.num_sites)]
    operator = SparsePauliOp.from_sparse_list(terms, num_qubits=found.num_sites)
    result = compile_evolution(operator, time=0.5, initial_state="110010", layers=5, tolerance=1e-8)
    start = Statevector.from_label("010011").data
    overlap = np.vdot(exact(operator, start, 0.5), Statevector(result.circuit).data)
    assert abs(overlap) ** 2 == pytest.approx(result.fidelity, abs=1e-6)
    assert result.fidelity > 0.999
    assert np.angle(overlap) == pytest.approx(0.0, abs=1e-3)
    assert result.certificate.fidelity == pytest.approx(result.fidelity, abs=1e-9)
    edges = {frozenset(edge) for edge in found.edges}
    for instruction in result.circuit.data:
        qubits = frozenset(result.circuit.find_bit(q).index for q in instruction.qubits)
        assert len(qubits) == 1 or qubits in edges
