"""Qiskit circuits to the normal form and back."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import (
    Barrier,
    CircuitInstruction,
    Clbit,
    IfElseOp,
    Instruction,
    Measure,
    ParameterExpression,
    Reset,
)
from qiskit.circuit.library import get_standard_gate_name_mapping

from qtools.circuits.alphabet import ALPHABET, DIRECTIVES
from qtools.circuits.angles import snapped
from qtools.circuits.conditions import Condition, assign_registers
from qtools.circuits.normal import NormalCircuit, Operation, UnsupportedCircuitError

#: Expansion of one instruction: (gate name, angles, operand positions) in order.
Expansion = tuple[tuple[str, tuple[float, ...], tuple[int, ...]], ...]
#: A trusted or verified meaning of gates outside Qiskit's standard library.
Meaning = Callable[[Any], Expansion | None]

MAX_OPERATIONS = 1_000_000
#: Gate definitions that are expanded in one circuit at most.
MAX_DEFINITIONS = 50_000
_MAX_NESTING = 200
_CLASSES = {name: type(gate) for name, gate in get_standard_gate_name_mapping().items()}
_QUARTER = 1.5707963267948966

# Standard gates with another name or another set of angles in the alphabet.
_RENAMED: dict[str, Callable[[tuple[float, ...]], tuple[str, tuple[float, ...]]]] = {
    # Qiskit's parser gives U(0,0,0) for the id of qelib1.inc.
    "u": lambda angles: ("u", angles) if any(angles) else ("id", ()),
    "u1": lambda angles: ("p", angles),
    "u2": lambda angles: ("u", (_QUARTER, *angles)),
    "u3": lambda angles: ("u", angles) if any(angles) else ("id", ()),
    "cu1": lambda angles: ("cp", angles),
    "cu3": lambda angles: ("cu", (*angles, 0.0)),
    "cs": lambda angles: ("cp", (_QUARTER,)),
    "csdg": lambda angles: ("cp", (-_QUARTER,)),
}


@dataclass(kw_only=True)
class _Frame:
    """Instructions still to be expanded, with the meaning of their bits outside."""

    instructions: Iterator[CircuitInstruction]
    qubits: dict[Any, int]
    clbits: dict[Any, int]
    condition: Condition | None
    depth: int


def from_qiskit(
    circuit: QuantumCircuit,
    *,
    meaning: Meaning | None = None,
    max_operations: int = MAX_OPERATIONS,
) -> NormalCircuit:
    """Bring a Qiskit circuit into normal form.

    Gates of the alphabet are kept, all others are replaced by their definition, recursively.
    Registers become one quantum register in the order of ``circuit.qubits``; classical registers
    are merged into one unless conditions need them. Delays and the global phase are dropped.

    Args:
        circuit: bound parameters only.
        meaning: asked first about every gate that is not Qiskit's own; its expansion, when there
            is one, replaces the gate's definition.
        max_operations: limit on the number of statements after expansion.

    Raises:
        UnsupportedCircuitError: unbound parameters, opaque gates, control flow other than
            ``if (register or bit == value)`` without else, or more than ``max_operations``.
    """
    expander = _Expander(meaning=meaning, max_operations=max_operations)
    expander.run(circuit)
    cregs, bit_index, register_index = assign_registers(
        circuit.num_clbits, [condition for _, condition in expander.found if condition]
    )
    operations = [
        op
        if not op.clbits and condition is None
        else op._replace(
            clbits=tuple(bit_index[bit] for bit in op.clbits),
            condition=None if condition is None else (register_index[condition[0]], condition[1]),
        )
        for op, condition in expander.found
    ]
    return NormalCircuit(num_qubits=circuit.num_qubits, cregs=cregs, operations=tuple(operations))


class _Expander:
    """Depth-first expansion with an explicit stack, so that no nesting can exhaust Python's."""

    def __init__(self, *, meaning: Meaning | None, max_operations: int) -> None:
        self.meaning = meaning
        self.max_operations = max_operations
        self.found: list[tuple[Operation, Condition | None]] = []
        self._stack: list[_Frame] = []
        self._definitions = 0

    def run(self, circuit: QuantumCircuit) -> None:
        qubits = {bit: index for index, bit in enumerate(circuit.qubits)}
        clbits = {bit: index for index, bit in enumerate(circuit.clbits)}
        self._push(circuit, qubits, clbits, condition=None, depth=0)
        steps = 0
        while self._stack:
            frame = self._stack[-1]
            depth = len(self._stack)
            for instruction in frame.instructions:
                steps += 1
                # Definitions count too: a tower of empty ones makes no operations, and each costs
                # Qiskit about 0.1 ms.
                if (
                    len(self.found) >= self.max_operations
                    or steps > 4 * self.max_operations
                    or self._definitions > MAX_DEFINITIONS
                ):
                    raise UnsupportedCircuitError(
                        "too-many-operations",
                        f"expected at most {self.max_operations} operations after gate "
                        "definitions are expanded, and this circuit has more; raise the limit or "
                        "split it",
                    )
                self._visit(instruction, frame)
                if len(self._stack) > depth:
                    break
            else:
                self._stack.pop()

    def _push(
        self,
        body: QuantumCircuit,
        qubits: dict[Any, int],
        clbits: dict[Any, int],
        *,
        condition: Condition | None,
        depth: int,
    ) -> None:
        if depth > _MAX_NESTING:
            raise UnsupportedCircuitError(
                "nested-too-deep",
                f"expected gate definitions nested at most {_MAX_NESTING} deep; flatten the file",
            )
        self._definitions += 1
        self._stack.append(
            _Frame(
                instructions=iter(list(body.data)),
                qubits=qubits,
                clbits=clbits,
                condition=condition,
                depth=depth,
            )
        )

    def _visit(self, instruction: CircuitInstruction, frame: _Frame) -> None:
        name = instruction.name
        indices = frame.qubits
        qubits = tuple([indices[bit] for bit in instruction.qubits])
        if instruction.is_standard_gate():
            params = instruction.params
            angles = _angles(params) if params else ()
            if name in _RENAMED:
                new_name, angles = _RENAMED[name](angles)
                self._add(new_name, angles, qubits, frame)
                return
            if name in ALPHABET:
                self._add(name, angles, qubits, frame)
                return
            if name == "global_phase":
                return
        if name in DIRECTIVES:
            clbits = tuple([frame.clbits[bit] for bit in instruction.clbits])
            self.found.append((Operation(name, qubits, (), clbits), frame.condition))
        elif name == "delay":
            return
        elif instruction.is_control_flow():
            self._enter_branch(instruction, frame)
        else:
            self._expand(instruction, qubits, frame)

    def _add(
        self, name: str, angles: tuple[float, ...], qubits: tuple[int, ...], frame: _Frame
    ) -> None:
        if angles:
            angles = tuple([snapped(angle) for angle in angles])
        self.found.append((Operation(name, qubits, angles), frame.condition))

    def _expand(
        self, instruction: CircuitInstruction, qubits: tuple[int, ...], frame: _Frame
    ) -> None:
        operation = instruction.operation
        expansion = self.meaning(operation) if self.meaning else None
        if expansion is not None:
            for name, angles, operands in expansion:
                self._add(name, angles, tuple(qubits[i] for i in operands), frame)
            return
        definition = getattr(operation, "definition", None)
        if definition is None:
            raise UnsupportedCircuitError(
                "opaque-gate",
                f"expected gates with a definition, got the opaque {instruction.name!r}; "
                "decompose it first",
            )
        inner_qubits = dict(zip(definition.qubits, qubits, strict=True))
        outer_clbits = (frame.clbits[bit] for bit in instruction.clbits)
        inner_clbits = dict(zip(definition.clbits, outer_clbits, strict=True))
        self._push(
            definition,
            inner_qubits,
            inner_clbits,
            condition=frame.condition,
            depth=frame.depth + 1,
        )

    def _enter_branch(self, instruction: CircuitInstruction, frame: _Frame) -> None:
        operation = instruction.operation
        if not isinstance(operation, IfElseOp):
            raise UnsupportedCircuitError(
                f"control-flow-{instruction.name}",
                f"expected straight-line code or if-statements, got {instruction.name!r}; "
                "unroll it first",
            )
        if len(operation.blocks) > 1 or frame.condition is not None:
            raise UnsupportedCircuitError(
                "control-flow-else-or-nested",
                "expected if-statements without else that are not nested; rewrite them so",
            )
        body = operation.blocks[0]
        condition = _condition(operation.condition, frame.clbits)
        clbits = {
            inner: frame.clbits[outer]
            for inner, outer in zip(body.clbits, instruction.clbits, strict=True)
        }
        _check_body_keeps_condition(body.data, clbits, condition)
        qubits = {
            inner: frame.qubits[outer]
            for inner, outer in zip(body.qubits, instruction.qubits, strict=True)
        }
        self._push(body, qubits, clbits, condition=condition, depth=frame.depth + 1)


