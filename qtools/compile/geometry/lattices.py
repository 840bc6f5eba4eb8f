"""Lattices as lists of edges, sites numbered row by row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from qtools.errors import BadInputError, nearest

Pair: TypeAlias = tuple[int, int]

_MAX_SITES = 100_000


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """Sites and the pairs of them that are coupled.

    Attributes:
        name: of its kind, with its size.
        num_sites: sites are numbered from 0.
        edges: pairs ``(i, j)`` with ``i < j``, each once.
    """

    name: str
    num_sites: int
    edges: tuple[Pair, ...]


def chain(num_sites: int) -> Lattice:
    """An open chain."""
    _at_least("chain", num_sites, 2)
    return _lattice(f"chain {num_sites}", num_sites, [(i, i + 1) for i in range(num_sites - 1)])


def ring(num_sites: int) -> Lattice:
    """A closed chain."""
    _at_least("ring", num_sites, 3)
    edges = [(i, (i + 1) % num_sites) for i in range(num_sites)]
    return _lattice(f"ring {num_sites}", num_sites, edges)


def square(rows: int, columns: int) -> Lattice:
    """An open ``rows`` by ``columns`` patch of the square lattice."""
    _at_least("square patch", rows * columns, 2)
    site = [[columns * row + column for column in range(columns)] for row in range(rows)]
    along = [(s[c], s[c + 1]) for s in site for c in range(columns - 1)]
    across = [(site[r][c], site[r + 1][c]) for r in range(rows - 1) for c in range(columns)]
    return _lattice(f"square {rows}x{columns}", rows * columns, along + across)


def ladder(rungs: int) -> Lattice:
    """Two open chains of length ``rungs``, coupled rung by rung."""
    _at_least("ladder of rungs", rungs, 2)
    return _lattice(f"ladder 2x{rungs}", 2 * rungs, list(square(2, rungs).edges))


def heavy_hex(rows: int, columns: int) -> Lattice:
    """``rows`` by ``columns`` hexagons with a site on every corner and in the middle of every side.

    One hexagon has 12 sites. Rows of sites are joined by single sites, as on IBM's devices.
    """
    _at_least("heavy-hex patch", min(rows, columns), 1)
    offsets = [2 * (gap % 2) for gap in range(rows)]
    number: dict[tuple[int, int], int] = {}
    for line in range(2 * rows + 1):  # even lines are rows of sites, odd ones what joins them
        for column in _columns(line, offsets, columns):
            number[line, column] = len(number)
    edges = []
    for (line, column), site in number.items():
        beside = (line, column + 1) if line % 2 == 0 else None
        for other in (beside, (line + 1, column)):
            if other in number:
                edges.append((site, number[other]))
    return _lattice(f"heavy-hex {rows}x{columns}", len(number), edges)


def _columns(line: int, offsets: list[int], columns: int) -> range:
    if line % 2:
        first = offsets[line // 2]
        return range(first, first + 4 * columns + 1, 4)
    around = offsets[max(0, line // 2 - 1) : line // 2 + 1]
    return range(min(around), max(around) + 4 * columns + 1)


LATTICES: dict[str, Callable[..., Lattice]] = {
    "chain": chain,
    "ring": ring,
    "ladder": ladder,
    "square": square,
    "heavy-hex": heavy_hex,
}


def lattice(kind: str, *, sites: int | None = None, size: tuple[int, int] | None = None) -> Lattice:
    """The lattice called ``kind``.

    Args:
        kind: a key of ``LATTICES``.
        sites: number of sites, enough for a chain, a ring or a ladder.
        size: rows and columns; of hexagons for heavy-hex, 2 and the number of rungs for a ladder.

    Raises:
        BadInputError: for an unknown kind or a size that it does not have.
    """
    if kind not in LATTICES:
        raise BadInputError(
            f"unknown lattice {kind!r}{nearest(kind, LATTICES)}; expected {', '.join(LATTICES)}"
        )
    if (sites is None) == (size is None):
        raise BadInputError("expected either the number of sites or a size such as 4x4")
    if size is not None:
        rows, columns = size
        if max(rows, columns) > _MAX_SITES or rows * columns > _MAX_SITES:
            raise BadInputError(f"expected at most {_MAX_SITES} sites, got {rows}x{columns}")
        if kind in ("square", "heavy-hex"):
            return LATTICES[kind](rows, columns)
        if kind == "ladder" and 2 in size:
            return ladder(max(rows, columns) if rows == 2 else rows)
        raise BadInputError(f"a {kind} has no size {rows}x{columns}; give its number of sites")
    assert sites is not None
    if sites > _MAX_SITES:
        raise BadInputError(f"expected at most {_MAX_SITES} sites, got {sites}")
    if kind == "ladder" and sites % 2 == 0:
        return ladder(sites // 2)
    if kind in ("chain", "ring"):
        return LATTICES[kind](sites)
    raise BadInputError(
        f"a {kind} lattice of {sites} sites is not one shape; give its size, such as 2x10"
    )


def _at_least(name: str, number: int, least: int) -> None:
    if number < least:
        raise BadInputError(f"expected a {name} of at least {least}, got {number}")


def _lattice(name: str, num_sites: int, edges: list[Pair]) -> Lattice:
    ordered = sorted({(min(edge), max(edge)) for edge in edges})
    return Lattice(name=name, num_sites=num_sites, edges=tuple(ordered))
