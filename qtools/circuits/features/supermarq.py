"""The six features of SupermarQ (Tomesh et al., arXiv:2202.11045), all in [0, 1].

They are taken on the circuit without barriers and final measurements. Gates on three or more
qubits count as entangling, and features with an empty denominator are 0.
"""

from dataclasses import dataclass

from qtools.circuits.alphabet import DIRECTIVES
from qtools.circuits.features.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class SupermarqFeatures:
    """SupermarQ's feature vector for n qubits, depth d and g operations.

    Attributes:
        program_communication: mean degree of the interaction graph over n - 1.
        critical_depth: entangling gates on a longest path (the path with most of them) over all
            entangling gates.
        entanglement_ratio: entangling gates over all operations.
        parallelism: (g / d - 1) / (n - 1).
        liveness: fraction of the n d places (qubit, layer) that hold an operation.
        measurement: fraction of layers with a mid-circuit measurement or a reset.
    """

    program_communication: float
    critical_depth: float
    entanglement_ratio: float
    parallelism: float
    liveness: float
    measurement: float


def supermarq_features(
    num_qubits: int, plan: Schedule, *, average_degree: float
) -> SupermarqFeatures:
    """The six features; ``average_degree`` is that of the interaction graph."""
    n = num_qubits
    entangling = sum([len(operation[1]) > 1 for operation in plan.operations])
    total = len(plan.operations)
    depth = plan.depth
    return SupermarqFeatures(
        program_communication=average_degree / (n - 1) if n > 1 else 0.0,
        critical_depth=plan.critical_two_qubit / entangling if entangling else 0.0,
        entanglement_ratio=entangling / total if total else 0.0,
        parallelism=(total / depth - 1) / (n - 1) if depth and n > 1 else 0.0,
        liveness=_occupied(plan) / (n * depth) if depth else 0.0,
        measurement=_measured_layers(plan) / depth if depth else 0.0,
    )


def _occupied(plan: Schedule) -> int:
    return sum([len(operation[1]) for operation in plan.operations])


def _measured_layers(plan: Schedule) -> int:
    pairs = zip(plan.operations, plan.layers, strict=True)
    return len({layer for operation, layer in pairs if operation[0] in DIRECTIVES})
