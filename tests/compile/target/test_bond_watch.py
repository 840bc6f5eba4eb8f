import pytest

from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.target import evolve as evolve_module
from qtools.compile.target.bond_watch import BondWatch
from qtools.compile.target.evolve import evolve
from qtools.errors import CapacityError


def watch(time, *, memory=2**32):
    return BondWatch.over(time, 50, 2, memory)


def test_the_authors_suite_is_let_through_to_its_end():
    """Bonds of FACTS: 50 sites, t = 1.2 ... 7.2, discarded weight 1e-8."""
    followed = watch(7.2)
    bonds = [(0.3, 3), (0.6, 5), (1.2, 8), (2.4, 19), (3.6, 40), (4.8, 82), (6.0, 163), (7.2, 330)]
    for time, bond in bonds:
        followed.see(bond, time)


def test_a_hopeless_time_is_refused_early():
    followed = watch(40.0)
    followed.see(19, 2.4)
    with pytest.raises(CapacityError, match="a shorter time"):
        followed.see(40, 3.6)


def test_what_does_not_fit_now_is_refused():
    with pytest.raises(CapacityError, match=r"a bond of 100 at time 0\.5 of 1"):
        watch(1.0, memory=2**20).see(100, 0.5)


def test_short_chains_never_outgrow_their_own_size():
    followed = BondWatch.over(100.0, 10, 2, 2**32)
    for time, bond in [(1.0, 16), (2.0, 32), (50.0, 32)]:
        followed.see(bond, time)


def test_an_evolution_stops_before_it_runs_out_of_memory(monkeypatch):
    problem = EvolutionProblem(
        hamiltonian=heisenberg(24, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=24),
        time=60.0,
    )
    layers = []
    plain = evolve_module.apply_gates
    monkeypatch.setattr(
        evolve_module, "apply_gates", lambda *args: layers.append(1) or plain(*args)
    )
    with pytest.raises(CapacityError, match="the target state needs a bond of about"):
        evolve(problem, tolerance=1e-4, max_memory=2**24)
    assert len(layers) < 1000
    capped = evolve(
        EvolutionProblem(hamiltonian=problem.hamiltonian, initial=problem.initial, time=1.0),
        tolerance=1e-4,
        max_memory=2**16,
        max_bond=4,
    )
    assert capped.max_bond == 4
