"""As-soon-as-possible layers of a circuit: depth, idling, and what lies on the longest paths."""

from collections.abc import Sequence
from dataclasses import dataclass

from qtools.circuits.normal import NormalCircuit, Operation

# A state of a wire is one integer, which compares faster than a pair: layers so far above, below
# the most gates on several qubits on a path of that many layers.
_LAYER_BITS = 32
_LAYER = 1 << _LAYER_BITS


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Operations in layers; an operation waits for its qubits and classical bits only.

    A measurement is final if neither of its wires is used afterwards. Barriers are ignored.

    Attributes:
        operations: all but barriers and final measurements, in program order.
        layers: layer of each of them, from 1.
        depth: number of their layers.
        critical_two_qubit: largest number of gates on two or more qubits on a longest path.
        total_depth: number of layers with the final measurements.
    """

    operations: tuple[Operation, ...]
    layers: tuple[int, ...]
    depth: int
    critical_two_qubit: int
    total_depth: int


def schedule(circuit: NormalCircuit) -> Schedule:
    """Schedule the operations of a circuit."""
    wires_of = _wires(circuit)
    final = _final_measurements(circuit.operations, wires_of)
    reached = [0] * (circuit.num_qubits + circuit.num_clbits)
    kept: list[Operation] = []
    layers: list[int] = []
    best = total = 0
    for index, (operation, wires) in enumerate(zip(circuit.operations, wires_of, strict=True)):
        if not wires:
            continue
        if len(wires) == 1:
            state = reached[wires[0]] + _LAYER
            reached[wires[0]] = state
        else:
            state = max([reached[wire] for wire in wires]) + _LAYER
            # All that act on several qubits are gates.
            state += len(operation[1]) > 1
            for wire in wires:
                reached[wire] = state
        if index in final:
            # Nothing that is kept waits for a final measurement.
            total = max(total, state)
            continue
        best = max(best, state)
        kept.append(operation)
        layers.append(state >> _LAYER_BITS)
    return Schedule(
        operations=tuple(kept),
        layers=tuple(layers),
        depth=best >> _LAYER_BITS,
        critical_two_qubit=best & (_LAYER - 1),
        total_depth=max(best, total) >> _LAYER_BITS,
    )


def _wires(circuit: NormalCircuit) -> list[Sequence[int]]:
    """Per operation, the qubits and the classical bits that it waits for; none for barriers."""
    offsets = circuit.register_offsets()
    found: list[Sequence[int]] = []
    for name, qubits, _, clbits, condition in circuit.operations:
        if name == "barrier":
            found.append(())
        elif not clbits and condition is None:
            found.append(qubits)
        else:
            wires = [*qubits, *[circuit.num_qubits + bit for bit in clbits]]
            if condition is not None:
                first = circuit.num_qubits + offsets[condition[0]]
                wires.extend(range(first, first + circuit.cregs[condition[0]]))
            found.append(wires)
    return found


def _final_measurements(
    operations: Sequence[Operation], wires_of: Sequence[Sequence[int]]
) -> set[int]:
    """Places of the measurements after which neither wire is used."""
    final: set[int] = set()
    if not any(operation[0] == "measure" for operation in operations):
        return final
    used: set[int] = set()
    for index in range(len(operations) - 1, -1, -1):
        wires = wires_of[index]
        if operations[index][0] == "measure" and used.isdisjoint(wires):
            final.add(index)
        else:
            used.update(wires)
    return final
