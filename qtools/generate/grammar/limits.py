"""What a circuit must obey, checked for being possible at all."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum

import torch
from torch import Tensor

from qtools.circuits.alphabet import ALPHABET
from qtools.errors import BadInputError
from qtools.generate.language.vocabulary import MAX_INDEX, NUM_OPS, OP_NAMES, ROWS_OF

#: Default limit on the rows of a circuit.
MAX_ROWS = 1280
_HEADER_ROWS = 3
_NO_LIMIT = 1 << 30


class Measure(Enum):
    """How a circuit measures; the value says what it means.

    ANY leaves it to the model. ALL: after the gates every qubit is measured into a bit of its own.
    """

    ANY = "as the model likes"
    NONE = "no measurements"
    ALL = "every qubit once, at the end"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Hard limits of one circuit; impossible combinations are refused when this is made.

    Attributes:
        num_qubits: size of the quantum register.
        gates: names of the gates that may be used.
        min_gates, max_gates: bounds on the number of gates.
        max_depth: largest number of layers of gates; None for no limit.
        measure: see :class:`Measure`.
        max_rows: limit on the rows of the circuit, which bounds the time that it takes.

    Raises:
        BadInputError: no circuit can obey the limits; the message says why.
    """

    num_qubits: int
    gates: tuple[str, ...]
    min_gates: int = 1
    max_gates: int = 1024
    max_depth: int | None = None
    measure: Measure = Measure.ANY
    max_rows: int = MAX_ROWS

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise BadInputError(f"these conditions cannot be met: {problem}")

    def unit_rows(self) -> int:
        """Rows of the cheapest single-qubit gate."""
        return min(_rows(name) for name in self._single_qubit_gates())

    def _single_qubit_gates(self) -> list[str]:
        return [name for name in self.gates if ALPHABET[name].num_qubits == 1]

    def _problem(self) -> str:
        unknown = [name for name in self.gates if name not in ALPHABET]
        if unknown:
            return f"{unknown[0]!r} is not in the gate alphabet"
        if not 1 <= self.num_qubits <= MAX_INDEX:
            return f"{self.num_qubits} qubits, where 1 to {MAX_INDEX} are possible"
        if not self._single_qubit_gates():
            return f"the gates {', '.join(self.gates) or '(none)'} have no single-qubit gate"
        if not 0 <= self.min_gates <= self.max_gates:
            return f"at least {self.min_gates} and at most {self.max_gates} gates"
        layers = self.max_depth
        if layers is not None and layers * self.num_qubits < self.min_gates:
            return (
                f"{layers} layers on {self.num_qubits} qubits hold at most "
                f"{layers * self.num_qubits} gates, not {self.min_gates}"
            )
        largest = max(ALPHABET[name].num_qubits for name in self.gates)
        if self.measure is Measure.ALL and self.max_gates * largest < self.num_qubits:
            return (
                f"{self.max_gates} gates act on at most {self.max_gates * largest} qubits, so "
                f"measuring all {self.num_qubits} would measure qubits that nothing happened to"
            )
        rows = self.min_gates * self.unit_rows() + _HEADER_ROWS + 1
        rows += self.num_qubits if self.measure is Measure.ALL else 0
        if rows > self.max_rows:
            return f"{self.min_gates} gates take {rows} rows, more than the {self.max_rows} allowed"
        return ""


def _rows(name: str) -> int:
    return int(ROWS_OF[OP_NAMES.index(name)])


@dataclass(frozen=True, kw_only=True)
class BatchLimits:
    """Limits of B circuits as tensors; attributes as in :class:`Limits`.

    Attributes:
        gate_set: (B, NUM_OPS) gates that may be used.
        has_depth: (B,) whether ``max_depth`` limits anything.
        unit_rows: (B,) rows of the cheapest single-qubit gate.
        measure_all, measure_none: (B,).
        num_qubits, min_gates, max_gates, max_depth, max_rows: (B,).
    """

    num_qubits: Tensor
    gate_set: Tensor
    min_gates: Tensor
    max_gates: Tensor
    max_depth: Tensor
    has_depth: Tensor
    unit_rows: Tensor
    measure_all: Tensor
    measure_none: Tensor
    max_rows: Tensor

    def __len__(self) -> int:
        return len(self.num_qubits)

    @classmethod
    def of(cls, limits: Sequence[Limits]) -> "BatchLimits":
        """Stack the limits of circuits."""
        gate_set = torch.zeros(len(limits), NUM_OPS, dtype=torch.bool)
        for line, limit in enumerate(limits):
            gate_set[line, [OP_NAMES.index(name) for name in limit.gates]] = True
        depths = [_NO_LIMIT if limit.max_depth is None else limit.max_depth for limit in limits]
        return cls(
            num_qubits=torch.tensor([limit.num_qubits for limit in limits]),
            gate_set=gate_set,
            min_gates=torch.tensor([limit.min_gates for limit in limits]),
            max_gates=torch.tensor([limit.max_gates for limit in limits]),
            max_depth=torch.tensor(depths),
            has_depth=torch.tensor([limit.max_depth is not None for limit in limits]),
            unit_rows=torch.tensor([limit.unit_rows() for limit in limits]),
            measure_all=torch.tensor([limit.measure is Measure.ALL for limit in limits]),
            measure_none=torch.tensor([limit.measure is Measure.NONE for limit in limits]),
            max_rows=torch.tensor([limit.max_rows for limit in limits]),
        )

    def chosen(self, places: Tensor) -> "BatchLimits":
        """The limits at these places."""
        return BatchLimits(**{f.name: getattr(self, f.name)[places] for f in fields(self)})
