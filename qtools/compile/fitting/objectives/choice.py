"""Which cost a fit minimises, by name."""

from enum import StrEnum

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.objectives.surrogate import refuse_operator

FLAT_FIDELITY = 0.1
"""Below this fidelity the surrogate leads, where the choice is automatic.

It leads as long as some flip is better than none: ``-log F`` is not flat where ``1 - F`` is, and
goes on faster from there (``benchmarks/flat_start.py``).
"""


class ObjectiveName(StrEnum):
    """The costs, and ``auto`` for the surrogate far from the target and the fidelity near it."""

    AUTO = "auto"
    GLOBAL = "global"
    LOCAL = "local"
    SURROGATE = "surrogate"


def objective_at(name: ObjectiveName, ansatz: Ansatz, infidelity: float) -> ObjectiveName:
    """The cost to take at an infidelity: never ``auto``.

    Raises:
        BadInputError: when the cost asked for does not fit the target.
    """
    if name is ObjectiveName.SURROGATE:
        refuse_operator(ansatz)
    if name is not ObjectiveName.AUTO:
        return name
    flat = 1.0 - infidelity < FLAT_FIDELITY and not ansatz.is_operator
    return ObjectiveName.SURROGATE if flat else ObjectiveName.GLOBAL
