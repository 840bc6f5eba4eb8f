"""How far an evaluation of an overlap may be off."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Estimates of what truncation did to one evaluation of ``<target|V|0>``.

    Attributes:
        angle: between the state that was compared with the target and the circuit's, radians.
        value: of the overlap, absolute.
        gradient: norm of the error of all derivatives together; zero when none were asked for.
        outgrown: the engine had to find its way anew, since the gates have gone far from those it
            was made for; it is time for a new one.
    """

    angle: float = 0.0
    value: float = 0.0
    gradient: float = 0.0
    outgrown: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether nothing was truncated."""
        return self.angle == 0.0 and self.value == 0.0


EXACT = Accuracy()
"""Of an engine that does not truncate."""
