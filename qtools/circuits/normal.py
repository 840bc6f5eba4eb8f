"""The normal form of a circuit: a flat list of gates of the alphabet on one quantum register.

Everything that qtools stores, counts, compares or learns from is in this form. It says what
OpenQASM 2 can say: gates, measurement, reset, barriers, and conditions ``if (register == value)``.
Its unitary (or, with measurements, its channel) is that of the original up to a global phase,
which OpenQASM 2 cannot express.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from qtools.circuits.alphabet import ALPHABET, DIRECTIVES
from qtools.errors import BadInputError


class UnsupportedCircuitError(BadInputError):
    """A circuit that the normal form cannot express.

    Attributes:
        reason: a short name for the kind of obstacle, the same for all circuits that have it.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Operation(NamedTuple):
    """One statement.

    Attributes:
        name: a gate of the alphabet, or measure, reset, barrier.
        qubits: operands, in the gate's order.
        params: angles in radians, multiples of pi snapped (see :mod:`qtools.circuits.angles`).
        clbits: the classical bit that a measurement writes, counted over all registers.
        condition: ``(register, value)``: only if that classical register holds ``value``.
    """

    name: str
    qubits: tuple[int, ...]
    params: tuple[float, ...] = ()
    clbits: tuple[int, ...] = ()
    condition: tuple[int, int] | None = None

    @property
    def is_gate(self) -> bool:
        """Whether this is a gate, and no measurement, reset or barrier."""
        return self.name not in DIRECTIVES


@dataclass(frozen=True, kw_only=True)
class NormalCircuit:
    """A circuit in normal form.

    Attributes:
        num_qubits: size of the one quantum register.
        cregs: sizes of the classical registers; more than one only where conditions need it.
        operations: the statements in program order.
    """

    num_qubits: int
    cregs: tuple[int, ...] = ()
    operations: tuple[Operation, ...]

    @property
    def num_clbits(self) -> int:
        """Classical bits in all registers."""
        return sum(self.cregs)

    def gates(self) -> Iterator[Operation]:
        """The operations that are gates, conditional ones included."""
        return (operation for operation in self.operations if operation.name not in DIRECTIVES)

    def gate_histogram(self) -> dict[str, int]:
        """How often each name occurs, measure, reset and barrier included; sorted by name."""
        counts: dict[str, int] = {}
        for operation in self.operations:
            counts[operation.name] = counts.get(operation.name, 0) + 1
        return dict(sorted(counts.items()))

    def register_offsets(self) -> tuple[int, ...]:
        """Index of the first bit of each classical register."""
        offsets, start = [], 0
        for size in self.cregs:
            offsets.append(start)
            start += size
        return tuple(offsets)

    def validate(self) -> None:
        """Check every statement against the alphabet and the registers.

        Circuits made by this package's readers always pass; it is for hand-made ones.

        Raises:
            BadInputError: an unknown gate, a wrong arity, an index out of range, an operand twice.
        """
        for position, operation in enumerate(self.operations):
            problem = self._problem(operation)
            if problem:
                raise BadInputError(f"operation {position} ({operation.name}): {problem}")

    def _problem(self, operation: Operation) -> str:
        spec = ALPHABET.get(operation.name)
        if spec is None and operation.name not in DIRECTIVES:
            return "not in the gate alphabet"
        if spec and (len(operation.qubits), len(operation.params)) != (
            spec.num_qubits,
            spec.num_params,
        ):
            return f"expected {spec.num_qubits} qubits and {spec.num_params} angles"
        if len(set(operation.qubits)) != len(operation.qubits):
            return f"operands {operation.qubits} are not distinct"
        if not all(0 <= qubit < self.num_qubits for qubit in operation.qubits):
            return f"qubits {operation.qubits} are not all below {self.num_qubits}"
        if not all(0 <= clbit < self.num_clbits for clbit in operation.clbits):
            return f"classical bits {operation.clbits} are not all below {self.num_clbits}"
        if operation.condition and not 0 <= operation.condition[0] < len(self.cregs):
            return f"no classical register {operation.condition[0]}"
        return ""


def without_idle_qubits(circuit: NormalCircuit) -> NormalCircuit:
    """The circuit on the qubits that it uses, in their order.

    Barriers do not count as use. A circuit that uses no qubit is returned as it is.
    """
    used = sorted({q for op in circuit.operations if op.name != "barrier" for q in op.qubits})
    if len(used) == circuit.num_qubits or not used:
        return circuit
    new_index = {qubit: index for index, qubit in enumerate(used)}
    operations = []
    for operation in circuit.operations:
        qubits = tuple(new_index[q] for q in operation.qubits if q in new_index)
        if qubits:
            operations.append(operation._replace(qubits=qubits))
    return NormalCircuit(num_qubits=len(used), cregs=circuit.cregs, operations=tuple(operations))
