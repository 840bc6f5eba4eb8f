import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.geometry.lattices import chain, heavy_hex, ladder, ring, square
from qtools.compile.geometry.site_order import cut_widths, site_order


@pytest.mark.parametrize(
    ("found", "widest"),
    [(chain(9), 1), (ring(12), 2), (ladder(8), 3), (square(4, 4), 5), (heavy_hex(1, 2), 3)],
)
def test_cuts_stay_narrow_on_known_lattices(found, widest):
    order = site_order(found.num_sites, found.edges)
    assert sorted(order) == list(range(found.num_sites))
    assert max(cut_widths(order, found.edges)) <= widest


@pytest.mark.parametrize("found", [chain(20), ring(16), ladder(8), square(4, 4)])
def test_a_scrambled_lattice_is_sorted_again(found):
    scramble = np.random.default_rng(5).permutation(found.num_sites)
    edges = [(int(scramble[i]), int(scramble[j])) for i, j in found.edges]
    plain = cut_widths(site_order(found.num_sites, found.edges), found.edges)
    again = cut_widths(site_order(found.num_sites, edges), edges)
    assert max(again) <= max(plain) + (1 if found.name.startswith("square") else 0)


def test_small_graphs_get_an_order_near_the_best():
    rng = np.random.default_rng(3)
    for _ in range(4):
        edges = [e for e in itertools.combinations(range(6), 2) if rng.random() < 0.4]
        best = min(max(cut_widths(o, edges), default=0) for o in itertools.permutations(range(6)))
        assert max(cut_widths(site_order(6, edges), edges)) <= best + 1


def test_an_open_chain_is_left_alone_and_so_are_sites_without_edges():
    assert site_order(5, chain(5).edges) == (0, 1, 2, 3, 4)
    assert site_order(4, []) == (0, 1, 2, 3)
    assert site_order(50_000, chain(50_000).edges) == tuple(range(50_000))


@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_cut_widths_count_edges(n, seed):
    rng = np.random.default_rng(seed)
    edges = [e for e in itertools.combinations(range(n), 2) if rng.random() < 0.5]
    order = rng.permutation(n).tolist()
    counted = [
        sum((order.index(i) <= cut) != (order.index(j) <= cut) for i, j in edges)
        for cut in range(n - 1)
    ]
    assert list(cut_widths(order, edges)) == counted
