"""Fingerprints of circuits: exact, and modulo qubit relabelling and commuting reorder.

The canonical form is a complete description of the circuit up to relabelling of qubits and
classical bits, exchange of commuting gates, and barriers: circuits with equal canonical forms
*are* the same in that sense (up to a collision of SHA-256), so no genuinely different circuit is
ever taken for a duplicate. The converse, that equal circuits get equal forms, needs an order of
the vertices that does not depend on their numbers. Most circuits tell all their vertices apart by
what lies in their light cones, which two passes over the gates find (:func:`light_cones`); what
they leave together is ordered by the search of :mod:`qtools.circuits.vertex_order`. That search is
exhaustive up to a budget; beyond it, which happens for large highly symmetric circuits only, a
relabelled copy may get another fingerprint (``Canonical.exhaustive`` is False).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtools.circuits.normal import NormalCircuit
from qtools.circuits.vertex_order import BUDGET, VertexSearch
from qtools.circuits.wires import Operand, WireTable, wire_table

_DIGEST_CHARS = 32
_WORD = (1 << 64) - 1
_QUBIT, _CLBIT = 1, 2
# Roles, ranks and runs are packed into one integer; a circuit has far fewer of each.
_FIELD_BITS = 24


@dataclass(frozen=True, kw_only=True)
class Canonical:
    """Fingerprint of the canonical form.

    Attributes:
        fingerprint: 128 bits of SHA-256, as 32 hexadecimal digits.
        exhaustive: whether every relabelled copy is sure to get the same fingerprint.
    """

    fingerprint: str
    exhaustive: bool


@dataclass(frozen=True, kw_only=True)
class CanonicalPair:
    """Both fingerprints of one circuit.

    Attributes:
        circuit: of the circuit.
        structure: of the circuit without its angles; circuits share it that differ in their
            angles only.
    """

    circuit: Canonical
    structure: Canonical


def exact_fingerprint(qasm: str) -> str:
    """Fingerprint of the OpenQASM 2 text that :func:`qtools.circuits.qasm2.dumps` wrote."""
    return hashlib.sha256(qasm.encode()).hexdigest()[:_DIGEST_CHARS]


def canonical_fingerprint(circuit: NormalCircuit, *, angles: bool = True) -> Canonical:
    """Fingerprint modulo qubit relabelling and commuting reorder.

    Args:
        circuit: in normal form.
        angles: False for the fingerprint of the structure.
    """
    both = canonical_fingerprints(circuit)
    return both.circuit if angles else both.structure


def canonical_fingerprints(circuit: NormalCircuit) -> CanonicalPair:
    """Fingerprints with and without angles, for little more than the price of one."""
    table = wire_table(circuit)
    skeleton = _Skeleton.of(table)
    of_structure = _order(skeleton, table.shapes)
    # An order that the light cones give without angles serves with angles too; and where equal
    # gates have equal angles, the symmetries are the same.
    same = of_structure.discrete or len(set(table.labels)) == len(set(table.shapes))
    of_circuit = of_structure if same else _order(skeleton, table.labels)
    places = _places(skeleton, of_structure)
    return CanonicalPair(
        circuit=_fingerprint(
            table, table.labels, of_circuit, places if same else _places(skeleton, of_circuit)
        ),
        structure=_fingerprint(table, table.shapes, of_structure, places),
    )


@dataclass(frozen=True, kw_only=True)
class _Skeleton:
    """What the order of the vertices depends on besides the labels; made with :meth:`of`.

    Attributes:
        all_operands: of every operation.
        operands: without pendant bits, see below.
        kinds: of every vertex, qubit or classical bit.
        alone, meeting: vertices in use that share no operation with another one, and the others.
        pendant: classical bits that only one operation uses. They follow its qubit; left in, they
            would hide that two qubits may be exchanged.
    """

    all_operands: Sequence[tuple[Operand, ...]]
    operands: Sequence[tuple[Operand, ...]]
    kinds: Sequence[int]
    alone: Sequence[int]
    meeting: Sequence[int]
    pendant: frozenset[int]

    @classmethod
    def of(cls, table: WireTable) -> "_Skeleton":
        """The skeleton of a circuit."""
        kinds = [_QUBIT] * table.num_qubits + [_CLBIT] * table.num_clbits
        uses = [0] * len(kinds)
        for ends in table.operands:
            for vertex, _, _ in ends:
                uses[vertex] += 1
        pendant = frozenset([v for v in range(table.num_qubits, len(uses)) if uses[v] == 1])
        operands: Sequence[tuple[Operand, ...]] = table.operands
        if pendant:
            operands = [
                # Classical bits come after the qubits.
                ends if ends[-1][0] < table.num_qubits else _without(ends, pendant)
                for ends in operands
            ]
        meeting = {vertex for ends in operands if len(ends) > 1 for vertex, _, _ in ends}
        used = {v for v, count in enumerate(uses) if count}
        return cls(
            all_operands=table.operands,
            operands=operands,
            kinds=kinds,
            alone=list(used - pendant - meeting),
            meeting=sorted(meeting),
            pendant=pendant,
        )


def _without(ends: Sequence[Operand], vertices: frozenset[int]) -> tuple[Operand, ...]:
    return tuple([end for end in ends if end[0] not in vertices])


@dataclass(frozen=True, kw_only=True)
class _Order:
    """Vertices of a circuit in an order that does not depend on their numbers.

    Attributes:
        vertices: those that some operation uses.
        discrete: whether the light cones alone told all of them apart that meet others.
        exhaustive: whether every relabelled copy gets the same order.
    """

    vertices: list[int]
    discrete: bool
    exhaustive: bool


def _order(skeleton: _Skeleton, labels: Sequence[str]) -> _Order:
    number = {label: index for index, label in enumerate(sorted(set(labels)))}
    words = [number[label] for label in labels]
    colours = light_cones(skeleton.kinds, words, skeleton.operands)
    # Vertices that meet no other are what their colour says; those of one colour are exchangeable.
    meeting = skeleton.meeting
    vertices = sorted(skeleton.alone, key=colours.__getitem__)
    discrete = len({colours[v] for v in meeting}) == len(meeting)
    exhaustive = True
    if discrete:
        vertices += sorted(meeting, key=colours.__getitem__)
    else:
        search = VertexSearch(words, skeleton.operands, np.array(colours, dtype=np.uint64))
        vertices += search.order(np.array(meeting, dtype=np.int64))
        exhaustive = search.work <= BUDGET
    if skeleton.pendant:
        vertices += _pendant_order(skeleton, vertices)
    return _Order(vertices=vertices, discrete=discrete, exhaustive=exhaustive)


def light_cones(
    kinds: Sequence[int], words: Sequence[int], operands: Sequence[Sequence[Operand]]
) -> list[int]:
    """A colour per vertex, 64 bits: a hash of all that lies in its past and future light cones.

    Equal circuits give corresponding vertices equal colours, however they are numbered and
    reordered. Tuples of integers have the same hash in every run of 64-bit Python.

    Args:
        kinds: colour of each vertex to begin with.
        words: number of each operation's label.
        operands: of each operation.
    """
    forward = _pass(kinds, words, operands)
    backward = _pass(kinds, words[::-1], operands[::-1])
    return [hash(pair) & _WORD for pair in zip(forward, backward, strict=True)]


def _pass(
    kinds: Sequence[int], words: Sequence[int], operands: Sequence[Sequence[Operand]]
) -> list[int]:
    """Hash per vertex of all that led to its end.

    An operation sees its wires as they were before its runs, and what a run holds is a sum:
    neither depends on the order in which commuting operations are listed.
    """
    before = list(kinds)
    gathered = [0] * len(before)
    current = [-1] * len(before)
    for word, ends in zip(words, operands, strict=True):
        for vertex, _, run in ends:
            if run != current[vertex]:
                before[vertex] = hash((before[vertex], gathered[vertex]))
                gathered[vertex] = 0
                current[vertex] = run
        if len(ends) == 1:
            gathered[vertex] += hash((word, before[vertex]))
        else:
            value = hash((word, sum([hash((before[v], role)) for v, role, _ in ends])))
            for vertex, role, _ in ends:
                gathered[vertex] += hash((value, role))
    return [hash(pair) for pair in zip(before, gathered, strict=True)]


def _pendant_order(skeleton: _Skeleton, vertices: Sequence[int]) -> list[int]:
    """Classical bits that follow their qubit, by qubit and then by time."""
    rank = {vertex: index for index, vertex in enumerate(vertices)}
    keyed = [
        (rank[ends[0][0]], ends[0][2], vertex)
        for ends in skeleton.all_operands
        if len(ends) > 1
        for vertex, _, _ in ends
        if vertex in skeleton.pendant
    ]
    return [vertex for _, _, vertex in sorted(keyed)]


def _places(skeleton: _Skeleton, order: _Order) -> list[list[int]]:
    """Operands of every operation under a vertex order, each as one integer, sorted."""
    rank = {vertex: index << _FIELD_BITS for index, vertex in enumerate(order.vertices)}
    found = []
    for ends in skeleton.all_operands:
        packed = [role << 2 * _FIELD_BITS | rank[v] | run for v, role, run in ends]
        if len(packed) > 1:
            packed.sort()
        found.append(packed)
    return found


def _fingerprint(
    table: WireTable, labels: Sequence[str], order: _Order, places: Sequence[Sequence[int]]
) -> Canonical:
    """Of all operations under the vertex order, sorted: complete and free of order."""
    names = sorted(set(labels))
    number = {name: index for index, name in enumerate(names)}
    lines = [(number[label], *ends) for label, ends in zip(labels, places, strict=True)]
    lines.sort()
    text = repr((table.num_qubits, table.num_clbits, names, lines))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Canonical(fingerprint=digest[:_DIGEST_CHARS], exhaustive=order.exhaustive)
