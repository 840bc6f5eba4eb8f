"""An order of a circuit's vertices that does not depend on how they were numbered.

Colour refinement (Weisfeiler-Lehman) with individualisation, component by component, pruned by
the symmetries it meets (McKay and Piperno, arXiv:1301.1493). Colours are 64-bit hashes; a
collision can cost the canonicity of an order, never its being an order.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.wires import Operand

Colours = NDArray[np.uint64]
Indices = NDArray[np.int64]

#: Refinement work, in operands visited, before the search stops being exhaustive (about 1 s).
BUDGET = 12_000_000
# What one round costs besides its operands.
_ROUND_WORK = 500
# Operands that one round of the traces visits at most, for the sake of memory.
_MAX_TRACE_OPERANDS = 1 << 20
_MARK = np.uint64(0x9E3779B97F4A7C15)


def _mix(values: Colours) -> Colours:
    """SplitMix64's finaliser: a bijection of 64-bit words that spreads every bit."""
    mixed = values ^ (values >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


class VertexSearch:
    """The search on one circuit.

    Attributes:
        work: operands visited so far; above :data:`BUDGET` the search is no longer exhaustive.
    """

    def __init__(
        self, words: Sequence[int], operands: Sequence[Sequence[Operand]], colours: Colours
    ) -> None:
        """Prepare.

        Args:
            words: number of each operation's label.
            operands: of each operation.
            colours: of all vertices, invariant under relabelling.
        """
        self.work = 0
        self._guesses = 0
        self._num_operations = len(operands)
        self._colours = colours
        self._links = {
            tuple([vertex for vertex, _, _ in ends]) for ends in operands if len(ends) > 1
        }
        flat: list[int] = []
        for index, (word, ends) in enumerate(zip(words, operands, strict=True)):
            for end in ends:
                flat += (index, word, *end)
        table = np.array(flat, dtype=np.int64).reshape(-1, 5)
        self._operation, word_of, self._vertex, role, run = table.T.copy()
        places = (role * (1 << 32) + run).astype(np.uint64)
        self._keys = _mix(_mix(word_of.astype(np.uint64)) + places)

    @cached_property
    def _entries(self) -> list[list[tuple[int, int]]]:
        """Per operation, the key and the vertex of each operand."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(self._num_operations)]
        columns = (self._operation, self._keys, self._vertex)
        for operation, key, vertex in zip(*(c.tolist() for c in columns), strict=True):
            found[operation].append((key, vertex))
        return found

    @cached_property
    def _operations_on(self) -> dict[int, set[int]]:
        """Per vertex, the operations that act on it."""
        found: dict[int, set[int]] = {}
        for operation, vertex in zip(self._operation.tolist(), self._vertex.tolist(), strict=True):
            found.setdefault(vertex, set()).add(operation)
        return found

    def order(self, members: Indices) -> list[int]:
        """``members`` in canonical order; all others must meet none of them."""
        return self._order(members, self._colours, search=True)

    def _order(self, members: Indices, colours: Colours, *, search: bool) -> list[int]:
        """Canonical order of ``members`` under ``colours``.

        Members interact with each other only, or with vertices whose colour is unique. Without
        ``search`` the first vertex of every cell is taken, whichever that is.
        """
        colours = self._refine(members, colours[np.newaxis], self._gather(members))[0]
        colour = dict(zip(members.tolist(), colours[members].tolist(), strict=True))
        sizes = Counter(colour.values())
        ordered = sorted([v for v in colour if sizes[colour[v]] == 1], key=colour.__getitem__)
        parts = self._components([v for v in colour if sizes[colour[v]] > 1])
        keyed: list[tuple[list[int], bytes, list[int]]] = []
        for part in parts:
            values = sorted([colour[v] for v in part])
            certificate = b""
            # In a stable colouring, discrete components of equal colours are isomorphic.
            if len(set(values)) == len(values):
                found = sorted(part, key=colour.__getitem__)
            else:
                found = self._order_component(np.array(part), colours, search=search)
                if len(parts) > 1:
                    certificate = self._certificate(np.array(part), colours, found)
            keyed.append((values, certificate, found))
        keyed.sort(key=lambda entry: entry[:2])
        return ordered + [vertex for _, _, found in keyed for vertex in found]

    def _order_component(self, part: Indices, colours: Colours, *, search: bool) -> list[int]:
        values, counts = np.unique(colours[part], return_counts=True)
        smallest = values[counts == counts[counts > 1].min()][0]
        cell = part[colours[part] == smallest]
        if self._interchangeable(cell.tolist()):
            marked = colours.copy()
            marked[cell] = _mix(marked[cell] + np.arange(len(cell), dtype=np.uint64))
            return self._order(part, marked, search=search)
        candidates = self._least_traces(part, colours, cell)
        if search and len(candidates) > 1:
            return self._best_branch(part, colours, candidates)
        self._guesses += len(candidates) > 1
        return self._branch(part, colours, candidates[0], search=search)

    def _least_traces(self, part: Indices, colours: Colours, cell: Indices) -> list[int]:
        """The vertices of ``cell`` whose refined colours are least once they are told apart."""
        gather = self._gather(part)
        rows = max(1, _MAX_TRACE_OPERANDS // len(gather.vertex))
        found: dict[bytes, list[int]] = {}
        for start in range(0, len(cell), rows):
            if self.work > BUDGET:
                break
            vertices = cell[start : start + rows]
            marked = np.tile(colours, (len(vertices), 1))
            marked[np.arange(len(vertices)), vertices] = _mix(colours[vertices] + _MARK)
            traces = np.sort(self._refine(part, marked, gather)[:, part], axis=1)
            for vertex, trace in zip(vertices.tolist(), traces, strict=True):
                found.setdefault(trace.tobytes(), []).append(vertex)
        return found[min(found)] if found else cell[:1].tolist()

    def _best_branch(self, part: Indices, colours: Colours, candidates: list[int]) -> list[int]:
        """The order of least certificate, over all choices of the first of ``candidates``.

        Two orders of equal certificate are a symmetry of ``part``. It takes the branch of one
        vertex to that of another, so one branch of every orbit of the symmetries is enough.
        """
        best = self._branch(part, colours, candidates[0], search=True)
        least = self._certificate(part, colours, best)
        orbits = _DisjointSets(part.tolist())
        tried = candidates[:1]
        for vertex in candidates[1:]:
            if self.work > BUDGET:
                break
            if any(orbits.root(vertex) == orbits.root(other) for other in tried):
                continue
            guesses = self._guesses
            found = self._branch(part, colours, vertex, search=False)
            certificate = self._certificate(part, colours, found)
            if certificate != least and self._guesses > guesses:
                found = self._branch(part, colours, vertex, search=True)
                certificate = self._certificate(part, colours, found)
            if certificate == least:
                orbits.join(best, found)
            elif certificate < least:
                best, least = found, certificate
            tried.append(vertex)
        return best

    def _branch(self, part: Indices, colours: Colours, vertex: int, *, search: bool) -> list[int]:
        """Order of ``part`` with ``vertex`` told apart from its cell."""
        marked = colours.copy()
        marked[vertex] = _mix(marked[vertex : vertex + 1] + _MARK)[0]
        return self._order(part, marked, search=search)

    def _interchangeable(self, cell: list[int]) -> bool:
        """Whether every permutation of ``cell`` leaves the circuit as it is.

        The exchanges of one vertex with each other one generate all permutations.
        """
        return all(self._exchange_is_symmetry(cell[0], other) for other in cell[1:])

    def _exchange_is_symmetry(self, one: int, other: int) -> bool:
        names = {one: other, other: one}
        touched = self._operations_on[one] | self._operations_on[other]
        self.work += _ROUND_WORK + len(touched)
        plain = [sorted(self._entries[operation]) for operation in touched]
        exchanged = [
            sorted([(key, names.get(vertex, vertex)) for key, vertex in self._entries[operation]])
            for operation in touched
        ]
        return sorted(plain) == sorted(exchanged)

    def _certificate(self, part: Indices, colours: Colours, ordered: Sequence[int]) -> bytes:
        """Description of ``part`` under an order; other vertices appear by their colour.

        Operations appear as sums of hashed operands, so that equal certificates mean equal
        operations up to a collision of 64 bits.
        """
        names = colours.copy()
        names[ordered] = np.arange(len(ordered), dtype=np.uint64)
        chosen = self._touching(part)
        self.work += len(chosen) + _ROUND_WORK
        operation = self._operation[chosen]
        own = _mix(names[self._vertex[chosen]] + self._keys[chosen])
        whole = np.sort(_mix(np.add.reduceat(own, _group_starts(operation))))
        return hashlib.sha256(np.sort(colours[part]).tobytes() + whole.tobytes()).digest()

    def _touching(self, part: Indices) -> Indices:
        """Operands of the operations that act on a vertex of ``part``."""
        inside = np.zeros(len(self._colours), dtype=bool)
        inside[part] = True
        return self._operands_of(self._operation[inside[self._vertex]])

    def _operands_of(self, operations: Indices) -> Indices:
        touched = np.zeros(self._num_operations, dtype=bool)
        touched[operations] = True
        return np.flatnonzero(touched[self._operation])

    def _gather(self, members: Indices) -> "_Gather":
        chosen = self._touching(members)
        return _Gather(self._operation[chosen], self._vertex[chosen], self._keys[chosen])

    def _refine(self, members: Indices, colours: Colours, gather: "_Gather") -> Colours:
        """Refine the colours of ``members``, row by row, until their partition is stable.

        Args:
            members: vertices to colour.
            colours: of all vertices, shape (rows, vertices).
            gather: of ``members``.
        """
        movable = np.zeros(colours.shape[1], dtype=bool)
        movable[members] = True
        update = movable[gather.vertices]
        target = gather.vertices[update]
        colours = colours.copy()
        classes = _count_distinct(colours[:, members])
        rows = np.flatnonzero(classes < len(members))
        while len(rows):
            self.work += len(rows) * len(gather.vertex) + _ROUND_WORK
            moving = colours[rows]
            sums = gather.neighbourhoods(moving)[:, update]
            moving[:, target] = _mix(moving[:, target] + sums)
            colours[rows] = moving
            now = _count_distinct(moving[:, members])
            go_on = (now > classes[rows]) & (now < len(members))
            classes[rows] = now
            rows = rows[go_on]
        return colours

    def _components(self, members: list[int]) -> list[list[int]]:
        """``members`` split into sets that no operation connects."""
        inside = set(members)
        sets = _DisjointSets(members)
        for link in self._links:
            connected = [vertex for vertex in link if vertex in inside]
            sets.join(connected[:-1], connected[1:])
        return sets.groups()


class _DisjointSets:
    """Sets of vertices that are joined one by one."""

    def __init__(self, vertices: Iterable[int]) -> None:
        self._parent = {vertex: vertex for vertex in vertices}

    def root(self, vertex: int) -> int:
        """The vertex that stands for the set of ``vertex``."""
        parent = self._parent
        while parent[vertex] != vertex:
            parent[vertex] = parent[parent[vertex]]
            vertex = parent[vertex]
        return vertex

    def join(self, ones: Iterable[int], others: Iterable[int]) -> None:
        """Join the set of each of ``ones`` with that of its partner."""
        for one, other in zip(ones, others, strict=True):
            self._parent[self.root(one)] = self.root(other)

    def groups(self) -> list[list[int]]:
        """The sets."""
        found: dict[int, list[int]] = {}
        for vertex in self._parent:
            found.setdefault(self.root(vertex), []).append(vertex)
        return list(found.values())


class _Gather:
    """Sums over operands grouped by operation and by vertex, with the sorting done once.

    Operands come operation by operation.
    """

    def __init__(self, operation: Indices, vertex: Indices, keys: Colours) -> None:
        self.vertex = vertex
        self._keys = keys
        first = _first_of_group(operation)
        self._operation_starts = first.nonzero()[0]
        self._operation_of = first.cumsum() - 1
        self._by_vertex = np.argsort(vertex, kind="stable")
        self._vertex_starts = _group_starts(vertex[self._by_vertex])
        self.vertices = vertex[self._by_vertex][self._vertex_starts]

    def neighbourhoods(self, colours: Colours) -> Colours:
        """Per vertex of :attr:`vertices`, a hash of the multiset of its operations' operands.

        Args:
            colours: shape (rows, vertices of the circuit).

        Returns:
            Shape (rows, len(vertices)).
        """
        own = _mix(colours[:, self.vertex] + self._keys)
        whole = _mix(np.add.reduceat(own, self._operation_starts, axis=1))
        seen = _mix(whole[:, self._operation_of] + self._keys)
        return np.add.reduceat(seen[:, self._by_vertex], self._vertex_starts, axis=1)


def _count_distinct(values: Colours) -> Indices:
    """Number of distinct values in every row."""
    if len(values) == 1:
        return np.array([len(set(values[0].tolist()))])
    ordered = np.sort(values, axis=1)
    distinct: Indices = 1 + np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1)
    return distinct


def _group_starts(ordered: Indices) -> Indices:
    return _first_of_group(ordered).nonzero()[0]


def _first_of_group(ordered: Indices) -> NDArray[np.bool_]:
    """Which entries differ from the one before; the first entry does."""
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first
