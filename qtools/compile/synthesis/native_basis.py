"""Native gate sets: which ones can express every block, and how."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qtools.errors import BadInputError, nearest

DEFAULT_BASIS = ("cx", "rz", "sx", "x")

ENTANGLERS = ("cx", "cz", "ecr")

# A one-qubit family is usable when all its gates are in the basis; the first match is taken.
ONE_QUBIT_FAMILIES: dict[str, frozenset[str]] = {
    "u": frozenset({"u"}),
    "u3": frozenset({"u3"}),
    "rz-sx": frozenset({"rz", "sx"}),
    "rz-ry": frozenset({"rz", "ry"}),
    "rz-rx": frozenset({"rz", "rx"}),
    "rz-h": frozenset({"rz", "h"}),
}

_EXTRA_ONE_QUBIT = ("x", "y", "z", "s", "sdg", "t", "tdg", "sxdg", "id", "p")
_ONE_QUBIT = tuple(sorted({*frozenset().union(*ONE_QUBIT_FAMILIES.values()), *_EXTRA_ONE_QUBIT}))


@dataclass(frozen=True, kw_only=True)
class NativeBasis:
    """A gate set that expresses every two-qubit block exactly.

    Attributes:
        entangler: the two-qubit gate, one of ``cx``, ``cz`` and ``ecr``.
        one_qubit: the family of one-qubit gates that is written, a key of ``ONE_QUBIT_FAMILIES``.
        has_x: whether a bit flip may be written as one ``x``.
    """

    entangler: str
    one_qubit: str
    has_x: bool

    @classmethod
    def of(cls, names: Sequence[str]) -> "NativeBasis":
        """The basis of the gates ``names``, in any order.

        Raises:
            BadInputError: for an unknown gate, no or several two-qubit gates, or one-qubit gates
                that cannot make every rotation.
        """
        known = (*ENTANGLERS, *_ONE_QUBIT)
        shown = ",".join(names)
        for name in names:
            if name not in known:
                raise BadInputError(
                    f"unknown basis gate {name!r}{nearest(name, known)}; "
                    f"expected gates out of {', '.join(known)}"
                )
        entanglers = [name for name in ENTANGLERS if name in names]
        if len(entanglers) != 1:
            raise BadInputError(
                f"expected exactly one two-qubit gate in the basis ({', '.join(ENTANGLERS)}), "
                f"got {shown!r}"
            )
        for family, gates in ONE_QUBIT_FAMILIES.items():
            if gates <= set(names):
                return cls(entangler=entanglers[0], one_qubit=family, has_x="x" in names)
        raise BadInputError(
            f"the one-qubit gates of the basis {shown!r} cannot make every rotation; expected "
            f"{_family_list(', or '.join)}"
        )


def _family_list(join: Callable[[list[str]], str]) -> str:
    return join([" with ".join(name.split("-")) for name in ONE_QUBIT_FAMILIES])
