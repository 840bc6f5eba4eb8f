"""Circuits as people have them, made ready for compiling.

Measurements at the end are dropped, gates on three and more qubits are decomposed, and gates on
qubits that are no neighbours travel along the chain on swaps and back. What is no
unitary gate is refused by name and position.
"""

from dataclasses import dataclass

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import CircuitInstruction, Gate
from qiskit.circuit.library import SwapGate

from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.preparation import initial_state_from_circuit
from qtools.compile.problem.state_problem import CircuitProblem
from qtools.compile.synthesis.circuit_metrics import gate_counts
from qtools.compile.target.circuit_target import Snapshot, snapshots
from qtools.errors import BadInputError, CapacityError, nearest

_DECOMPOSED = ["cx", "u", "p", "rz"]
_MAX_DECOMPOSED = 12  # qubits of a gate that is still taken apart
_LARGEST_BOND = 1024  # of a state, where the user names no limit


@dataclass(frozen=True, kw_only=True)
class GivenCircuit:
    """A circuit of gates on one or two qubits.

    Attributes:
        circuit: without barriers and measurements, its global phase kept.
        dropped: how many measurements at its end were dropped.
    """

    circuit: QuantumCircuit
    dropped: int


def given_circuit(circuit: QuantumCircuit) -> GivenCircuit:
    """``circuit`` as gates on one or two qubits, without what follows the state.

    Raises:
        BadInputError: for a measurement that is followed by a gate, a reset, classical control or
            a free parameter; the message names it and its position.
    """
    if circuit.parameters:
        names = ", ".join(sorted(p.name for p in circuit.parameters)[:3])
        raise BadInputError(f"the circuit has free parameters ({names}); assign them first")
    last_measured: dict[int, int] = {}
    plain = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
    for position, instruction in enumerate(circuit.data):
        places = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        operation = instruction.operation
        if operation.name in ("barrier", "delay"):
            continue
        name = f"instruction {position} ({operation.name} on qubits {','.join(map(str, places))})"
        for place in places:
            if place in last_measured:
                raise BadInputError(
                    f"{name} follows the measurement of qubit {place} by instruction "
                    f"{last_measured[place]}; only measurements at the end can be dropped"
                )
        if operation.name == "measure":
            last_measured[places[0]] = position
            continue
        if not isinstance(operation, Gate) or instruction.clbits:
            raise BadInputError(
                f"{name} is not a unitary gate; expected gates only, without reset or classical "
                "control, and measurements at the end only"
            )
        if len(places) > _MAX_DECOMPOSED:
            raise BadInputError(
                f"{name} acts on {len(places)} qubits; decompose it into smaller gates"
            )
        _append(plain, operation, places)
    return GivenCircuit(circuit=plain, dropped=len(last_measured))


def circuit_problem(
    circuit: QuantumCircuit,
    *,
    name: str = "circuit",
    until: str | int | None = None,
    max_bond: int | None = None,
    tolerance: float = 1e-6,
    basis: tuple[str, ...],
) -> CircuitProblem:
    """The problem of replacing the leading part of ``circuit``.

    Args:
        circuit: of :func:`given_circuit`.
        name: of the circuit, for people.
        until: two-qubit depth of the part to replace, or the name of the first gate that is kept;
            None for all of the circuit.
        max_bond: the part ends where its state would need a larger bond.
        tolerance: infidelity that the state of the part may have.
        basis: native gates, in which the rest is written.

    Raises:
        BadInputError: for a depth or a gate that the circuit does not have, or when nothing is
            left to replace.
    """
    part, kept = _parted(circuit, until)
    prepared = _prepared(circuit, part, tolerance, max_bond)
    if prepared is None and max_bond is None:
        raise CapacityError(
            f"the state of the circuit needs bonds beyond {_LARGEST_BOND}; replace less of it with "
            "--until DEPTH, or as much as a bond allows with --max-bond"
        )
    if prepared is None:
        part, kept, prepared = _deepest(circuit, part, kept, tolerance, max_bond)
    leading, snapshot = prepared
    return CircuitProblem(
        name=name,
        leading=leading,
        target=snapshot.target(tolerance=tolerance),
        original_depth=max(_depths(circuit, part), default=0),
        original_gates=gate_counts(_of(circuit, part)),
        rest=_native(_of(circuit, kept), basis) if kept else None,
    )


Prepared = tuple[InitialState, Snapshot]
Instructions = list[CircuitInstruction]


