"""Fingerprints of circuits: exact, and modulo qubit relabelling and commuting reorder.

The canonical form is a complete description of the circuit up to relabelling of qubits and
classical bits, exchange of commuting gates, and barriers: circuits with equal canonical forms
*are* the same in that sense (up to a collision of SHA-256), so no genuinely different circuit is
ever taken for a duplicate. The converse, that equal circuits get equal forms, needs a canonical
order of the vertices. It is found by colour refinement (Weisfeiler-Lehman) with individualisation,
component by component (McKay and Piperno, arXiv:1301.1493), pruned by the symmetries it meets.
The search is exhaustive up to a budget; beyond it, which happens for large highly symmetric
circuits only, a relabelled copy may get another fingerprint (``Canonical.exhaustive`` is False).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.normal import NormalCircuit
from qtools.circuits.wires import WireTable, wire_table

Colours = NDArray[np.uint64]
Indices = NDArray[np.int64]

#: Refinement work, in operands visited, before the search stops being exhaustive (about 1 s).
BUDGET = 12_000_000
# What one round costs besides its operands.
_ROUND_WORK = 500
_DIGEST_CHARS = 32


@dataclass(frozen=True, kw_only=True)
class Canonical:
    """Fingerprint of the canonical form.

    Attributes:
        fingerprint: 128 bits of SHA-256, as 32 hexadecimal digits.
        exhaustive: whether every relabelled copy is sure to get the same fingerprint.
    """

    fingerprint: str
    exhaustive: bool


def exact_fingerprint(qasm: str) -> str:
    """Fingerprint of the OpenQASM 2 text that :func:`qtools.circuits.qasm2.dumps` wrote."""
    return hashlib.sha256(qasm.encode()).hexdigest()[:_DIGEST_CHARS]


def canonical_fingerprint(circuit: NormalCircuit, *, angles: bool = True) -> Canonical:
    """Fingerprint modulo qubit relabelling and commuting reorder.

    Args:
        circuit: in normal form.
        angles: False for the fingerprint of the structure, which circuits share that differ in
            their angles only.
    """
    table = wire_table(circuit, angles=angles)
    search = _Search(table)
    ranks = search.vertex_ranks()
    text = _description(table, ranks)
    return Canonical(
        fingerprint=hashlib.sha256(text).hexdigest()[:_DIGEST_CHARS],
        exhaustive=search.work <= BUDGET,
    )


def _description(table: WireTable, ranks: Indices) -> bytes:
    """All operations under the vertex order ``ranks``, sorted: complete and order-free."""
    names = sorted(set(table.labels))
    number = {name: index for index, name in enumerate(names)}
    rows = _operand_rows(table, ranks[table.vertex])
    by_operation: list[list[tuple[int, ...]]] = [[(number[label],)] for label in table.labels]
    for operation, row in rows:
        by_operation[operation].append(row)
    lines = sorted(repr(entry) for entry in by_operation)
    head = f"{table.num_qubits} {table.num_clbits}\n"
    return (head + "\n".join(names) + "\n\n" + "\n".join(lines)).encode()


def _operand_rows(table: WireTable, names: Indices) -> list[tuple[int, tuple[int, ...]]]:
    order = np.lexsort((table.run, names, table.role, table.operation))
    columns = (table.operation, table.role, names, table.run)
    listed = np.stack([column[order] for column in columns], axis=1).tolist()
    return [(row[0], tuple(row[1:])) for row in listed]


def _mix(values: Colours) -> Colours:
    """SplitMix64's finaliser: a bijection of 64-bit words that spreads every bit."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _word(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class _Search:
    """Finds an order of the vertices that does not depend on how they were numbered."""

    def __init__(self, table: WireTable) -> None:
        self.work = 0
        self._table = table
        self.num_vertices = table.num_qubits + table.num_clbits
        self.num_operations = len(table.labels)
        # A classical bit that only one measurement writes follows its qubit; left in, it would
        # hide that two qubits may be exchanged.
        uses = np.bincount(table.vertex, minlength=self.num_vertices)
        is_clbit = np.arange(self.num_vertices) >= table.num_qubits
        self._pendant = is_clbit & (uses == 1)
        kept = ~self._pendant[table.vertex]
        self.operation = table.operation[kept]
        self.vertex = table.vertex[kept]
        words = {label: _word(label) for label in set(table.labels)}
        label_words = np.array([words[label] for label in table.labels], dtype=np.uint64)
        place = _mix((table.role * (1 << 32) + table.run).astype(np.uint64))
        keys = _mix(label_words[table.operation] + place) if len(place) else place
        self.keys: Colours = keys[kept]

    def vertex_ranks(self) -> Indices:
        """Rank of each vertex in the canonical order."""
        kinds = np.ones(self.num_vertices, dtype=np.uint64)
        kinds[self._table.num_qubits :] = 2
        ordered, _ = self._order(np.flatnonzero(~self._pendant), _mix(kinds))
        ranks = np.empty(self.num_vertices, dtype=np.int64)
        ranks[ordered] = np.arange(len(ordered))
        for rank, vertex in enumerate(self._pendant_order(ranks), start=len(ordered)):
            ranks[vertex] = rank
        return ranks

    def _pendant_order(self, ranks: Indices) -> list[int]:
        """Classical bits that follow their qubit, by qubit and then by time."""
        table = self._table
        qubit = dict(zip(self.operation.tolist(), self.vertex.tolist(), strict=True))
        run = dict(zip(table.operation.tolist(), table.run.tolist(), strict=True))
        for operand in np.flatnonzero(table.vertex < table.num_qubits).tolist():
            run[int(table.operation[operand])] = int(table.run[operand])
        pendant = np.flatnonzero(self._pendant[table.vertex]).tolist()
        keyed = [
            (int(ranks[qubit[operation]]), run[operation], int(table.vertex[operand]))
            for operand in pendant
            for operation in [int(table.operation[operand])]
        ]
        return [vertex for _, _, vertex in sorted(keyed)]

    def _order(
        self, members: Indices, colours: Colours, *, search: bool = True
    ) -> tuple[list[int], bytes]:
        """Canonical order of ``members`` under ``colours``, and a certificate of the result.

        Members interact with each other only, or with vertices whose colour is unique. Without
        ``search`` the first vertex of every cell is taken, whichever that is.
        """
        colours = self._refine(members, colours)
        values, inverse, counts = np.unique(
            colours[members], return_inverse=True, return_counts=True
        )
        single = counts[inverse] == 1
        alone = members[single]
        ordered = alone[np.argsort(colours[alone])].tolist()
        parts = [
            self._order_component(part, colours, search=search)
            for part in self._components(members[~single])
        ]
        parts.sort(key=lambda part: part[1])
        for part, _ in parts:
            ordered.extend(part)
        certificate = values.tobytes() + b"".join(certificate for _, certificate in parts)
        return ordered, hashlib.sha256(certificate).digest()

    def _order_component(
        self, part: Indices, colours: Colours, *, search: bool
    ) -> tuple[list[int], bytes]:
        values, counts = np.unique(colours[part], return_counts=True)
        if counts.max() == 1:
            ordered = part[np.argsort(colours[part])]
            return ordered.tolist(), self._certificate(part, colours, ordered)
        smallest = values[counts == counts[counts > 1].min()][0]
        cell = part[colours[part] == smallest]
        if self._interchangeable(cell):
            marked = colours.copy()
            marked[cell] = _mix(marked[cell] + np.arange(len(cell), dtype=np.uint64))
            ordered_list, _ = self._order(part, marked, search=search)
            return ordered_list, self._certificate(part, colours, np.array(ordered_list))
        best = self._branch(part, colours, cell[0], search=search)
        if not search:
            return best
        for vertex in cell[1:]:
            if self.work > BUDGET:
                break
            # An equal certificate at any leaf below is a symmetry that takes this vertex to the
            # best one, and then the whole branch has nothing new.
            if self._branch(part, colours, vertex, search=False)[1] != best[1]:
                best = min(best, self._branch(part, colours, vertex, search=True), key=_second)
        return best

    def _branch(
        self, part: Indices, colours: Colours, vertex: int, *, search: bool
    ) -> tuple[list[int], bytes]:
        """Order and certificate of ``part`` with ``vertex`` told apart from its cell."""
        marked = colours.copy()
        marked[vertex] = _mix(marked[vertex : vertex + 1] + np.uint64(0x9E3779B97F4A7C15))[0]
        ordered, _ = self._order(part, marked, search=search)
        return ordered, self._certificate(part, colours, np.array(ordered))

    def _interchangeable(self, cell: Indices) -> bool:
        """Whether every permutation of ``cell`` leaves the circuit as it is.

        The exchanges of one vertex with each other one generate all permutations.
        """
        first = int(cell[0])
        return all(self._exchange_is_symmetry(first, int(other)) for other in cell[1:])

    def _exchange_is_symmetry(self, one: int, other: int) -> bool:
        self.work += _ROUND_WORK
        touched = np.isin(self.operation, self.operation[np.isin(self.vertex, (one, other))])
        operation, vertex, keys = (
            self.operation[touched],
            self.vertex[touched],
            self.keys[touched],
        )
        exchanged = vertex.copy()
        exchanged[vertex == one] = other
        exchanged[vertex == other] = one
        return _operations(operation, vertex, keys) == _operations(operation, exchanged, keys)

    def _certificate(self, part: Indices, colours: Colours, ordered: Indices) -> bytes:
        """Complete description of ``part`` under an order; others appear by their colour."""
        names = np.zeros(self.num_vertices, dtype=np.int64)
        names[:] = colours.view(np.int64)
        inside = np.zeros(self.num_vertices, dtype=bool)
        inside[part] = True
        names[ordered] = np.arange(len(ordered))
        touched = np.zeros(self.num_operations, dtype=bool)
        touched[self.operation[inside[self.vertex]]] = True
        chosen = touched[self.operation]
        self.work += int(chosen.sum()) + _ROUND_WORK
        operation = self.operation[chosen]
        entries = np.stack(
            [
                self.keys[chosen].view(np.int64),
                inside[self.vertex[chosen]].astype(np.int64),
                names[self.vertex[chosen]],
            ],
            axis=1,
        )
        order = np.lexsort((entries[:, 2], entries[:, 1], entries[:, 0], operation))
        groups: dict[int, list[bytes]] = {}
        for index, row in zip(operation[order].tolist(), entries[order], strict=True):
            groups.setdefault(index, []).append(row.tobytes())
        lines = sorted(b"".join(rows) for rows in groups.values())
        head = np.sort(colours[part]).tobytes()
        return hashlib.sha256(head + b"".join(lines)).digest()

    def _refine(self, members: Indices, colours: Colours) -> Colours:
        """Refine the colours of ``members`` until their partition is stable."""
        movable = np.zeros(self.num_vertices, dtype=bool)
        movable[members] = True
        touched = np.zeros(self.num_operations, dtype=bool)
        touched[self.operation[movable[self.vertex]]] = True
        chosen = np.flatnonzero(touched[self.operation])
        if not len(chosen):
            return colours
        gather = _Gather(self.operation[chosen], self.vertex[chosen], self.keys[chosen])
        colours = colours.copy()
        classes = len(np.unique(colours[members]))
        while True:
            self.work += len(chosen) + _ROUND_WORK
            sums = gather.neighbourhoods(colours)
            target = gather.vertices
            update = movable[target]
            colours[target[update]] = _mix(colours[target[update]] + sums[update])
            now = len(np.unique(colours[members]))
            if now == classes or now == len(members):
                return colours
            classes = now

    def _components(self, members: Indices) -> list[Indices]:
        """``members`` split into sets that no operation connects."""
        if not len(members):
            return []
        parent = {int(vertex): int(vertex) for vertex in members}

        def root(vertex: int) -> int:
            while parent[vertex] != vertex:
                parent[vertex] = parent[parent[vertex]]
                vertex = parent[vertex]
            return vertex

        first: dict[int, int] = {}
        pairs = zip(self.operation.tolist(), self.vertex.tolist(), strict=True)
        for operation, vertex in pairs:
            if vertex in parent:
                anchor = first.setdefault(operation, vertex)
                parent[root(vertex)] = root(anchor)
        groups: dict[int, list[int]] = {}
        for vertex in parent:
            groups.setdefault(root(vertex), []).append(vertex)
        return [np.array(group) for group in groups.values()]


