import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.compile.fitting.sweeps import sweep_order
from tests.compile.states import brickwork


@given(st.integers(2, 9), st.data())
def test_sweeps_keep_every_block_and_the_order_on_every_site(n, data):
    bonds = data.draw(st.lists(st.integers(0, n - 2), max_size=30))
    sweeps = sweep_order(bonds, n)
    order = [index for sweep in sweeps for index in sweep]
    assert sorted(order) == list(range(len(bonds)))
    for site in range(n):
        touching = [index for index in order if bonds[index] in (site - 1, site)]
        assert touching == sorted(touching)
    for number, sweep in enumerate(sweeps):
        along = [bonds[index] for index in sweep]
        assert along == sorted(set(along), reverse=number % 2 == 1)


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_a_brick_layer_takes_one_sweep(layers):
    assert len(sweep_order(brickwork(8, layers), 8)) == layers
