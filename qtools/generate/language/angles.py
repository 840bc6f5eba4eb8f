"""Angles as tokens: exact fractions of pi, repeats of earlier angles, and bins with a residual.

An angle on the grid (:data:`GRID`) has its own token and round-trips exactly. Every other angle
is reduced modulo 4 pi and quantised to 2^15 steps of magnitude with a sign; it comes back within
:data:`ERROR_BOUND` radians modulo 4 pi. The 16-bit code is written as a bin (high byte) and a
residual (low byte), or, if the circuit used the same code before, as its place in the list of
recent codes (*move to front*), so that equal angles stay equal. Angles with the opposite sign of
a recent one have their own places.
"""

import math
from fractions import Fraction

from qtools.circuits.angles import pi_fraction

RECENT = 64
RECENT_NEGATED = 16
NUM_BINS = 256
NUM_FINE = 256
_LEVELS = 1 << 15
_STEP = 2 * math.pi / _LEVELS
# Off the middle of a step, so that no code decodes to a fraction of pi that has its own token.
_PLACE_IN_STEP = 0.4712
#: Largest error of an angle off the grid, in radians, modulo 4 pi.
ERROR_BOUND = (1 - _PLACE_IN_STEP) * _STEP


def _grid() -> tuple[Fraction, ...]:
    """0, multiples of pi/64 and pi/12 up to 2 pi, of pi/4 up to 4 pi, of pi/5 and pi/7 up to 2 pi,
    and (1 and 3) pi/2^k down to k = 100, with both signs."""
    found = {Fraction(j, d) for d in (5, 7, 12, 64) for j in range(2 * d + 1)}
    found |= {Fraction(j, 4) for j in range(17)}
    found |= {Fraction(m, 1 << k) for k in range(7, 101) for m in ((1, 3) if k <= 16 else (1,))}
    ordered = sorted(found, key=lambda f: (f.denominator, f.numerator))
    return tuple(s * f for f in ordered for s in ((1, -1) if f else (1,)))


#: The fractions of pi that are tokens of their own; the position is the token.
GRID = _grid()
_GRID_IDS = {fraction: index for index, fraction in enumerate(GRID)}

FIRST_RECENT = len(GRID)
FIRST_NEGATED = FIRST_RECENT + RECENT
FIRST_BIN = FIRST_NEGATED + RECENT_NEGATED
#: Number of angle tokens.
NUM_ANGLE_TOKENS = FIRST_BIN + NUM_BINS


def grid_token(angle: float) -> int | None:
    """The token of an angle on the grid, else None."""
    fraction = pi_fraction(angle)
    return None if fraction is None else _GRID_IDS.get(fraction)


def grid_angle(token: int) -> float:
    """The angle of a grid token, to the last bit as :func:`qtools.circuits.angles.snapped`."""
    fraction = GRID[token]
    return fraction.numerator * math.pi / fraction.denominator


def quantise(angle: float) -> int:
    """Code of an angle: sign bit and 15 bits of magnitude."""
    reduced = math.remainder(angle, 4 * math.pi)
    level = min(int(abs(reduced) / _STEP), _LEVELS - 1)
    return level + (_LEVELS if reduced < 0 else 0)


def dequantise(code: int) -> float:
    """The angle that stands for a code."""
    magnitude = ((code & (_LEVELS - 1)) + _PLACE_IN_STEP) * _STEP
    return -magnitude if code & _LEVELS else magnitude


def written(angle: float) -> tuple[bool, int]:
    """What an angle is written as: its grid token or else its code, and which of the two.

    Angles that are written alike come back as one, so this is how finely angles can be compared.
    """
    token = grid_token(angle)
    return (False, quantise(angle)) if token is None else (True, token)


def negated(code: int) -> int:
    """The code of the opposite angle."""
    return code ^ _LEVELS


class RecentAngles:
    """The distinct codes of one circuit, most recent first: encoder and decoder of angles."""

    def __init__(self) -> None:
        self._codes: list[int] = []

    def encode(self, angle: float) -> tuple[int, int]:
        """(angle token, residual); the residual is -1 except for bins."""
        token = grid_token(angle)
        if token is not None:
            return token, -1
        code = quantise(angle)
        found = self._find(code)
        self._push(code)
        return found or (FIRST_BIN + (code >> 8), code & 0xFF)

    def decode(self, token: int, fine: int) -> float:
        """The angle of a token and its residual.

        Raises:
            IndexError: the token refers to an earlier angle that does not exist.
        """
        if token < FIRST_RECENT:
            return grid_angle(token)
        if token < FIRST_NEGATED:
            code = self._codes[token - FIRST_RECENT]
        elif token < FIRST_BIN:
            code = negated(self._codes[token - FIRST_NEGATED])
        else:
            code = ((token - FIRST_BIN) << 8) | fine
        self._push(code)
        return dequantise(code)

    def _find(self, code: int) -> tuple[int, int] | None:
        if code in self._codes:
            return FIRST_RECENT + self._codes.index(code), -1
        opposite = negated(code)
        if opposite in self._codes[:RECENT_NEGATED]:
            return FIRST_NEGATED + self._codes.index(opposite), -1
        return None

    def _push(self, code: int) -> None:
        if code in self._codes:
            self._codes.remove(code)
        self._codes.insert(0, code)
        del self._codes[RECENT:]
