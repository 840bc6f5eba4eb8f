import math

import numpy as np
import pytest

from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, tfim
from qtools.errors import BadInputError


def problem(**changes):
    given = {"hamiltonian": heisenberg(4), "initial": "neel", "time": 1.0} | changes
    if isinstance(given["initial"], str):
        given["initial"] = InitialState.named(given["initial"], num_qubits=4)
    return EvolutionProblem(**given)


@pytest.mark.parametrize("time", [0.0, -1.0, math.nan, math.inf, "1", True])
def test_a_bad_time_is_refused(time):
    with pytest.raises(BadInputError, match="time"):
        problem(time=time)


def test_sizes_must_agree():
    with pytest.raises(BadInputError, match="4 qubits, but the Hamiltonian has 5"):
        problem(hamiltonian=heisenberg(5))


def test_the_content_id_depends_on_the_problem_and_on_nothing_else():
    gate = np.kron(np.eye(2), np.array([[0, 1], [1, 0]]))
    prepared = InitialState(vectors=np.tile([1.0 + 0j, 0], (4, 1)), preparation=((1, gate),))
    different = [
        problem(),
        problem(time=1.0000001),
        problem(hamiltonian=tfim(4)),
        problem(initial="zero"),
        problem(initial="domain-wall"),
        problem(initial=prepared),
    ]
    assert problem().content_id() == problem(time=1).content_id()
    assert len({p.content_id() for p in different}) == len(different)
    dusty = InitialState(vectors=problem().initial.vectors * (1 + 1e-15))
    assert problem(initial=dusty).content_id() == problem().content_id()
