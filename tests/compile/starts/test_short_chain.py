from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.overlap.choice import precise_overlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, xyz
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.following import roughly_fitted
from qtools.compile.starts.short_chain import (
    Shortening,
    repeated,
    shortened,
    shortening_for,
    transferred,
)
from qtools.compile.starts.wire_gauge import gauge_fixed
from qtools.compile.target.evolve import evolve
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, fidelity, random_unitaries
from tests.compile.states import brickwork, random_ansatz

seeds = st.integers(0, 2**32 - 1)
MEMORY = 2**31


def chain(sites, time=1.2, **more):
    return EvolutionProblem(
        hamiltonian=heisenberg(sites, coupling=-0.25, **more),
        initial=InitialState.named("neel", num_qubits=sites),
        time=time,
    )


def with_random_gauge(ansatz, rng):
    """The same circuit, every wire between two blocks turned at random."""
    gates, last = ansatz.gates.copy(), {}
    for block, (left, right) in enumerate(ansatz.pairs):
        for leg, site in enumerate((left, right)):
            if site in last:
                before, leg_before = last[site]
                u = random_unitaries(rng, 1, 2)[0]
                gates[before] = placed(u, leg_before) @ gates[before]
                gates[block] = gates[block] @ placed(u.conj().T, leg)
            last[site] = block, leg
    return ansatz.with_gates(gates)


def placed(u, leg):
    return np.kron(u, np.eye(2)) if leg == 0 else np.kron(np.eye(2), u)


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_fixing_the_gauge_changes_no_state(seed):
    rng = np.random.default_rng(seed)
    ansatz = random_ansatz(5, brickwork(5, 4), seed=seed)
    fixed = gauge_fixed(ansatz, random_unitaries(rng, ansatz.num_blocks))
    np.testing.assert_allclose(ansatz_state(fixed), ansatz_state(ansatz), atol=1e-10)


@given(seed=seeds)
@settings(max_examples=10, deadline=None)
def test_a_random_gauge_is_undone(seed):
    rng = np.random.default_rng(seed)
    reference = trotter_ansatz(chain(6), 3)
    turned = with_random_gauge(reference, rng)
    assert np.abs(turned.gates - reference.gates).max() > 0.1
    fixed = gauge_fixed(turned, reference.gates)
    overlaps = np.abs(np.einsum("bij,bij->b", fixed.gates.conj(), reference.gates)) / 4
    np.testing.assert_allclose(overlaps, 1.0, atol=1e-6)


@given(st.integers(0, 20), st.integers(4, 12))
def test_a_shortening_keeps_both_ends_and_the_parity(removed, half):
    shortening = Shortening(long=2 * half + 2 * removed, short=2 * half)
    sites = [shortening(site) for site in range(shortening.long)]
    assert sites[:half] == list(range(half))
    assert sites[half + 2 * removed :] == list(range(half, 2 * half))
    assert all(short % 2 == site % 2 for site, short in enumerate(sites)) or removed == 0
    assert set(sites) == set(range(2 * half))


def test_the_short_problem_is_the_long_one_without_its_middle():
    problem = chain(40)
    shortening = shortening_for(problem, 5)
    short = shortened(problem, shortening)
    expected = chain(shortening.short)
    assert short.hamiltonian == expected.hamiltonian
    np.testing.assert_array_equal(short.initial.vectors, expected.initial.vectors)


def test_trotter_blocks_of_the_short_chain_are_those_of_the_long_one():
    problem = chain(30)
    shortening = shortening_for(problem, 3)
    long = trotter_ansatz(problem, 3)
    short = trotter_ansatz(shortened(problem, shortening), 3)
    np.testing.assert_allclose(repeated(short, long, shortening), long.gates, atol=1e-12)


@pytest.mark.parametrize("sites", [40, 41])
def test_a_transferred_circuit_is_nearly_converged(sites):
    problem = chain(sites)
    sitting = Sitting(settings=CompileSettings(layers=5, tolerance=1e-6))
    target = evolve(problem, tolerance=1e-6).mps
    found, trotter = (
        1.0 - abs(precise_overlap(ansatz, target, max_memory=MEMORY)) ** 2
        for ansatz in (transferred(problem, 5, sitting), trotter_ansatz(problem, 5))
    )
    assert trotter == pytest.approx(0.018, rel=0.05)
    assert found < 3e-4  # converged: 6.3e-5


def test_without_fixing_the_gauge_the_wires_do_not_fit():
    """Turn the wires of a converged short chain at random: no change to it, but to its copy."""
    problem = chain(40)
    shortening = shortening_for(problem, 5)
    short = shortened(problem, shortening)
    long, start = trotter_ansatz(problem, 5), trotter_ansatz(short, 5)
    turned = with_random_gauge(start, np.random.default_rng(5))
    target = evolve(problem, tolerance=1e-5).mps

    def found(ansatz):
        gates = repeated(ansatz, long, shortening)
        return abs(precise_overlap(long.with_gates(gates), target, max_memory=MEMORY)) ** 2

    assert found(turned) < 0.1
    assert found(gauge_fixed(turned, start.gates)) == pytest.approx(found(start), abs=1e-6)


@pytest.mark.parametrize(
    "problem",
    [
        chain(40, disorder=0.3),
        replace(chain(40), initial=InitialState.named("domain-wall", num_qubits=40)),
        EvolutionProblem(
            hamiltonian=xyz(40, field=(0.1, 0, 0), disorder=(0.0, 0.1)),
            initial=InitialState.named("zero", num_qubits=40),
            time=0.5,
        ),
    ],
)
def test_an_irregular_chain_is_refused(problem):
    with pytest.raises(BadInputError, match="repeat every two sites"):
        shortening_for(problem, 5)


def test_a_short_chain_needs_no_transfer():
    assert shortening_for(chain(12), 5) is None
    sitting = Sitting(settings=CompileSettings(layers=5))
    np.testing.assert_array_equal(
        transferred(chain(12), 5, sitting).gates, trotter_ansatz(chain(12), 5).gates
    )


def test_a_rough_fit_is_better_than_its_start():
    problem = chain(8)
    target = evolve(problem, tolerance=1e-6).mps
    start = trotter_ansatz(problem, 5)
    sitting = Sitting(settings=CompileSettings(layers=5))
    found = roughly_fitted(start, target, sitting, iterations=5)
    state = target.to_dense()
    assert fidelity(state, ansatz_state(found)) > fidelity(state, ansatz_state(start))
