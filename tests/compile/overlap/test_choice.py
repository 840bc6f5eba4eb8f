import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.overlap.choice import (
    Engine,
    build,
    choose,
    depth_of,
    precise_overlap,
    readable_bytes,
    widest_cut,
)
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.starts.staircase import staircase_ansatz
from qtools.compile.target.evolve import evolve
from qtools.errors import CapacityError
from tests.compile.dense import random_mps

PLENTY = 2**34


def problem(num_qubits):
    return EvolutionProblem(
        hamiltonian=heisenberg(num_qubits, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=num_qubits),
        time=1.0,
    )


def ansatz(num_qubits, layers):
    return trotter_ansatz(problem(num_qubits), layers)


def target(num_qubits, bond):
    return random_mps(np.random.default_rng(0), num_qubits, bond)


def test_a_staircase_is_deep_but_narrow():
    state = target(60, 2)
    staircases = staircase_ansatz(state, 2)
    assert depth_of(staircases) > 40
    assert widest_cut(staircases) == 4
    assert choose(staircases, state, max_memory=PLENTY).engine is Engine.EXACT


def test_the_widest_cut_of_a_brickwork_is_about_its_layers():
    assert [widest_cut(ansatz(8, layers)) for layers in (1, 4, 5)] == [2, 4, 6]


def test_shallow_circuits_are_contracted_exactly_and_deep_ones_truncated():
    assert choose(ansatz(40, 5), target(40, 8), max_memory=PLENTY).engine is Engine.EXACT
    assert choose(ansatz(40, 19), target(40, 8), max_memory=PLENTY).engine is Engine.TRUNCATED
    assert choose(ansatz(40, 200), target(40, 8), max_memory=PLENTY).engine is Engine.TRUNCATED


def test_little_memory_changes_the_choice():
    circuit, state = ansatz(20, 11), target(20, 4)
    roomy = choose(circuit, state, max_memory=PLENTY)
    assert roomy.engine is Engine.EXACT
    chosen = choose(circuit, state, max_memory=roomy.memory - 1)
    assert chosen.engine is Engine.TRUNCATED
    assert chosen.memory < roomy.memory


def test_refusal_names_the_estimates_before_anything_is_allocated():
    with pytest.raises(CapacityError, match=r"exact \(.*GiB.*\) or truncated \(.*\) for 15 layers"):
        choose(ansatz(100, 15), target(100, 256), max_memory=2**20)
    with pytest.raises(CapacityError, match=r"needs exact \(.* s, .* GiB"):
        choose(ansatz(100, 39), target(100, 256), engine=Engine.EXACT, max_memory=PLENTY)
    with pytest.raises(CapacityError, match="too deep"):
        choose(ansatz(100, 61), target(100, 256), engine=Engine.EXACT, max_memory=PLENTY)


def test_the_choice_is_built():
    circuit, state = ansatz(10, 5), target(10, 4)
    for engine, kind in ((Engine.EXACT, ExactOverlap), (Engine.TRUNCATED, TruncatedOverlap)):
        chosen = choose(circuit, state, engine=engine, max_memory=PLENTY)
        assert isinstance(build(chosen, circuit, state, max_angle=1e-3), kind)


def test_precise_overlaps_agree_to_a_fraction_of_the_angle_they_measure():
    circuit = ansatz(12, 5)
    moved = circuit.gates.copy()
    moved[3] = moved[5]
    state = evolve(problem(12), tolerance=1e-8).mps
    for gates in (circuit.gates, moved):
        tried = circuit.with_gates(gates)
        angles = [
            np.arccos(abs(precise_overlap(tried, state, engine=engine, max_memory=PLENTY)))
            for engine in (Engine.EXACT, Engine.TRUNCATED)
        ]
        assert angles[1] == pytest.approx(angles[0], rel=0.02)


@pytest.mark.parametrize(
    ("size", "text"),
    [(512, "512 bytes"), (2048, "2 KiB"), (3 * 2**29, "1.5 GiB"), (2**100, "2^70 GiB")],
)
def test_sizes_are_readable(size, text):
    assert readable_bytes(size) == text
