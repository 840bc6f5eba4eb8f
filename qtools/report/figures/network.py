"""Interaction graphs: a node per qubit, an edge where two-qubit gates act."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from qtools.report.svg import Drawing

_SIZE, _MARGIN = 250.0, 22.0
_RADIUS, _SMALLEST, _ROOM_FOR_NAMES = 10.0, 2.0, 6.0


def network(
    weights: Mapping[tuple[int, int], int],
    places: Sequence[tuple[float, float]],
    *,
    title: str,
    description: str,
) -> str:
    """The SVG of a weighted graph.

    Args:
        weights: (node, node) -> number of gates.
        places: coordinates per node, in any unit.
        title, description: for those who cannot see it.
    """
    drawing = Drawing(_SIZE, _SIZE, title=title, description=description)
    points = _fitted(places)
    most = max(weights.values(), default=1)
    for (a, b), weight in weights.items():
        style = "t0" if weight > 0.5 * most else "t0 faint"
        drawing.curve([points[a], points[b]], style)
    radius = min(_RADIUS, max(_SMALLEST, 0.4 * _closest(points)))
    for node, (x, y) in enumerate(points):
        drawing.circle(x, y, radius, "node")
        if radius > _ROOM_FOR_NAMES:
            drawing.text(x, y + 4, str(node), "inside", anchor="middle")
    return drawing.markup()


def _closest(points: Sequence[tuple[float, float]]) -> float:
    """The smallest distance between two of the points."""
    return min((math.dist(a, b) for a, b in combinations(points, 2)), default=math.inf)


def _fitted(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    if not places:
        return []
    xs, ys = zip(*places, strict=True)
    span = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
    scale = (_SIZE - 2 * _MARGIN) / span
    x0 = _SIZE / 2 - scale * (max(xs) + min(xs)) / 2
    y0 = _SIZE / 2 - scale * (max(ys) + min(ys)) / 2
    return [(x0 + scale * x, y0 + scale * y) for x, y in places]
