"""Are hard conditions obeyed? By counting.

Families are judged by :mod:`qtools.generate.verify.families`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qtools.circuits.normal import NormalCircuit
from qtools.generate.grammar.limits import Limits
from qtools.generate.verify.statistics import Rate


@dataclass(frozen=True, kw_only=True)
class Obedience:
    """How often hard conditions were met."""

    qubits: Rate
    gate_set: Rate
    gate_budget: Rate


def check_limits(circuits: Sequence[NormalCircuit], limits: Sequence[Limits]) -> Obedience:
    """Count the circuits that meet their limits."""
    pairs = list(zip(circuits, limits, strict=True))
    names = [[gate.name for gate in circuit.gates()] for circuit in circuits]
    budgets = [
        limit.min_gates <= len(found) <= limit.max_gates
        for found, limit in zip(names, limits, strict=True)
    ]
    sets = [set(found) <= set(limit.gates) for found, limit in zip(names, limits, strict=True)]
    return Obedience(
        qubits=_rate([circuit.num_qubits == limit.num_qubits for circuit, limit in pairs]),
        gate_set=_rate(sets),
        gate_budget=_rate(budgets),
    )


def _rate(hits: Sequence[bool]) -> Rate:
    return Rate(count=sum(hits), total=len(hits))