class _Gather:
    """Sums over operands grouped by operation and by vertex, with the sorting done once."""

    def __init__(self, operation: Indices, vertex: Indices, keys: Colours) -> None:
        self._keys = keys
        self._vertex = vertex
        self._by_operation = np.argsort(operation, kind="stable")
        starts = _group_starts(operation[self._by_operation])
        self._operation_starts = starts
        sizes = np.diff(np.append(starts, len(operation)))
        self._operation_of = np.empty(len(operation), dtype=np.int64)
        self._operation_of[self._by_operation] = np.repeat(np.arange(len(starts)), sizes)
        self._by_vertex = np.argsort(vertex, kind="stable")
        self._vertex_starts = _group_starts(vertex[self._by_vertex])
        self.vertices = vertex[self._by_vertex][self._vertex_starts]

    def neighbourhoods(self, colours: Colours) -> Colours:
        """Per vertex of :attr:`vertices`, a hash of the multiset of its operations' operands."""
        own = _mix(colours[self._vertex] + self._keys)
        whole = np.add.reduceat(own[self._by_operation], self._operation_starts)
        seen = _mix(_mix(whole)[self._operation_of] + self._keys)
        return np.add.reduceat(seen[self._by_vertex], self._vertex_starts)


def _second(pair: tuple[list[int], bytes]) -> bytes:
    return pair[1]


def _operations(operation: Indices, vertex: Indices, keys: Colours) -> list[list[tuple[int, int]]]:
    """The operations as a sorted list of their sorted operands (key, vertex)."""
    groups: dict[int, list[tuple[int, int]]] = {}
    rows = zip(operation.tolist(), keys.tolist(), vertex.tolist(), strict=True)
    for index, key, name in rows:
        groups.setdefault(index, []).append((key, name))
    return sorted(sorted(group) for group in groups.values())


def _group_starts(ordered: Indices) -> Indices:
    return np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
