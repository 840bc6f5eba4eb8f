"""Multiples of pi: found where they are, left alone where not, exact in text."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import qasm2

from qtools.circuits.angles import TOLERANCE, angle_text, pi_fraction, snapped


@pytest.mark.parametrize(
    ("angle", "fraction"),
    [
        (0.0, Fraction(0)),
        (math.pi, Fraction(1)),
        (-math.pi / 2, Fraction(-1, 2)),
        (3 * math.pi / 4, Fraction(3, 4)),
        (2 * math.pi / 3, Fraction(2, 3)),
        (math.pi / 2**60, Fraction(1, 2**60)),
        (7 * math.pi / 15, Fraction(7, 15)),
        (1.0, None),
        (1.570796, None),
        (0.1, None),
    ],
)
def test_fractions_worked_by_hand(angle: float, fraction: Fraction | None) -> None:
    assert pi_fraction(angle) == fraction


@given(st.integers(-4096, 4096), st.integers(0, 30), st.sampled_from([1, 3, 5, 7, 9, 11, 13, 15]))
def test_every_fraction_of_the_grid_is_found(numerator: int, power: int, odd: int) -> None:
    fraction = Fraction(numerator, odd * 2**power)
    angle = fraction.numerator * math.pi / fraction.denominator
    assert pi_fraction(angle) == fraction
    assert snapped(angle) == angle


@given(st.floats(-1e3, 1e3, allow_nan=False))
def test_text_evaluates_to_the_snapped_angle_bit_by_bit(angle: float) -> None:
    text = angle_text(angle)
    circuit = qasm2.loads(f"OPENQASM 2.0; qreg q[1]; U({text},0,0) q[0];", strict=True)
    assert circuit.data[0].params[0] == snapped(angle)
    assert abs(snapped(angle) - angle) <= TOLERANCE * abs(angle) + 1e-300
    assert snapped(snapped(angle)) == snapped(angle)
