"""Circuits to rows and back (see :mod:`qtools.generate.language.vocabulary`)."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import NormalCircuit, Operation, UnsupportedCircuitError
from qtools.errors import BadInputError
from qtools.generate.language.angles import RecentAngles
from qtools.generate.language.vocabulary import (
    BARRIER,
    BARRIER_ALL,
    BARRIER_JOIN,
    CREG,
    EMPTY,
    EOS,
    IF,
    MAX_INDEX,
    MEASURE,
    MORE,
    OP_IDS,
    OP_NAMES,
    QREG,
    RESET,
)

#: (T, NUM_COLUMNS) table of one circuit, from ``qreg`` to ``eos``.
Rows = NDArray[np.int16]
_Row = tuple[int, int, int, int, int, int]


def encode_circuit(circuit: NormalCircuit) -> Rows:
    """The rows of a circuit.

    Angles off the grid are moved by up to
    :data:`qtools.generate.language.angles.ERROR_BOUND`; everything else comes back exactly from
    :func:`decode_rows`.

    Raises:
        UnsupportedCircuitError: more than 128 qubits, classical bits or registers, or a condition
            on a value of 128 or more.
    """
    sizes = (circuit.num_qubits, circuit.num_clbits, len(circuit.cregs))
    if not circuit.num_qubits >= 1 or max(sizes) > MAX_INDEX:
        raise UnsupportedCircuitError(
            "too-wide-for-tokens",
            f"expected 1 to {MAX_INDEX} qubits and at most as many classical bits, got "
            f"{circuit.num_qubits} and {circuit.num_clbits}",
        )
    rows = [_row(QREG, circuit.num_qubits - 1)]
    rows += [_row(CREG, size - 1, count - 1) for size, count in _runs_of_equal(circuit.cregs)]
    recent = RecentAngles()
    for operation in circuit.operations:
        rows.extend(_statement(operation, circuit.num_qubits, recent))
    rows.append(_row(EOS))
    return np.array(rows, dtype=np.int16)


def _row(
    op: int, a: int = EMPTY, b: int = EMPTY, c: int = EMPTY, angle: int = EMPTY, fine: int = EMPTY
) -> _Row:
    return (op, a, b, c, angle, fine)


def _runs_of_equal(values: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in range(1, len(values) + 1):
        if stop == len(values) or values[stop] != values[start]:
            yield values[start], stop - start
            start = stop


def _statement(operation: Operation, n: int, recent: RecentAngles) -> list[_Row]:
    rows = []
    if operation.condition is not None:
        register, value = operation.condition
        if value >= MAX_INDEX:
            raise UnsupportedCircuitError(
                "condition-value-too-large",
                f"expected conditions on values below {MAX_INDEX}, got {value}",
            )
        rows.append(_row(IF, register, value))
    name, qubits = operation.name, operation.qubits
    if name == "barrier":
        return rows + _barrier(qubits, n)
    if name == "measure":
        return [*rows, _row(MEASURE, qubits[0], operation.clbits[0])]
    if name == "reset":
        return [*rows, _row(RESET, qubits[0])]
    a, b, c = (*qubits, EMPTY, EMPTY)[:3]
    angles = [recent.encode(angle) for angle in operation.params]
    rows.append(_row(OP_IDS[name], a, b, c, *(angles[0] if angles else (EMPTY, EMPTY))))
    rows += [_row(MORE, angle=token, fine=fine) for token, fine in angles[1:]]
    return rows


def _barrier(qubits: tuple[int, ...], n: int) -> list[_Row]:
    """Ascending runs of the operands, in the order of the statement."""
    if qubits == tuple(range(n)):
        return [_row(BARRIER_ALL)]
    rows: list[_Row] = []
    start = 0
    for stop in range(1, len(qubits) + 1):
        if stop == len(qubits) or qubits[stop] != qubits[stop - 1] + 1:
            rows.append(_row(BARRIER_JOIN if rows else BARRIER, qubits[start], qubits[stop - 1]))
            start = stop
    return rows


def decode_rows(rows: NDArray[np.integer]) -> NormalCircuit:
    """The circuit of rows from ``qreg`` to ``eos``; what follows ``eos`` is ignored.

    Raises:
        BadInputError: the rows do not spell a circuit.
    """
    decoder = _Decoder()
    try:
        for row in rows.tolist():
            if row[0] == EOS:
                return decoder.finish()
            decoder.read(*row)
    except IndexError as error:
        raise BadInputError("expected rows of a circuit, got a reference to nothing") from error
    raise BadInputError("expected rows that end with eos, got a sequence that is cut off")


class _Decoder:
    """Collects statements; a gate waits until all its angles have come."""

    def __init__(self) -> None:
        self._num_qubits = 0
        self._cregs: list[int] = []
        self._operations: list[Operation] = []
        self._recent = RecentAngles()
        self._condition: tuple[int, int] | None = None

    def read(self, op: int, a: int, b: int, c: int, angle: int, fine: int) -> None:
        if op == QREG:
            self._num_qubits = a + 1
        elif op == CREG:
            self._cregs.extend([a + 1] * (b + 1))
        elif op == IF:
            self._condition = (a, b)
        elif op == MORE:
            self._extend(params=(self._recent.decode(angle, fine),))
        elif op == BARRIER_JOIN:
            self._extend(qubits=tuple(range(a, b + 1)))
        else:
            self._append(op, (a, b, c), angle, fine)

    def finish(self) -> NormalCircuit:
        circuit = NormalCircuit(
            num_qubits=self._num_qubits,
            cregs=tuple(self._cregs),
            operations=tuple(self._operations),
        )
        circuit.validate()
        return circuit

    def _append(self, op: int, operands: tuple[int, int, int], angle: int, fine: int) -> None:
        name, a, b = OP_NAMES[op], operands[0], operands[1]
        made: Operation
        if op == MEASURE:
            made = Operation("measure", (a,), (), (b,))
        elif op == RESET:
            made = Operation("reset", (a,))
        elif op == BARRIER_ALL:
            made = Operation("barrier", tuple(range(self._num_qubits)))
        elif op == BARRIER:
            made = Operation("barrier", tuple(range(a, b + 1)))
        elif name in ALPHABET:
            params = (self._recent.decode(angle, fine),) if angle != EMPTY else ()
            made = Operation(name, operands[: ALPHABET[name].num_qubits], params)
        else:
            raise BadInputError(f"expected a statement, got {name!r} inside a circuit")
        self._operations.append(made._replace(condition=self._condition))
        self._condition = None

    def _extend(self, qubits: tuple[int, ...] = (), params: tuple[float, ...] = ()) -> None:
        last = self._operations[-1]
        self._operations[-1] = last._replace(
            qubits=last.qubits + qubits, params=last.params + params
        )
