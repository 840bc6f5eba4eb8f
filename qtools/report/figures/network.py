"""Interaction graphs: a node per qubit, an edge where two-qubit gates act."""

import math
from collections.abc import Mapping, Sequence

from qtools.report.svg import Drawing

_SIZE, _MARGIN = 250.0, 22.0


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
    radius = 10.0 if len(points) <= 20 else 7.0 if len(points) <= 40 else 4.0
    for node, (x, y) in enumerate(points):
        drawing.circle(x, y, radius, "node")
        if radius > 6:
            drawing.text(x, y + 4, str(node), "inside", anchor="middle")
    return drawing.markup()


def ring(count: int) -> list[tuple[float, float]]:
    """Places on a circle, the first on top."""
    turns = [2 * math.pi * index / max(1, count) for index in range(count)]
    return [(math.sin(turn), -math.cos(turn)) for turn in turns]


def _fitted(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    if not places:
        return []
    xs, ys = zip(*places, strict=True)
    span = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
    scale = (_SIZE - 2 * _MARGIN) / span
    x0 = _SIZE / 2 - scale * (max(xs) + min(xs)) / 2
    y0 = _SIZE / 2 - scale * (max(ys) + min(ys)) / 2
    return [(x0 + scale * x, y0 + scale * y) for x, y in places]