def _parted(circuit: QuantumCircuit, until: str | int | None) -> tuple[Instructions, Instructions]:
    """The part to replace and what is kept after it."""
    data = list(circuit.data)
    if until is None:
        return data, []
    if isinstance(until, str):
        names = [instruction.operation.name for instruction in data]
        if until not in names:
            raise BadInputError(
                f"the circuit has no gate {until!r}{nearest(until, set(names))}; expected a depth "
                "or the name of the first gate to keep"
            )
        count = names.index(until)
        if count == 0:
            raise BadInputError(f"the circuit begins with {until}; nothing is left to replace")
        return data[:count], data[count:]
    total = max(_depths(circuit, data), default=0)
    if not 1 <= until <= total:
        raise BadInputError(
            f"expected a depth between 1 and {total}, the two-qubit depth of the circuit, "
            f"got {until}"
        )
    return _split(circuit, data, until)


def _split(
    circuit: QuantumCircuit, data: Instructions, depth: int
) -> tuple[Instructions, Instructions]:
    """The instructions within a two-qubit depth, and those behind it."""
    depths = _depths(circuit, data)
    part = [i for i, d in zip(data, depths, strict=True) if d <= depth]
    return part, [i for i, d in zip(data, depths, strict=True) if d > depth]


def _depths(circuit: QuantumCircuit, data: Instructions) -> list[int]:
    """The two-qubit depth at which each instruction acts; never less than what it waits for."""
    reached = dict.fromkeys(circuit.qubits, 0)
    depths = []
    for instruction in data:
        depth = max((reached[qubit] for qubit in instruction.qubits), default=0)
        depth += len(instruction.qubits) > 1
        reached.update(dict.fromkeys(instruction.qubits, depth))
        depths.append(depth)
    return depths


def _deepest(
    circuit: QuantumCircuit,
    part: Instructions,
    kept: Instructions,
    tolerance: float,
    max_bond: int | None,
) -> tuple[Instructions, Instructions, Prepared]:
    """As deep a part as a bond allows, found by halving."""
    fits, fails = 0, max(_depths(circuit, part))
    found: Prepared | None = None
    while fails - fits > 1:
        middle = (fits + fails) // 2
        prepared = _prepared(circuit, _split(circuit, part, middle)[0], tolerance, max_bond)
        if prepared is None:
            fails = middle
        else:
            fits, found = middle, prepared
    if found is None:
        raise BadInputError(
            f"no part of the circuit has a state within bond {max_bond}; allow a larger one"
        )
    leading, behind = _split(circuit, part, fits)
    return leading, behind + kept, found


def _prepared(
    circuit: QuantumCircuit, part: Instructions, tolerance: float, max_bond: int | None
) -> Prepared | None:
    """The part as blocks, and the state it makes; None when a bond grows too large."""
    leading = initial_state_from_circuit(
        _on_neighbours(_of(circuit, part, phase=circuit.global_phase))
    )
    limit = max_bond or _LARGEST_BOND
    for snapshot in snapshots(leading, tolerance=tolerance):
        if snapshot.chain.width > limit:
            return None
    return leading, snapshot


def _of(circuit: QuantumCircuit, data: Instructions, *, phase: float = 0.0) -> QuantumCircuit:
    """A circuit of some of the instructions."""
    part = circuit.copy_empty_like()
    part.global_phase = phase
    part.data = data
    return part


def _on_neighbours(circuit: QuantumCircuit) -> QuantumCircuit:
    """The same circuit with swaps around every gate on qubits that are no neighbours."""
    routed = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
    for instruction in circuit.data:
        places = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        if len(places) < 2 or abs(places[0] - places[1]) == 1:
            routed.append(instruction.operation, places)
            continue
        low, high = sorted(places)
        way = [(site, site + 1) for site in range(low, high - 1)]
        moved = [high - 1 if place == low else place for place in places]
        for pair in way:
            routed.append(SwapGate(), pair)
        routed.append(instruction.operation, moved)
        for pair in reversed(way):
            routed.append(SwapGate(), pair)
    return routed


def _append(plain: QuantumCircuit, gate: Gate, places: list[int]) -> None:
    """Append ``gate``, decomposed when it acts on more than two qubits."""
    if len(places) <= 2:
        plain.append(gate, places)
        return
    alone = QuantumCircuit(len(places))
    alone.append(gate, range(len(places)))
    plain.compose(
        transpile(alone, basis_gates=_DECOMPOSED, optimization_level=0), places, inplace=True
    )


def _native(circuit: QuantumCircuit, basis: tuple[str, ...]) -> QuantumCircuit:
    """The same gates, each written in the native basis."""
    return transpile(circuit, basis_gates=list(basis), optimization_level=1)
