"""Splitting methods for ``exp(-i (A + B) t)`` with ``A`` the even and ``B`` the odd bonds.

Of more than two parts, a palindromic method is a product of passes: first over all parts in order,
then backwards, and so on (McLachlan, SIAM J. Sci. Comput. 16 (1995), 151). The last part of a pass
and the first of the next join; of two parts, the passes make the layers below.

A step of length ``h`` applies ``A, B, A, ...`` in turn with the fractions of ``h`` below; the first
and the last stage belong to the same part, so that neighbouring steps share one layer.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SplittingMethod:
    """A palindromic splitting method.

    Attributes:
        order: the error of a whole evolution falls as the step to this power.
        fractions: of the step, for the layers even, odd, even, ..., even.
    """

    order: int
    fractions: tuple[float, ...]

    @property
    def passes(self) -> tuple[float, ...]:
        """The fraction of the step that each pass over all parts takes; their number is even."""
        passes: list[float] = []
        for fraction in self.fractions[:-1]:
            passes.append(fraction - (passes[-1] if passes else 0.0))
        return tuple(passes)

    def layers(self, num_steps: int) -> list[tuple[int, float]]:
        """(parity, fraction of a step) of every layer of ``num_steps`` steps, first ones first."""
        inner = self.fractions[1:-1]
        joined = self.fractions[0] + self.fractions[-1]
        sequence = [self.fractions[0]]
        for _ in range(num_steps - 1):
            sequence += [*inner, joined]
        sequence += [*inner, self.fractions[-1]]
        return [(position % 2, fraction) for position, fraction in enumerate(sequence)]


STRANG = SplittingMethod(order=2, fractions=(0.5, 1.0, 0.5))


def _blanes_moan() -> tuple[float, ...]:
    """Six-stage method S6 of order 4, Blanes and Moan, J. Comput. Appl. Math. 142 (2002), 313."""
    a = (0.0792036964311957, 0.353172906049774, -0.0420650803577195)
    b = (0.209515106613362, -0.143851773179818)
    a_middle = 1.0 - 2.0 * sum(a)
    b_last = 0.5 - sum(b)
    half = (a[0], b[0], a[1], b[1], a[2], b_last)
    return (*half, a_middle, *reversed(half))


BLANES_MOAN = SplittingMethod(order=4, fractions=_blanes_moan())

METHODS = {method.order: method for method in (STRANG, BLANES_MOAN)}
