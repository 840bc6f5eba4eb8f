"""The order in which ``<target|V|0>`` is contracted exactly: along the chain, not along time.

The boundary left of site ``i`` holds everything on the sites before it. Its legs are, first, the
wires that blocks on bond ``(i - 1, i)`` have on site ``i`` (input, then output, in time order),
and last the target's bond. Going to the next site takes one matrix product per block on bond
``(i, i + 1)`` and one for the target tensor::

    X[k, rest]  ->  out[w, rest, m] = X[k, rest]^T  M[w, k, m]

The legs to be contracted are always in front, and the new legs are always written behind, so that
after a full turn they stand in the order that the next site needs: no axis is ever permuted. The
few blocks whose output on site ``i`` meets another block of the same bond, or the target, open a
new leg ``w`` in front.

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

Wires = tuple[bool, bool, bool]


class Source(Enum):
    """Where the matrix of a step comes from."""

    BLOCK = "block"
    TARGET = "target"
    REFERENCE = "reference"  # the target's tensor for the reference that a qubit begins at
    INITIAL = "initial"  # a site that no block touches: its initial vector meets the target
    JOIN = "join"  # two left blocks in a row: output of one meets the input of the next


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
    """

    source: Source
    index: int
    wires: Wires = (False, False, False)
    fronts: int = 1
    rows: int
    columns: int
    rest: int
    behind: bool = False

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
        """Real operations of the product, eight per complex multiply-add."""
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
    bonds: Sequence[int],
    target_bonds: Sequence[int],
    reference_bonds: Sequence[int] | None = None,
) -> ContractionPlan:
    """Plan the exact contraction of a circuit of neighbour blocks with an MPS.

    Args:
        num_qubits: length of the chain.
        bonds: left site of each block, in time order.
        target_bonds: the ``num_qubits + 1`` bond dimensions of the target, outer ones included.
        reference_bonds: for an operator, the bonds between reference and qubit of each site.
    """
    inner = [None] * num_qubits if reference_bonds is None else list(reference_bonds)
    events: list[list[int]] = [[] for _ in range(num_qubits)]
    for block, bond in enumerate(bonds):
        events[bond].append(block)
        events[bond + 1].append(block)
    steps: list[Step] = []
    size = 1
    for site in range(num_qubits):
        around = (target_bonds[site], inner[site], target_bonds[site + 1])
        for step in _site_steps(site, bonds, events, around, size):
            steps.append(step)
            size = step.size_out
    return ContractionPlan(steps=tuple(steps))


def _site_steps(
    site: int,
    bonds: Sequence[int],
    events: Sequence[Sequence[int]],
    target_bonds: tuple[int, int | None, int],
    size: int,
) -> list[Step]:
    """The steps that carry the boundary over ``site``, given its number of entries.

    ``target_bonds`` are left of the site, between its reference and its qubit, and right of it.
    """
    steps: list[Step] = []

    def append(
        source: Source,
        index: int,
        rows: int,
        columns: int,
        fronts: int = 1,
        wires: Wires = (False, False, False),
        behind: bool = False,
    ) -> None:
        nonlocal size
        steps.append(
            Step(
                source=source,
                index=index,
                wires=wires,
                fronts=fronts,
                rows=rows,
                columns=columns,
                rest=size // rows,
                behind=behind,
            )
        )
        size = steps[-1].size_out

    here = events[site]
    left, inner, right = target_bonds
    is_operator = inner is not None
    if inner is not None:
        append(Source.REFERENCE, site, rows=left, columns=inner, fronts=2, behind=True)
        if here and bonds[here[0]] != site:
            append(Source.JOIN, site, rows=4, columns=1)
    for position, block in enumerate(here):
        after = here[position + 1] if position + 1 < len(here) else None
        if bonds[block] == site:
            opens = after is None or bonds[after] == site
            wires = (
                position > 0 or is_operator,
                not opens,
                is_operator or events[site + 1][0] != block,
            )
            append(
                Source.BLOCK,
                block,
                rows=2 ** (wires[0] + wires[1]),
                columns=2 ** (1 + wires[2]),
                fronts=2 if opens else 1,
                wires=wires,
            )
        elif after is not None and bonds[after] != site:
            append(Source.JOIN, site, rows=4, columns=1)
    if not here and not is_operator:
        append(Source.INITIAL, site, rows=1, columns=1, fronts=2)
    append(Source.TARGET, site, rows=2 * (inner or left), columns=right)
    return steps
