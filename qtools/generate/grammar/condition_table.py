"""How a request becomes conditions and limits of single circuits."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.alphabet import ALPHABET
from qtools.errors import BadInputError, nearest
from qtools.generate.grammar.limits import MAX_ROWS, Limits
from qtools.generate.grammar.request import Request
from qtools.generate.language.conditions import (
    NUM_FIELDS,
    OPEN,
    ConditionNames,
    Conditions,
    size_bin,
)
from qtools.generate.language.documents import EncodedDocuments
from qtools.runs.typed import typed
from qtools.runs.untrusted import parse_json

_FAMILY, _GATE_SET, _LEVEL, _QUBITS, _LENGTH, _DEPTH = range(NUM_FIELDS)
_MAX_GATES = 1024
# The model is made for sequences of 4096 rows.
_MOST_ROWS = 4000
# Lengths have half-octave bins; a width off by an eighth moves them by less than one.
_NEAR = 1 / 8


@dataclass(frozen=True, kw_only=True)
class Order:
    """One circuit to sample.

    Attributes:
        index: its number within the request, which with the seed fixes its random numbers.
        conditions: ids for the model's prefix.
        limits: what the grammar enforces.
    """

    index: int
    conditions: tuple[int, ...]
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class ConditionTable:
    """Conditions of the training circuits: what open conditions are drawn from.

    Attributes:
        names: of families, gate sets and levels.
        gates_of: gate set -> the gates it has.
        ids: (N, NUM_FIELDS) distinct condition vectors.
        counts: (N,) how often each occurs.
        widths: numbers of qubits that the model was trained on.
    """

    names: ConditionNames
    gates_of: dict[str, tuple[str, ...]]
    ids: NDArray[np.int64]
    counts: NDArray[np.int64]
    widths: frozenset[int]

    @classmethod
    def of(
        cls,
        documents: EncodedDocuments,
        names: ConditionNames,
        gates_of: dict[str, tuple[str, ...]],
    ) -> "ConditionTable":
        """The table of a split."""
        ids, counts = np.unique(documents.conditions, axis=0, return_counts=True)
        return cls(names=names, gates_of=gates_of, ids=ids, counts=counts, widths=_widths(ids))

    def drawing(self, conditions: Iterable[Conditions]) -> "ConditionTable":
        """A table that draws from these conditions in place of the training circuits'.

        Raises:
            BadInputError: none, no number of qubits, or names that the table does not know.
        """
        told = [self.names.encode(each) for each in conditions]
        if not told:
            raise BadInputError("expected at least one circuit to take conditions from, got none")
        if any(ids[_QUBITS] == OPEN for ids in told):
            raise BadInputError("expected conditions with a number of qubits, got some without")
        ids, counts = np.unique(np.array(told, dtype=np.int64), axis=0, return_counts=True)
        return replace(self, ids=ids, counts=counts)

    def to_json(self) -> str:
        """JSON text from which :meth:`from_json` makes the table again."""
        record = {
            "names": self.names.as_json(),
            "gates_of": self.gates_of,
            "ids": self.ids.tolist(),
            "counts": self.counts.tolist(),
        }
        return json.dumps(record, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "ConditionTable":
        """Read a table, checking it.

        Raises:
            BadInputError, ValueError, KeyError, TypeError, OverflowError: not a table.
        """
        record = parse_json(text, source="the table of conditions")
        names = typed(ConditionNames, record["names"], source="the table of conditions")
        ids = np.array(record["ids"], dtype=np.int64).reshape(-1, NUM_FIELDS)
        counts = np.array(record["counts"], dtype=np.int64)
        gates_of = {key: tuple(value) for key, value in record["gates_of"].items()}
        if len(counts) != len(ids) or not len(ids) or (counts < 1).any():
            raise ValueError("counts and ids do not fit together")
        if (ids < 0).any() or (ids >= np.array(names.sizes())).any():
            raise ValueError("ids out of range")
        if set(gates_of) != set(names.gate_sets) or not set().union(*gates_of.values()) <= set(
            ALPHABET
        ):
            raise ValueError("gates outside the alphabet")
        return cls(names=names, gates_of=gates_of, ids=ids, counts=counts, widths=_widths(ids))

    def orders(self, request: Request, indices: Sequence[int], *, seed: int) -> list[Order]:
        """Conditions and limits of each circuit of a request.

        Raises:
            BadInputError: unknown names, or conditions that cannot be met.
        """
        asked = self._asked(request)
        self._gates(request, request.gate_set)
        places, strict = self._candidates(request, asked)
        chances = self.counts[places] / self.counts[places].sum()
        orders = []
        for index in indices:
            # The key differs from that of the circuit's own stream by its third word.
            rng = np.random.default_rng([seed & (2**63 - 1), index, 1])
            ids = self.ids[places[rng.choice(len(places), p=chances)]].copy()
            if not strict:
                ids[[_LENGTH, _DEPTH]] = OPEN
            ids = np.where(asked != OPEN, asked, ids)
            ids[_QUBITS] = self._draw_qubits(request, int(ids[_QUBITS]), rng)
            self._fit_sizes(request, ids, rng)
            limits = self._limits(request, ids)
            if limits.num_qubits not in self.widths:
                # Nothing was learnt about this number; the register tells it.
                ids[_QUBITS] = OPEN
            orders.append(Order(index=index, conditions=tuple(ids.tolist()), limits=limits))
        return orders

    def conditions(self, order: Order) -> Conditions:
        """The conditions of an order by name."""
        return self.names.decode(order.conditions)

    def _asked(self, request: Request) -> NDArray[np.int64]:
        known = Conditions(family=request.family, gate_set=request.gate_set, level=request.level)
        return np.array(self.names.encode(known), dtype=np.int64)

    def _candidates(
        self, request: Request, asked: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], bool]:
        """Training conditions that agree with the request, and whether they do in everything."""
        within = self._within(request.num_qubits)
        tests = [self._same(asked, field) for field in (_FAMILY, _GATE_SET, _LEVEL)]
        tests += [within, self._long(request), self._shallow(request)]
        others = np.logical_and.reduce([test for test in tests if test is not within])
        # What is given up first when no training circuit agrees: a little width, then depth,
        # length, qubits, level, gate set. The family is kept.
        for width in (within, self._nearly_within(request.num_qubits, others)):
            places = np.flatnonzero(others & width)
            if len(places):
                return places, True
        for dropped in ((5,), (5, 4), (5, 4, 3), (5, 4, 3, 2), (5, 4, 3, 2, 1)):
            kept = [test for place, test in enumerate(tests) if place not in dropped]
            places = np.flatnonzero(np.logical_and.reduce(kept))
            if len(places):
                return places, False
        return np.arange(len(self.ids)), False

    def _same(self, asked: NDArray[np.int64], field: int) -> NDArray[np.bool_]:
        return np.asarray((self.ids[:, field] == asked[field]) | (asked[field] == OPEN))

    def _within(self, span: tuple[int, int] | None) -> NDArray[np.bool_]:
        n = self.ids[:, _QUBITS]
        return (n >= span[0]) & (n <= span[1]) if span else n >= 0

    def _nearly_within(
        self, span: tuple[int, int] | None, others: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """The nearest width that agrees in everything else, where it is about the one asked for.

        Length and depth of its circuits then are about right.
        """
        if span is None or not others.any():
            return np.zeros(len(self.ids), dtype=np.bool_)
        n = self.ids[:, _QUBITS]
        distance = np.maximum(np.maximum(span[0] - n, n - span[1]), 0)
        nearest = distance[others].min()
        near = nearest <= max(1.0, _NEAR * span[1])
        return np.asarray(near & (distance == nearest))

    def _long(self, request: Request) -> NDArray[np.bool_]:
        bins = self.ids[:, _LENGTH] - 1
        if request.gates is None:
            return np.ones(len(bins), dtype=np.bool_)
        return (bins >= size_bin(request.gates[0])) & (bins <= size_bin(request.gates[1]))

    def _shallow(self, request: Request) -> NDArray[np.bool_]:
        bins = self.ids[:, _DEPTH] - 1
        if request.max_depth is None:
            return np.ones(len(bins), dtype=np.bool_)
        return bins <= size_bin(request.max_depth)

    def _draw_qubits(self, request: Request, drawn: int, rng: np.random.Generator) -> int:
        if request.num_qubits is None:
            return drawn
        low, high = request.num_qubits
        return drawn if low <= drawn <= high else int(rng.integers(low, high + 1))

    def _fit_sizes(
        self, request: Request, ids: NDArray[np.int64], rng: np.random.Generator
    ) -> None:
        """Bins of length and depth inside what was asked, where they were open or outside."""
        if request.gates is not None:
            low, high = size_bin(request.gates[0]), size_bin(request.gates[1])
            if not low <= ids[_LENGTH] - 1 <= high:
                ids[_LENGTH] = int(rng.integers(low, high + 1)) + 1
        if request.max_depth is not None and ids[_DEPTH] - 1 > size_bin(request.max_depth):
            ids[_DEPTH] = size_bin(request.max_depth) + 1

    def _gates(self, request: Request, gate_set: str | None) -> tuple[str, ...]:
        known = self.gates_of[gate_set] if gate_set in self.gates_of else tuple(ALPHABET)
        for name in request.only_gates:
            if name not in known:
                raise BadInputError(
                    f"these conditions cannot be met: {name!r} is not in the gate set "
                    f"{gate_set or 'of the model'} ({', '.join(known)}){nearest(name, known)}"
                )
        return request.only_gates or known

    def _limits(self, request: Request, ids: NDArray[np.int64]) -> Limits:
        gate_set = self.names.decode(tuple(ids.tolist())).gate_set
        low, high = request.gates or (1, _MAX_GATES)
        num_qubits = int(ids[_QUBITS])
        return Limits(
            num_qubits=num_qubits,
            gates=self._gates(request, gate_set),
            min_gates=low,
            max_gates=high,
            max_depth=request.max_depth,
            measure=request.measure,
            max_rows=min(_MOST_ROWS, max(MAX_ROWS, 4 * high + 4 * num_qubits)),
        )


def _widths(ids: NDArray[np.int64]) -> frozenset[int]:
    return frozenset(ids[:, _QUBITS].tolist())
