import json

import numpy as np
import pytest

from qtools import cli
from qtools.compile import depth
from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.compiler import compile_problem
from qtools.compile.geometry.lattices import ring, square
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, tfim
from qtools.compile.result import Outcome
from qtools.compile.settings import CompileSettings
from tests.compile.dense import ansatz_state

PROBLEM = EvolutionProblem(
    hamiltonian=heisenberg(12, coupling=-0.25),
    initial=InitialState.named("neel", num_qubits=12),
    time=1.2,
)


@pytest.fixture(scope="module")
def found():
    return depth.search_depth(PROBLEM, CompileSettings(layers=20, fidelity=0.999))


def test_the_depth_found_reaches_the_fidelity_and_one_layer_less_does_not(found):
    assert found.outcome is Outcome.FIDELITY_REACHED
    assert found.fidelity >= 0.999
    below = compile_problem(
        PROBLEM, CompileSettings(layers=found.settings.layers - 1, fidelity=0.999)
    )
    assert below.outcome is Outcome.CONVERGED
    assert below.fidelity < 0.999


def test_every_depth_tried_is_recorded(found):
    layers = [trial.layers for trial in found.trials]
    assert sorted(layers) == list(range(1, found.settings.layers + 1))
    outcomes = {trial.layers: trial.outcome for trial in found.trials}
    assert outcomes[found.settings.layers] == "fidelity_reached"
    assert outcomes[found.settings.layers - 1] in ("converged", "out_of_reach")


def test_a_search_that_begins_too_deep_comes_back_up(found):
    settings = CompileSettings(layers=20, fidelity=0.999)
    deep = depth.search_depth(PROBLEM, settings, first=found.settings.layers + 2)
    assert deep.settings.layers == found.settings.layers


def test_a_goal_out_of_reach_gives_the_best_within_the_deepest():
    result = depth.search_depth(PROBLEM, CompileSettings(layers=2, fidelity=0.999))
    assert result.outcome is not Outcome.FIDELITY_REACHED
    assert result.fidelity == pytest.approx(max(t.fidelity for t in result.trials), abs=1e-2)


def test_without_a_goal_depth_is_added_until_the_time_is_over():
    result = depth.search_depth(PROBLEM, CompileSettings(layers=30, max_seconds=2.0))
    assert result.outcome in (Outcome.TIME_LIMIT, Outcome.CONVERGED)
    assert len(result.trials) >= 2
    assert result.fidelity > 0.99


def test_the_command_finds_the_depth(tmp_path, capsys):
    chain = ("--model", "heisenberg", "--sites", "8", "--coupling", "-0.25", "--initial", "neel")
    options = (*chain, "--time", "1.0", "--out", str(tmp_path), "--json")
    assert cli.run(["compile", "evolution", *options, "--fidelity", "0.99"]) == 0
    captured = capsys.readouterr()
    record = json.loads(captured.out)
    assert record["layers"] == max(trial["layers"] for trial in record["trials"])
    assert "depths tried" in captured.err
    assert cli.run(["compile", "evolution", *options]) == 2
    both = ("--budget", "1", "--max-seconds", "1")
    assert cli.run(["compile", "evolution", *options, *both]) == 2


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5])
def test_an_idle_layer_goes_behind_on_any_geometry(layers):
    problem = EvolutionProblem.on_qubits(
        hamiltonian=tfim(square(2, 3)),
        initial=InitialState.named("neel", num_qubits=6),
        time=0.4,
    )
    shallow = trotter_ansatz(problem, layers)
    deeper = depth.deepened(problem, shallow, layers)
    assert deeper.pairs == trotter_ansatz(problem, layers + 1).pairs
    np.testing.assert_allclose(ansatz_state(deeper), ansatz_state(shallow), atol=1e-14)


def test_the_fewest_layers_on_a_ring():
    problem = EvolutionProblem.on_qubits(
        hamiltonian=tfim(ring(6)), initial=InitialState.named("zero", num_qubits=6), time=0.4
    )
    found = depth.search_depth(problem, CompileSettings(layers=8, fidelity=0.9995, tolerance=1e-6))
    assert found.fidelity >= 0.9995
    below = [trial for trial in found.trials if trial.layers == found.settings.layers - 1]
    assert found.settings.layers == 1 or below[0].fidelity < 0.9995
