"""Gates between any two sites of a chain as gates between neighbours, on swaps that come and go.

Matrix product states take gates on neighbours. A gate between sites further apart waits until swaps
have brought the two next to each other; what they carried along is put back at the end. The swaps
are internal: they join the gates that they meet on the same bond, and no circuit that is written
holds any of them.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qtools.compile.geometry.lattices import Pair
from qtools.compile.mps import ComplexArray

SWAP: ComplexArray = np.eye(4, dtype=complex)[[0, 2, 1, 3]]


@dataclass(frozen=True, kw_only=True)
class NeighbourGate:
    """Gates of a circuit on one bond, in time order, and a swap after them.

    Attributes:
        bond: left position.
        gates: ``(index, is_flipped)`` of each; a flipped gate has its left site on the right.
        is_swapped: whether a swap follows.
    """

    bond: int
    gates: tuple[tuple[int, bool], ...] = ()
    is_swapped: bool = False

    def reversed(self) -> "NeighbourGate":
        """The same in the opposite order of time: first the swap, then the gates."""
        turned = tuple((index, flip ^ self.is_swapped) for index, flip in reversed(self.gates))
        return replace(self, gates=turned)

    def then(self, later: "NeighbourGate") -> "NeighbourGate":
        """Both, one after the other, on the same bond."""
        turned = tuple((index, flip ^ self.is_swapped) for index, flip in later.gates)
        # G SWAP = SWAP G', with the two sites of G' exchanged.
        return replace(
            self, gates=self.gates + turned, is_swapped=self.is_swapped ^ later.is_swapped
        )

    def matrix(self, gates: Sequence[ComplexArray] | ComplexArray) -> ComplexArray:
        """The (4, 4) product, given the gates of the circuit."""
        product: ComplexArray = np.eye(4, dtype=complex)
        for index, is_flipped in self.gates:
            product = (flipped(gates[index]) if is_flipped else gates[index]) @ product
        return SWAP @ product if self.is_swapped else product


def flipped(gates: ComplexArray) -> ComplexArray:
    """(..., 4, 4) gates with their two sites exchanged."""
    turned: ComplexArray = gates[..., [0, 2, 1, 3], :][..., [0, 2, 1, 3]]
    return turned


def routed(pairs: Sequence[Pair], num_sites: int, *, one_gate: bool = False) -> list[NeighbourGate]:
    """The circuit of gates on ``pairs`` (time order) as gates on neighbours, all sites home again.

    Args:
        pairs: the two sites of each gate.
        num_sites: length of the chain.
        one_gate: leave two gates on the same bond apart instead of joining them.
    """
    walk = _Walk(pairs, num_sites)
    walk.run()
    return joined([*walk.done, *_homewards(walk.site_at)], one_gate=one_gate)


def palindrome(pairs: Sequence[Pair], num_sites: int) -> tuple[list[NeighbourGate], ...]:
    """One pass over ``pairs`` that leaves the sites where it ends, and the same pass backwards."""
    walk = _Walk(pairs, num_sites)
    walk.run()
    return walk.done, [gate.reversed() for gate in reversed(walk.done)]


def joined(gates: Sequence[NeighbourGate], *, one_gate: bool = False) -> list[NeighbourGate]:
    """The same circuit with whatever meets on one bond joined, and swaps that cancel dropped."""
    result: list[NeighbourGate | None] = []
    stack: dict[int, list[int]] = {}  # position -> its gates so far, by index into result
    for gate in gates:
        left, right = stack.setdefault(gate.bond, []), stack.setdefault(gate.bond + 1, [])
        last = left[-1] if left and right and left[-1] == right[-1] else None
        before = None if last is None else result[last]
        if before is None or last is None or (one_gate and before.gates and gate.gates):
            left.append(len(result))
            right.append(len(result))
            result.append(gate)
            continue
        both = before.then(gate)
        result[last] = both
        if not (both.gates or both.is_swapped):
            result[last] = None
            left.pop()
            right.pop()
    return [gate for gate in result if gate is not None]


class _Walk:
    """Sites that change places until every gate has been done.

    Attributes:
        site_at: the site on each position.
        done: what has been done, in time order.
    """

    def __init__(self, pairs: Sequence[Pair], num_sites: int) -> None:
        self.site_at = list(range(num_sites))
        self.done: list[NeighbourGate] = []
        self._position = list(range(num_sites))
        self._pairs = pairs
        self._waiting: list[deque[int]] = [deque() for _ in range(num_sites)]
        for index, pair in enumerate(pairs):
            for site in pair:
                self._waiting[site].append(index)
        # The next gate of each site that is also the next of its partner.
        self._ready = {i for i, pair in enumerate(pairs) if self._is_next(i)}
        self._left = len(pairs)

    def run(self) -> None:
        while self._left:
            near = [i for i in sorted(self._ready) if self._distance(i) == 1]
            for index in near:
                self._do(index)
            if not near:
                self._swap(self._best_swap())

    def _is_next(self, index: int) -> bool:
        return all(self._waiting[site][0] == index for site in self._pairs[index])

    def _distance(self, index: int) -> int:
        i, j = self._pairs[index]
        return abs(self._position[i] - self._position[j])

    def _do(self, index: int) -> None:
        i, j = self._pairs[index]
        at, other = self._position[i], self._position[j]
        self.done.append(NeighbourGate(bond=min(at, other), gates=((index, at > other),)))
        self._ready.discard(index)
        self._left -= 1
        for site in (i, j):
            self._waiting[site].popleft()
        for site in (i, j):
            if self._waiting[site] and self._is_next(self._waiting[site][0]):
                self._ready.add(self._waiting[site][0])

    def _swap(self, bond: int) -> None:
        a, b = self.site_at[bond], self.site_at[bond + 1]
        self.site_at[bond], self.site_at[bond + 1] = b, a
        self._position[a], self._position[b] = bond + 1, bond
        self.done.append(NeighbourGate(bond=bond, is_swapped=True))

    def _best_swap(self) -> int:
        """The swap that brings the partners of all ready gates nearest; the closest pair's if none.

        The sum of all distances never rises, and when it stays, the smallest falls: this ends.
        """
        gains: dict[int, int] = {}
        for index in self._ready:
            low, high = sorted(self._position[site] for site in self._pairs[index])
            for bond, gain in ((low, 1), (high - 1, 1), (low - 1, -1), (high, -1)):
                gains[bond] = gains.get(bond, 0) + gain
        bond = max(gains, key=lambda b: (gains[b], -b))
        if gains[bond] > 0:
            return bond
        closest = min(self._ready, key=lambda index: (self._distance(index), index))
        return min(self._position[site] for site in self._pairs[closest])


def _homewards(site_at: Sequence[int]) -> list[NeighbourGate]:
    """As few swaps as bring every site back to its place."""
    order, swaps = list(site_at), []
    for end in range(1, len(order)):
        at = end
        while at > 0 and order[at - 1] > order[at]:
            order[at - 1], order[at] = order[at], order[at - 1]
            swaps.append(NeighbourGate(bond=at - 1, is_swapped=True))
            at -= 1
    return swaps
