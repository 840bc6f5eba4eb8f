"""What a circuit is conditioned on: family, gate set, level, qubits, length and depth."""

import math
from dataclasses import dataclass, fields

from qtools.errors import BadInputError, nearest
from qtools.generate.language.vocabulary import MAX_INDEX

#: Names of the fields, in the order of the model's condition vector.
FIELDS = ("family", "gate_set", "level", "num_qubits", "length", "depth")
NUM_FIELDS = len(FIELDS)
#: Bins of length and depth: half octaves, so that 24 of them reach past 2^11.
NUM_BINS = 24
#: Id of a field that is left open.
OPEN = 0


def size_bin(count: int) -> int:
    """Half-octave bin of a number of gates or layers: ``floor(2 log2(count + 1))``, at most 23."""
    return min(NUM_BINS - 1, int(2 * math.log2(count + 1)))


def bin_range(index: int) -> tuple[int, int]:
    """Smallest and largest count in a bin; empty bins have a largest below the smallest."""
    low = next(c for c in range(1 << 12) if size_bin(c) >= index)
    high = next((c for c in range(low, 1 << 12) if size_bin(c) > index), 1 << 12) - 1
    return low, high


def without_family(ids: tuple[int, ...]) -> tuple[int, ...]:
    """Condition ids with the family left open."""
    place = FIELDS.index("family")
    return (*ids[:place], OPEN, *ids[place + 1 :])


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Conditions of one circuit; None leaves a field open.

    Attributes:
        family, gate_set, level: names from the corpus.
        num_qubits: size of the quantum register.
        length, depth: bins of the numbers of gates and of gate layers (:func:`size_bin`).
    """

    family: str | None = None
    gate_set: str | None = None
    level: str | None = None
    num_qubits: int | None = None
    length: int | None = None
    depth: int | None = None


@dataclass(frozen=True, kw_only=True)
class ConditionNames:
    """The names that a model knows; ids start at 1, 0 leaves a field open.

    Attributes:
        families, gate_sets, levels: sorted names.
    """

    families: tuple[str, ...]
    gate_sets: tuple[str, ...]
    levels: tuple[str, ...]

    def sizes(self) -> tuple[int, ...]:
        """Number of ids per field, the open one included."""
        named = (len(self.families), len(self.gate_sets), len(self.levels))
        return tuple(size + 1 for size in (*named, MAX_INDEX, NUM_BINS, NUM_BINS))

    def encode(self, conditions: Conditions) -> tuple[int, ...]:
        """Ids of all fields.

        Raises:
            BadInputError: a name that the model does not know, or a size out of range.
        """
        return (
            _name_id("family", conditions.family, self.families),
            _name_id("gate set", conditions.gate_set, self.gate_sets),
            _name_id("level", conditions.level, self.levels),
            _number_id("num_qubits", conditions.num_qubits, 1, MAX_INDEX),
            _number_id("length bin", conditions.length, 0, NUM_BINS - 1),
            _number_id("depth bin", conditions.depth, 0, NUM_BINS - 1),
        )

    def decode(self, ids: tuple[int, ...]) -> Conditions:
        """The conditions of ids made by :meth:`encode`."""
        family, gate_set, level, num_qubits, length, depth = ids
        return Conditions(
            family=self.families[family - 1] if family else None,
            gate_set=self.gate_sets[gate_set - 1] if gate_set else None,
            level=self.levels[level - 1] if level else None,
            num_qubits=num_qubits or None,
            length=length - 1 if length else None,
            depth=depth - 1 if depth else None,
        )

    def as_json(self) -> dict[str, list[str]]:
        """JSON values from which the object can be made again."""
        return {field.name: list(getattr(self, field.name)) for field in fields(self)}


def _name_id(field: str, name: str | None, known: tuple[str, ...]) -> int:
    if name is None:
        return OPEN
    if name not in known:
        raise BadInputError(
            f"expected a {field} that the model was trained on, got {name!r}"
            f"{nearest(name, known)}; known: {', '.join(known)}"
        )
    return known.index(name) + 1


def _number_id(field: str, value: int | None, low: int, high: int) -> int:
    if value is None:
        return OPEN
    if not low <= value <= high:
        raise BadInputError(f"expected {field} from {low} to {high}, got {value}")
    return value - low + 1
