from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.blocks.families import BlocksName, structured
from qtools.compile.fitting.blocks.structure import FactoredObjective
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.optimizers.lbfgs import LBFGS
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, tfim, xyz
from qtools.compile.settings import BLOCKS
from qtools.compile.synthesis.two_qubit_blocks import block_circuit
from qtools.compile.target.evolve import evolve
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, random_ansatz, random_complex, random_mps

seeds = st.integers(0, 2**32 - 1)
PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}

# family, a Hamiltonian that has it, CX per block at most
CASES = {
    "two-cx": (BlocksName.TWO_CX, heisenberg(6, coupling=-0.25), 2),
    "matchgate": (BlocksName.MATCHGATE, xyz(6, coupling=(0.5, 0.3, 0.0), field=0.2), 2),
    "matchgate around X": (BlocksName.MATCHGATE, tfim(6, coupling=0.5, field=0.3), 2),
    "matchgate around Y": (BlocksName.MATCHGATE, xyz(6, coupling=(0.5, 0.0, 0.2)), 2),
    "u1": (BlocksName.U1, heisenberg(6, coupling=-0.25, field=0.1), 3),
    "u1 around X": (BlocksName.U1, xyz(6, coupling=(0.5, 0.2, 0.2), field=(0.3, 0, 0)), 3),
    "u1 around Y": (BlocksName.U1, xyz(6, coupling=(0.2, 0.5, 0.2)), 3),
}


def problem(hamiltonian, time=0.8):
    initial = InitialState.named("neel", num_qubits=hamiltonian.num_qubits)
    return EvolutionProblem(hamiltonian=hamiltonian, initial=initial, time=time)


@pytest.fixture(scope="module", params=CASES)
def fitted(request):
    """Name, start and blocks after some steps of L-BFGS."""
    family, hamiltonian, _ = CASES[request.param]
    ansatz = trotter_ansatz(problem(hamiltonian), 4)
    target = evolve(problem(hamiltonian), tolerance=1e-7).mps
    structure, point = structured(family, ansatz)
    inner = LogInfidelity(engine=ExactOverlap(ansatz, target))
    cost, optimizer = FactoredObjective(inner=inner, structure=structure), LBFGS()
    state = optimizer.start(cost, point)
    for _ in range(100):
        state = optimizer.advance(cost, state)
    return request.param, ansatz, target, structure.composed(state.gates), state


def test_a_fit_in_a_family_lowers_the_cost_of_the_dense_states(fitted):
    _, ansatz, target, gates, state = fitted
    before, after = (
        1.0 - abs(np.vdot(target.to_dense(), ansatz_state(ansatz, g))) ** 2
        for g in (ansatz.gates, gates)
    )
    assert after < 0.3 * before
    assert after == pytest.approx(state.evaluation.infidelity, abs=1e-10)


def test_blocks_are_unitary_and_in_their_family_after_a_hundred_steps(fitted):
    name, _, _, gates, _ = fitted
    np.testing.assert_allclose(
        gates @ gates.conj().swapaxes(1, 2), np.broadcast_to(np.eye(4), gates.shape), atol=1e-12
    )
    for gate in gates:
        assert MEMBERSHIP[name](gate) < 1e-11


def test_blocks_take_as_few_cx_as_their_family_needs(fitted):
    name, _, _, gates, _ = fitted
    assert max(block_circuit(gate).num_cx for gate in gates) <= CASES[name][2]


def pauli(labels):
    return np.kron(PAULI[labels[0]], PAULI[labels[1]])


def off_conservation(axis):
    """How much a gate changes the magnetisation along an axis."""
    total = pauli(axis + "I") + pauli("I" + axis)
    return lambda gate: np.abs(gate @ total - total @ gate).max()


def off_matchgate(axis):
    """A matchgate takes Majorana operators to combinations of Majorana operators."""
    a, b = {"Z": "XY", "X": "YZ", "Y": "XZ"}[axis]
    majoranas = [pauli(label) for label in (a + "I", b + "I", axis + a, axis + b)]

    def off(gate):
        worst = 0.0
        for majorana in majoranas:
            carried = gate.conj().T @ majorana @ gate
            inside = sum(np.trace(m @ carried) / 4 * m for m in majoranas)
            worst = max(worst, np.abs(carried - inside).max())
        return worst

    return off


