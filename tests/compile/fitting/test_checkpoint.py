import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.blocks.families import BlocksName
from qtools.compile.fitting.checkpoint import Checkpoints, run_id
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.fitting.objectives.choice import ObjectiveName
from qtools.compile.fitting.optimizers.adam import RiemannianAdam
from qtools.compile.fitting.optimizers.basin_hopping import BasinHopping
from qtools.compile.fitting.optimizers.polar_sweeps import PolarSweeps
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.overlap.choice import Engine
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.settings import CompileSettings
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas
from qtools.errors import BadInputError

PROBLEM = EvolutionProblem(
    hamiltonian=heisenberg(8, coupling=-0.25),
    initial=InitialState.named("neel", num_qubits=8),
    time=1.2,
)
RULES = StopRules(max_iterations=30)


def checkpoints(folder, run="run"):
    return Checkpoints(folder=folder, problem_id="problem", run_id=run, interval=0.0)


def steps(engine, target, resume=None, strategy=None):
    with single_threaded_blas():
        return list(
            fit(
                trotter_ansatz(PROBLEM, 5),
                target.mps,
                RULES,
                infidelity=0.1,
                began=time.perf_counter(),
                engine=engine,
                strategy=strategy,
                resume=resume,
            )
        )


STRATEGIES = {
    "exact": (Engine.EXACT, Strategy()),
    "truncated": (Engine.TRUNCATED, Strategy()),
    "sweeps": (Engine.AUTO, Strategy(optimizer=PolarSweeps())),
    "adam": (Engine.AUTO, Strategy(optimizer=RiemannianAdam())),
    "basin-hopping": (Engine.AUTO, Strategy(optimizer=BasinHopping(patience=5, least_gain=0.3))),
    "local": (Engine.AUTO, Strategy(objective=ObjectiveName.LOCAL)),
    "surrogate": (Engine.AUTO, Strategy(objective=ObjectiveName.SURROGATE)),
    "two-cx": (Engine.AUTO, Strategy(blocks=BlocksName.TWO_CX)),
    "u1": (Engine.AUTO, Strategy(blocks=BlocksName.U1)),
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_fit_that_goes_on_from_any_checkpoint_ends_with_the_same_bits(tmp_path, name):
    engine, strategy = STRATEGIES[name]
    target = evolve(PROBLEM, tolerance=1e-7)
    undisturbed = steps(engine, target, strategy=strategy)
    if strategy == Strategy():
        assert len({step.mark for step in undisturbed}) >= 2  # stages were changed on the way
    kept = checkpoints(tmp_path)
    for stopped in undisturbed[:-1:7]:
        kept.save_fit("fit", stopped, target)
        loaded = checkpoints(tmp_path).load_fit("fit")
        resumed = steps(engine, checkpoints(tmp_path).load_target(), loaded, strategy)
        assert resumed[-1].outcome is undisturbed[-1].outcome
        assert np.array_equal(resumed[-1].gates, undisturbed[-1].gates)
        same = [entry.infidelity for entry in undisturbed[-1].history]
        assert [entry.infidelity for entry in resumed[-1].history] == same


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    target = evolve(PROBLEM, tolerance=1e-3)
    checkpoints(folder).save_fit("fit", steps(Engine.EXACT, target)[3], target)
    return folder


@given(st.data())
def test_any_damage_to_a_checkpoint_is_noticed_and_the_file_named(written, data):
    path = written / "fit.npz"
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flip = data.draw(st.integers(0, 255))
    cut = whole[:at] + (b"" if flip == 0 else bytes([whole[at] ^ flip]) + whole[at + 1 :])
    path.write_bytes(cut)
    found, error = None, None
    try:
        found = checkpoints(written).load_fit("fit")
    except BadInputError as caught:
        error = caught
    finally:
        path.write_bytes(whole)
    if found is None:
        assert str(path) in str(error)
        return
    # Some bytes of a zip archive mean nothing (dates); then all the content is there.
    same = checkpoints(written).load_fit("fit")
    assert np.array_equal(found.gates, same.gates)
    assert found.history == same.history


def test_a_checkpoint_of_other_settings_is_not_taken_up(written):
    assert checkpoints(written, run="other").load_fit("fit") is None
    assert checkpoints(written, run="other").load_target() is None
    assert checkpoints(written).load_fit("fit") is not None


def test_limits_are_no_part_of_a_run_but_everything_else_is():
    settings = CompileSettings(layers=3)
    longer = CompileSettings(layers=3, max_iterations=5, max_seconds=1.0)
    assert run_id("p", settings) == run_id("p", longer)
    for other in (CompileSettings(layers=4), CompileSettings(layers=3, seed=1)):
        assert run_id("p", settings) != run_id("p", other)
    assert run_id("p", settings) != run_id("q", settings)