def _angles(params: Iterable[Any]) -> tuple[float, ...]:
    angles = []
    for param in params:
        if isinstance(param, ParameterExpression):
            raise UnsupportedCircuitError(
                "unbound-parameters",
                f"expected numbers for all angles, got the parameter {param}; bind it first",
            )
        angle = float(param)
        if angle - angle != 0.0:
            raise UnsupportedCircuitError(
                "angle-not-finite", f"expected finite angles, got {angle}; correct the circuit"
            )
        angles.append(angle)
    return tuple(angles)


def _condition(condition: Any, clbits: Mapping[Any, int]) -> Condition:
    if not isinstance(condition, tuple):
        raise UnsupportedCircuitError(
            "control-flow-expression",
            "expected if-conditions of the form register == value, got a classical expression",
        )
    target, value = condition
    if isinstance(target, Clbit):
        return (clbits[target],), int(value)
    assert isinstance(target, ClassicalRegister)
    return tuple(clbits[bit] for bit in target), int(value)


def _check_body_keeps_condition(
    body: Iterable[CircuitInstruction], clbits: Mapping[Any, int], condition: Condition
) -> None:
    # The body becomes one conditional statement per operation, each of which reads the condition
    # anew; that is the same only if no statement but the last writes the bits it reads.
    statements = list(body)
    for statement in statements[:-1]:
        if any(clbits[bit] in condition[0] for bit in statement.clbits):
            raise UnsupportedCircuitError(
                "control-flow-self-modifying",
                "expected if-bodies that do not overwrite their own condition; rewrite it",
            )


