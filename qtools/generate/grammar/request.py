"""What a user asks for, and how it becomes conditions and limits of single circuits."""

from dataclasses import dataclass
from typing import Any

from qtools.errors import BadInputError
from qtools.generate.grammar.limits import Measure
from qtools.generate.language.conditions import (
    NUM_FIELDS,
)

_FAMILY, _GATE_SET, _LEVEL, _QUBITS, _LENGTH, _DEPTH = range(NUM_FIELDS)
_MAX_GATES = 1024
# The model is made for sequences of 4096 rows.
_MOST_ROWS = 4000


@dataclass(frozen=True, kw_only=True)
class Request:
    """Conditions on all circuits of one call; None leaves a condition to the training data.

    Attributes:
        family, gate_set, level: names that the model knows.
        num_qubits, gates: smallest and largest number.
        max_depth: largest number of gate layers.
        measure: see :class:`qtools.generate.grammar.limits.Measure`.
        only_gates: the only gates to use; they must belong to the gate set.
    """

    family: str | None = None
    gate_set: str | None = None
    level: str | None = None
    num_qubits: tuple[int, int] | None = None
    gates: tuple[int, int] | None = None
    max_depth: int | None = None
    measure: Measure = Measure.ANY
    only_gates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("num_qubits", "gates"):
            span = getattr(self, name)
            if span is not None and not 0 < span[0] <= span[1]:
                raise BadInputError(
                    f"expected a range LOW:HIGH for {name}, got {span[0]}:{span[1]}"
                )

    def as_json(self) -> dict[str, Any]:
        """What was asked, open conditions left out."""
        found = {name: value for name, value in vars(self).items() if value not in (None, ())}
        return found | {"measure": self.measure.name.lower()}
