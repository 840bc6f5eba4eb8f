import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.geometry.routing import joined, palindrome, routed
from tests.compile.dense import apply_block, random_complex, random_unitaries


@st.composite
def circuits(draw):
    n = draw(st.integers(2, 7))
    pair = st.permutations(range(n)).map(lambda sites: tuple(sites[:2]))
    return draw(st.lists(pair, max_size=9)), n, draw(st.integers(0, 2**32 - 1))


def applied(route, gates, state):
    for gate in route:
        state = apply_block(state, gate.bond, gate.matrix(gates))
    return state


@given(circuits(), st.booleans())
def test_a_routed_circuit_is_the_circuit(case, one_gate):
    pairs, n, seed = case
    rng = np.random.default_rng(seed)
    gates, state = random_unitaries(rng, len(pairs)), random_complex(rng, 2**n)
    expected = state
    for (i, j), gate in zip(pairs, gates, strict=True):
        expected = apply_block(expected, i, gate, j)
    route = routed(pairs, n, one_gate=one_gate)
    np.testing.assert_allclose(applied(route, gates, state), expected, atol=1e-11)
    assert sorted(index for gate in route for index, _ in gate.gates) == list(range(len(pairs)))
    if one_gate:
        assert all(len(gate.gates) <= 1 for gate in route)


@given(circuits())
def test_a_pass_and_its_way_back_bring_every_site_home(case):
    pairs, n, seed = case
    rng = np.random.default_rng(seed)
    gates, state = random_unitaries(rng, len(pairs)), random_complex(rng, 2**n)
    forwards, backwards = palindrome(pairs, n)
    expected = state
    for index in [*range(len(pairs)), *reversed(range(len(pairs)))]:
        expected = apply_block(expected, pairs[index][0], gates[index], pairs[index][1])
    both = joined([*forwards, *backwards])
    np.testing.assert_allclose(applied(both, gates, state), expected, atol=1e-11)


def test_neighbours_need_no_swap_and_swaps_cancel():
    assert all(not gate.is_swapped for gate in routed([(0, 1), (2, 3), (1, 2)], 4))
    forwards, backwards = palindrome([(0, 4)], 5)
    assert len(joined([*forwards, *backwards])) < len(forwards) + len(backwards)
    assert joined(routed([], 4)) == []
