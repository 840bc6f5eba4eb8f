"""The order in which ``<target|V|0>`` is contracted exactly: along the chain, not along time.

The boundary left of site ``i`` holds everything on the sites before it. Its legs are, first, the
wires that blocks on bond ``(i - 1, i)`` have on site ``i`` (input, then output, in time order),
and last the target's bond. Going to the next site takes one matrix product per block whose left
site is ``i`` and one for the target tensor::

    X[k, rest]  ->  out[w, rest, m] = X[k, rest]^T  M[w, k, m]

The legs to be contracted are always in front, and the new legs are always written behind, so that
after a full turn they stand in the order that the next site needs: no axis is ever permuted. The
few blocks whose output on site ``i`` meets another block of the same bond, or the target, open a
new leg ``w`` in front.

A block between sites that are no neighbours carries the same two wires of its right site over all
cuts that it crosses. Where such wires pass a site, the boundary is permuted first: what ends at the
site comes in front, in time order, then the target's bond, then what passes.

For an operator ``V`` instead of a state, the wire of each qubit begins at its reference, on the
target's side. The target is then a chain of references and qubits in turn; absorbing a reference
contracts the last leg of the boundary (the target's bond) and opens the wire in front::

    X[rest, k]  ->  out[w, rest, m] = X[rest, k]  M[w, k, m]

A contraction is a list of :class:`Step`. It depends on the layout of the circuit and on the bonds
of the target, not on the numbers in them.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate

# Real operations in the time in which one entry of a boundary changes its place.
_MOVE_FLOPS = 150

Wires = tuple[bool, bool, bool]
Pair = tuple[int, int]


class Source(Enum):
    """Where the matrix of a step comes from."""

    BLOCK = "block"
    TARGET = "target"
    REFERENCE = "reference"  # the target's tensor for the reference that a qubit begins at
    INITIAL = "initial"  # a site that no block touches: its initial vector meets the target
    JOIN = "join"  # two left blocks in a row: output of one meets the input of the next
    PERMUTE = "permute"  # no product: the legs of the boundary change places


@dataclass(frozen=True, kw_only=True)
class Step:
    """One matrix product of the contraction.

    Attributes:
        source: what the matrix is made of.
        index: the block, or the site for targets and initial vectors.
        wires: for a block ``(i, j)``, whether its input on ``i`` and its output on ``i`` are legs
            of the boundary, and whether its input on ``j`` becomes one.
        fronts: 2 when a new leg opens in front, else 1 (``w`` above).
        rows: dimension that is contracted (``k``).
        columns: dimension that appears behind (``m``).
        rest: dimension of the legs that the step does not touch.
        behind: the contracted leg is the last one of the boundary instead of the first.
        shape: for a permutation, the dimensions of the legs.
        axes: for a permutation, which leg comes to each place.
    """

    source: Source
    index: int
    wires: Wires = (False, False, False)
    fronts: int = 1
    rows: int
    columns: int
    rest: int
    behind: bool = False
    shape: tuple[int, ...] = ()
    axes: tuple[int, ...] = ()

    @property
    def size_in(self) -> int:
        """Number of entries of the boundary before the step."""
        return self.rows * self.rest

    @property
    def size_out(self) -> int:
        """Number of entries of the boundary after the step."""
        return self.fronts * self.rest * self.columns

    @property
    def flops(self) -> int:
        """Real operations of the product, eight per complex multiply-add.

        For a permutation, as many as could be done in the time that it takes.
        """
        if self.source is Source.PERMUTE:
            return _MOVE_FLOPS * self.rest
        return 8 * self.fronts * self.rows * self.columns * self.rest


@dataclass(frozen=True, kw_only=True)
class ContractionPlan:
    """The steps of one overlap, from the first site to the last."""

    steps: tuple[Step, ...]

    @property
    def middle(self) -> int:
        """The boundary where the walks from both ends meet: each has half of the work."""
        done = list(accumulate(step.flops for step in self.steps))
        return bisect(done, done[-1] // 2)

    @property
    def memory(self) -> int:
        """Bytes in complex128 that one evaluation needs: its boundaries and their passing twins."""
        sizes = [self.boundary_size(s) for s in range(len(self.steps) + 1)]
        return 16 * (sum(sizes) + 6 * max(sizes))

    def boundary_size(self, s: int) -> int:
        """Number of entries of the boundary before step ``s`` (after the last step: 1)."""
        return self.steps[s].size_in if s < len(self.steps) else 1

    @property
    def flops(self) -> int:
        """Real operations of one overlap with the environments of all blocks.

        Both sweeps and the environments cost the same number of operations, except that the target
        is held fixed and needs no environment.
        """
        return sum(step.flops * (3 if step.source is Source.BLOCK else 2) for step in self.steps)


def plan_contraction(
    num_qubits: int,
    pairs: Sequence[Pair],
    target_bonds: Sequence[int],
    reference_bonds: Sequence[int] | None = None,
) -> ContractionPlan:
    """Plan the exact contraction of a circuit of two-site blocks with an MPS.

    Args:
        num_qubits: length of the chain.
        pairs: left and right site of each block, in time order.
        target_bonds: the ``num_qubits + 1`` bond dimensions of the target, outer ones included.
        reference_bonds: for an operator, the bonds between reference and qubit of each site.
    """
    inner = [None] * num_qubits if reference_bonds is None else list(reference_bonds)
    events: list[list[int]] = [[] for _ in range(num_qubits)]
    for block, (left, right) in enumerate(pairs):
        events[left].append(block)
        events[right].append(block)
    walk = _Walk(pairs=pairs, events=events)
    for site in range(num_qubits):
        walk.cross(site, (target_bonds[site], inner[site], target_bonds[site + 1]))
    return ContractionPlan(steps=tuple(walk.steps))


_TARGET_BOND = -1  # in the place of a block, among the legs of a boundary


class _Walk:
    """The steps so far of a walk along the chain, and the legs of the boundary that it carries.

    Attributes:
        steps: from the first site on.
    """

    def __init__(self, *, pairs: Sequence[Pair], events: Sequence[Sequence[int]]) -> None:
        self.steps: list[Step] = []
        self._pairs = pairs
        self._events = events
        self._size = 1
        # The legs behind what a site opens in front, as (block, dimension).
        self._legs: list[tuple[int, int]] = [(_TARGET_BOND, 1)]

    def cross(self, site: int, target_bonds: tuple[int, int | None, int]) -> None:
        """Carry the boundary over ``site``.

        ``target_bonds`` are left of the site, between its reference and its qubit, and right of it.
        """
        here = self._events[site]
        left, inner, right = target_bonds
        is_operator = inner is not None
        if inner is not None:
            self._append(Source.REFERENCE, site, rows=left, columns=inner, fronts=2, behind=True)
            self._legs[-1] = (_TARGET_BOND, inner)
        self._sort(site, fronts=2 if is_operator else 1)
        if is_operator and here and self._starts(here[0]) != site:
            self._append(Source.JOIN, site, rows=4, columns=1)
        passing = self._legs[self._legs.index((_TARGET_BOND, inner or left)) + 1 :]
        opened = []
        for position, block in enumerate(here):
            after = here[position + 1] if position + 1 < len(here) else None
            if self._starts(block) == site:
                step = self._block(site, position, after, is_operator=is_operator)
                opened.append((block, step.columns))
            elif after is not None and self._starts(after) != site:
                self._append(Source.JOIN, site, rows=4, columns=1)
        if not here and not is_operator:
            self._append(Source.INITIAL, site, rows=1, columns=1, fronts=2)
        self._append(Source.TARGET, site, rows=2 * (inner or left), columns=right)
        self._legs = [*passing, *opened, (_TARGET_BOND, right)]

    def _block(self, site: int, position: int, after: int | None, *, is_operator: bool) -> Step:
        """Absorb the block at ``position`` on its left site, ``after`` being the next one there."""
        block = self._events[site][position]
        partner = self._pairs[block][1]
        opens = after is None or self._starts(after) == site
        wires = (
            position > 0 or is_operator,
            not opens,
            is_operator or self._events[partner][0] != block,
        )
        return self._append(
            Source.BLOCK,
            block,
            rows=2 ** (wires[0] + wires[1]),
            columns=2 ** (1 + wires[2]),
            fronts=2 if opens else 1,
            wires=wires,
        )

    def _sort(self, site: int, *, fronts: int) -> None:
        """Bring the legs that end at ``site`` in front, in time order, and the target's next."""

        def place(leg: int) -> tuple[int, int]:
            block, _ = self._legs[leg]
            if block == _TARGET_BOND:
                return 1, 0
            return (0, block) if self._pairs[block][1] == site else (2, leg)

        order = sorted(range(len(self._legs)), key=place)
        if order == list(range(len(order))):
            return
        shape = (fronts, *(dimension for _, dimension in self._legs))
        axes = (0, *(leg + 1 for leg in order))
        self._append(Source.PERMUTE, site, rows=1, columns=1, shape=shape, axes=axes)
        self._legs = [self._legs[leg] for leg in order]

    def _starts(self, block: int) -> int:
        return self._pairs[block][0]

    def _append(
        self,
        source: Source,
        index: int,
        *,
        rows: int,
        columns: int,
        fronts: int = 1,
        wires: Wires = (False, False, False),
        behind: bool = False,
        shape: tuple[int, ...] = (),
        axes: tuple[int, ...] = (),
    ) -> Step:
        step = Step(
            source=source,
            index=index,
            wires=wires,
            fronts=fronts,
            rows=rows,
            columns=columns,
            rest=self._size // rows,
            behind=behind,
            shape=shape,
            axes=axes,
        )
        self.steps.append(step)
        self._size = step.size_out
        return step
