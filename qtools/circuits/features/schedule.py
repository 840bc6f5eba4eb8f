"""As-soon-as-possible layers of a circuit: depth, idling, and what lies on the longest paths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qtools.circuits.normal import NormalCircuit, Operation


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Operations in layers; an operation waits for its qubits and classical bits only.

    Attributes:
        operations: what was scheduled, in program order.
        layers: layer of each operation, from 1.
        depth: number of layers.
        critical_two_qubit: largest number of gates on two or more qubits on a longest path.
    """

    operations: tuple[Operation, ...]
    layers: tuple[int, ...]
    depth: int
    critical_two_qubit: int


def schedule(circuit: NormalCircuit, operations: Iterable[Operation]) -> Schedule:
    """Schedule ``operations`` (some or all of the circuit's); barriers are ignored."""
    offsets = circuit.register_offsets()
    # Per wire: (layers so far, most multi-qubit gates on a path of that many layers).
    reached: dict[int, tuple[int, int]] = {}
    kept, layers = [], []
    best = (0, 0)
    for operation in operations:
        if operation.name == "barrier":
            continue
        wires = _wires(circuit, operation, offsets)
        layer, multi = max([reached.get(wire, (0, 0)) for wire in wires], default=(0, 0))
        state = (layer + 1, multi + (operation.is_gate and len(operation.qubits) > 1))
        for wire in wires:
            reached[wire] = state
        best = max(best, state)
        kept.append(operation)
        layers.append(state[0])
    return Schedule(
        operations=tuple(kept), layers=tuple(layers), depth=best[0], critical_two_qubit=best[1]
    )


def _wires(circuit: NormalCircuit, operation: Operation, offsets: Sequence[int]) -> Sequence[int]:
    if not operation.clbits and operation.condition is None:
        return operation.qubits
    wires = [*operation.qubits, *(circuit.num_qubits + bit for bit in operation.clbits)]
    if operation.condition is not None:
        register = operation.condition[0]
        first = circuit.num_qubits + offsets[register]
        wires.extend(range(first, first + circuit.cregs[register]))
    return wires


def without_final_measurements(circuit: NormalCircuit) -> tuple[Operation, ...]:
    """The operations except barriers and measurements after which neither wire is used."""
    kept: list[Operation] = []
    offsets = circuit.register_offsets()
    used: set[int] = set()
    for operation in reversed(circuit.operations):
        if operation.name == "barrier":
            continue
        wires = _wires(circuit, operation, offsets)
        if operation.name == "measure" and not used.intersection(wires):
            continue
        used.update(wires)
        kept.append(operation)
    return tuple(reversed(kept))
