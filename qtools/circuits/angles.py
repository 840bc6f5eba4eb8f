"""Angles that are exact multiples of pi, recognised and written as such."""

import math
from fractions import Fraction
from functools import lru_cache

#: Relative distance within which an angle counts as a multiple of pi: a few roundings of double
#: precision. It moves no gate's matrix by more than 1e-13 times its angle.
TOLERANCE = 1e-13
# Below this division by pi loses digits; such an angle is nothing.
_SMALLEST = 1e-300
_ODD_DENOMINATORS = (1, 3, 5, 7, 9, 11, 13, 15)
_MAX_NUMERATOR = 4096
_MAX_EXPONENT = 128


@lru_cache(maxsize=65536)
def pi_fraction(angle: float) -> Fraction | None:
    """The fraction ``f`` with ``angle = f pi`` to double precision, or None.

    Found are numerators up to 4096 over denominators ``d 2^k`` with odd ``d`` up to 15 and ``k``
    up to 128, which covers rotations of Fourier transforms of any width.

    Raises:
        OverflowError, ValueError: the angle is infinite or not a number.
    """
    if abs(angle) < _SMALLEST:
        return Fraction(0)
    turns = angle / math.pi
    for odd in _ODD_DENOMINATORS:
        mantissa, exponent = math.frexp(turns * odd)
        scaled = math.ldexp(mantissa, 12)
        numerator = round(scaled)
        power = 12 - exponent
        if abs(scaled - numerator) <= TOLERANCE * abs(scaled) and power <= _MAX_EXPONENT:
            fraction = Fraction(numerator, odd) * Fraction(2) ** -power
            return fraction if abs(fraction.numerator) <= _MAX_NUMERATOR else None
    return None


@lru_cache(maxsize=65536)
def snapped(angle: float) -> float:
    """``angle``, replaced by the double that its multiple of pi evaluates to where it is one."""
    fraction = pi_fraction(angle)
    if fraction is None:
        return angle
    return fraction.numerator * math.pi / fraction.denominator


@lru_cache(maxsize=65536)
def angle_text(angle: float) -> str:
    """OpenQASM expression that evaluates to ``snapped(angle)`` bit by bit."""
    fraction = pi_fraction(angle)
    if fraction is None:
        return _decimal(angle)
    if fraction == 0:
        return "0"
    numerator, denominator = fraction.numerator, fraction.denominator
    head = {1: "pi", -1: "-pi"}.get(numerator, f"{numerator}*pi")
    if denominator == 1:
        return head
    # Larger denominators overflow the integers of some readers; decimals are exact as well.
    return f"{head}/{denominator}" if denominator < 1 << 31 else _decimal(snapped(angle))


def _decimal(angle: float) -> str:
    text = repr(angle)
    # Strict OpenQASM 2 wants a decimal point also before an exponent.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