def off_two_cx(gate):
    """Shende, Bullock and Markov: two CX suffice when the trace of gamma is real."""
    U = gate / np.linalg.det(gate) ** 0.25
    yy = pauli("YY")
    return abs(np.trace(yy @ U.T @ yy @ U).imag)


MEMBERSHIP = {
    "two-cx": off_two_cx,
    "matchgate": off_matchgate("Z"),
    "matchgate around X": off_matchgate("X"),
    "matchgate around Y": off_matchgate("Y"),
    "u1": off_conservation("Z"),
    "u1 around X": off_conservation("X"),
    "u1 around Y": off_conservation("Y"),
}


def test_membership_tests_refuse_random_gates():
    gate = np.linalg.qr(random_complex(np.random.default_rng(0), (4, 4)))[0]
    assert all(off(gate) > 1e-3 for off in MEMBERSHIP.values())


@pytest.mark.parametrize("name", CASES)
@given(seed=seeds)
@settings(max_examples=10, deadline=None)
def test_gradient_by_factors_equals_finite_differences(name, seed):
    family, hamiltonian, _ = CASES[name]
    rng = np.random.default_rng(seed)
    ansatz = trotter_ansatz(problem(hamiltonian), 3)
    structure, point = structured(family, ansatz)
    target = random_mps(rng, 6, 4)
    inner = LogInfidelity(engine=ExactOverlap(ansatz, target))
    cost = FactoredObjective(inner=inner, structure=structure)
    raw = random_complex(rng, point.shape)
    direction = cost.tangent((raw - raw.conj().swapaxes(1, 2)) / np.linalg.norm(raw))
    step = 1e-5
    up = cost(moved(point, step * direction)).cost
    down = cost(moved(point, -step * direction)).cost
    slope = np.vdot(cost(point).gradient, direction).real
    assert slope == pytest.approx((up - down) / (2 * step), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["two-cx", "matchgate", "u1"])
def test_parameters_span_the_algebra(name):
    structure, _ = structured(CASES[name][0], trotter_ansatz(problem(CASES[name][1]), 3))
    assert structure.num_parameters == BLOCKS[name]
    for algebra in structure.algebras:
        gram = np.einsum("aij,bij->ab", algebra.conj(), algebra).real
        np.testing.assert_allclose(gram, np.eye(len(algebra)), atol=1e-12)


def test_a_two_cx_start_keeps_blocks_that_need_no_more():
    rng = np.random.default_rng(1)
    local = [np.kron(*np.linalg.qr(random_complex(rng, (2, 2, 2)))[0]) for _ in range(3)]
    cx = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
    gate = local[0] @ cx @ local[1] @ cx @ local[2]
    ansatz = replace(random_ansatz(rng, 2, 1), bonds=(0,), gates=gate[None])
    structure, point = structured(BlocksName.TWO_CX, ansatz)
    np.testing.assert_allclose(structure.composed(point)[0], gate, atol=1e-10)


def test_frozen_blocks_are_left_alone():
    rng = np.random.default_rng(2)
    ansatz = trotter_ansatz(problem(heisenberg(6)), 3)
    held = replace(
        ansatz,
        bonds=(2, *ansatz.bonds),
        gates=np.concatenate([np.linalg.qr(random_complex(rng, (1, 4, 4)))[0], ansatz.gates]),
        frozen=1,
    )
    for family in (BlocksName.U1, BlocksName.TWO_CX, BlocksName.GENERAL):
        structure, point = structured(family, held)
        np.testing.assert_array_equal(structure.composed(point)[0], held.gates[0])


@pytest.mark.parametrize(
    ("family", "hamiltonian", "message"),
    [
        (BlocksName.MATCHGATE, heisenberg(4), "free fermions"),
        (BlocksName.U1, tfim(4), "conserves a magnetisation"),
    ],
)
def test_a_family_that_does_not_fit_the_hamiltonian_is_refused(family, hamiltonian, message):
    with pytest.raises(BadInputError, match=message):
        structured(family, trotter_ansatz(problem(hamiltonian), 3))
