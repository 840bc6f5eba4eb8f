import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.report.figures.axes import Axis

finite = st.floats(-1e6, 1e6)


@given(st.lists(finite, min_size=1, max_size=20))
def test_every_value_lies_on_its_axis_with_a_few_round_ticks(values):
    axis = Axis(label="").over(values)
    assert all(-1e-9 <= axis.place(value) <= 1 + 1e-9 for value in values)
    ticks = [value for value, _ in axis.ticks()]
    assert 1 <= len(ticks) <= 7
    assert all(-1e-9 <= axis.place(tick) <= 1 + 1e-9 for tick in ticks)


@given(st.lists(st.floats(1e-16, 1e6), min_size=1, max_size=20))
def test_a_logarithmic_axis_ends_at_powers_of_ten(values):
    axis = Axis(label="", log=True).over(values)
    assert np.log10([axis.low, axis.high]) == pytest.approx(
        np.round(np.log10([axis.low, axis.high]))
    )
    assert all(-1e-9 <= axis.place(value) <= 1 + 1e-9 for value in values)
    assert len(axis.ticks()) <= 8


def test_equal_distances_are_equal_on_the_paper():
    axis = Axis(label="", low=10.0, high=30.0).over([])
    assert (axis.place(10), axis.place(20), axis.place(30)) == (0.0, 0.5, 1.0)
    log = Axis(label="", log=True).over([1e-4, 1.0])
    assert log.place(1e-2) == pytest.approx(0.5)


def test_ticks_have_short_texts():
    texts = [text for _, text in Axis(label="", log=True).over([1e-12, 1]).ticks()]
    assert texts[0] == "10⁻¹²"
    assert [text for _, text in Axis(label="").over([0, 1]).ticks()] == [
        *("0", "0.2", "0.4", "0.6", "0.8", "1")
    ]
