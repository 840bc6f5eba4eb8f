"""Curves and clouds of points over two axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qtools.report.figures.axes import LEFT, Axis, Frame, legend, legend_height
from qtools.report.page import Figure, Table
from qtools.report.svg import Drawing

_WIDTH, _HEIGHT = 560.0, 320.0
_MOST_ROWS = 200  # of the table behind a figure


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Named points.

    Attributes:
        name: for the legend.
        x, y: coordinates, equally many.
        tone: colour, 0 to 5.
        dashed: for a yardstick.
        joined: a line through the points.
        marked: a dot on each.
        small: dots of clouds of many points.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    tone: int = 0
    dashed: bool = False
    joined: bool = True
    marked: bool = False
    small: bool = False


def curves(
    drawn: Sequence[Curve],
    *,
    x: Axis,
    y: Axis,
    title: str,
    caption: str,
    alternative: str,
    size: tuple[float, float] = (_WIDTH, _HEIGHT),
    table: bool = True,
    named: bool = True,
) -> Figure:
    """A plot of curves with a legend, and its numbers as a table.

    Args:
        drawn: the curves.
        x, y: axes; their ends follow the values where they are not given.
        title, caption: of the figure.
        alternative: what is to be seen, for those who cannot see it.
        size: of the drawing.
        table: whether to give the numbers.
        named: whether to draw a legend.
    """
    x = x.over(value for curve in drawn for value in curve.x)
    y = y.over(value for curve in drawn for value in curve.y).with_room()
    entries = [curve for curve in drawn if curve.name and named]
    names = [curve.name for curve in entries]
    height = legend_height(names, width=size[0] - LEFT) if len(entries) > 1 else 0.0
    drawing = Drawing(*size, title=title, description=alternative)
    frame = Frame(drawing=drawing, x=x, y=y, top=12 + height)
    frame.draw()
    for curve in drawn:
        _draw(frame, curve)
    if len(entries) > 1:
        styles = [(c.name, f"t{c.tone}{' dashed' if c.dashed else ''}") for c in entries]
        legend(drawing, styles, x=LEFT)
    data = _table(drawn, x.label, y.label) if table else None
    return Figure(title=title, svg=drawing.markup(), caption=caption, data=data)


def _draw(frame: Frame, curve: Curve) -> None:
    dash = " dashed" if curve.dashed else ""
    points = [
        frame.at(a, b)
        for a, b in zip(curve.x, curve.y, strict=True)
        if math.isfinite(a)
        and math.isfinite(b)
        and not (frame.x.log and a <= 0)
        and not (frame.y.log and b <= 0)
    ]
    if curve.joined:
        frame.drawing.curve(points, f"t{curve.tone}{dash}")
    if curve.marked or not curve.joined:
        radius = 2.2 if curve.small else 4.0
        faint = " faint" if curve.small else ""
        for a, b in points:
            frame.drawing.circle(a, b, radius, f"f{curve.tone}{faint}")


def _table(drawn: Sequence[Curve], x: str, y: str) -> Table:
    rows = [
        (curve.name or y, f"{a:.6g}", f"{b:.6g}")
        for curve in drawn
        for a, b in _thinned(list(zip(curve.x, curve.y, strict=True)), _MOST_ROWS // len(drawn))
    ]
    return Table(columns=("curve", x, y), rows=tuple(rows), caption=f"{y} against {x}")


def _thinned(points: list[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most about ``most`` of the points, evenly spread, the last one kept."""
    stride = max(1, -(-len(points) // max(1, most)))
    kept = points[::stride]
    return kept if not points or kept[-1] == points[-1] else [*kept, points[-1]]