def to_qiskit(circuit: NormalCircuit) -> QuantumCircuit:
    """The Qiskit circuit of Qiskit's own standard gates, with registers q and c (or c0, ...)."""
    names = creg_names(circuit)
    registers = [ClassicalRegister(size, n) for n, size in zip(names, circuit.cregs, strict=True)]
    made = QuantumCircuit(*_quantum_register(circuit.num_qubits), *registers)
    for operation in circuit.operations:
        qubits = [made.qubits[index] for index in operation.qubits]
        clbits = [made.clbits[index] for index in operation.clbits]
        gate = _qiskit_operation(operation)
        if operation.condition is None:
            made.append(gate, qubits, clbits)
        else:
            register, value = operation.condition
            body = QuantumCircuit(qubits, clbits)
            body.append(gate, qubits, clbits)
            made.if_test((registers[register], value), body, qubits, clbits)
    return made


def _qiskit_operation(operation: Operation) -> Instruction:
    if operation.name == "measure":
        return Measure()
    if operation.name == "reset":
        return Reset()
    if operation.name == "barrier":
        return Barrier(len(operation.qubits))
    made: Instruction = _CLASSES[operation.name](*operation.params)
    return made


def creg_names(circuit: NormalCircuit) -> tuple[str, ...]:
    """Names of the classical registers: ``c``, or ``c0``, ``c1``, ... when there are several."""
    if len(circuit.cregs) == 1:
        return ("c",)
    return tuple(f"c{index}" for index in range(len(circuit.cregs)))


def _quantum_register(num_qubits: int) -> list[Any]:
    from qiskit import QuantumRegister

    return [QuantumRegister(num_qubits, "q")] if num_qubits else []
