import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import expm_multiply

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import tfim
from qtools.compile.target.evolve import trotter_state
from qtools.compile.target.integrators import STRANG
from tests.compile.dense import ansatz_state, initial_state, random_unitaries


def problem(num_qubits, time=0.7, preparation=(), state="neel"):
    named = InitialState.named(state, num_qubits=num_qubits)
    return EvolutionProblem(
        hamiltonian=tfim(num_qubits, coupling=0.8, field=0.5),
        initial=InitialState(vectors=named.vectors, preparation=preparation),
        time=time,
    )


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_odd_layers_start_as_second_order_trotter_steps(steps):
    chosen = problem(6)
    ansatz = trotter_ansatz(chosen, 2 * steps + 1)
    expected = trotter_state(chosen, STRANG, steps, max_angle=1e-10).mps.to_dense()
    np.testing.assert_allclose(ansatz_state(ansatz), expected, atol=1e-8)


@pytest.mark.parametrize("layers", [2, 4, 6])
def test_even_layers_start_as_first_order_steps(layers):
    chosen = problem(6, time=0.01 * layers)
    state = ansatz_state(trotter_ansatz(chosen, layers))
    generator = chosen.hamiltonian.to_sparse_pauli_op().to_matrix(sparse=True)
    exact = expm_multiply(-1j * chosen.time * generator, initial_state(chosen.initial))
    assert np.linalg.norm(state - exact) < 0.1 * chosen.time


@given(num_qubits=st.integers(3, 9), layers=st.integers(1, 7))
def test_brickwork_layout(num_qubits, layers):
    ansatz = trotter_ansatz(problem(num_qubits), layers)
    expected = [b for layer in range(layers) for b in range(layer % 2, num_qubits - 1, 2)]
    assert list(ansatz.bonds) == expected
    assert ansatz.num_parameters == 15 * len(expected)
    assert ansatz.frozen == 0


def test_two_qubits_need_one_block():
    ansatz = trotter_ansatz(problem(2), 5)
    assert ansatz.bonds == (0,)


class TestPreparation:
    def test_gates_that_a_block_can_absorb_are_absorbed(self):
        gate = random_unitaries(np.random.default_rng(0), 1)[0]
        ansatz = trotter_ansatz(problem(4, preparation=((0, gate),)), 3)
        assert ansatz.frozen == 0
        assert ansatz.bonds == (0, 2, 1, 0, 2)

    def test_others_come_first_and_are_frozen(self):
        first, second = random_unitaries(np.random.default_rng(1), 2)
        chosen = problem(5, preparation=((1, first), (0, second)))
        ansatz = trotter_ansatz(chosen, 3)
        assert ansatz.frozen == 1
        assert ansatz.bonds[:2] == (1, 0)
        assert ansatz.num_parameters == 15 * (ansatz.num_blocks - 1)

    @given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 5))
    def test_the_state_is_that_of_the_steps_after_the_preparation(self, seed, count):
        rng = np.random.default_rng(seed)
        gates = tuple((int(rng.integers(4)), g) for g in random_unitaries(rng, count))
        chosen = problem(5, preparation=gates)
        expected = trotter_state(chosen, STRANG, 1, max_angle=1e-10).mps.to_dense()
        np.testing.assert_allclose(ansatz_state(trotter_ansatz(chosen, 3)), expected, atol=1e-8)
