"""Bars: counts per name, sets side by side, parts of a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qtools.report.figures.axes import legend, legend_height
from qtools.report.page import Figure, Table
from qtools.report.svg import Drawing

_WIDTH = 560.0
_ROW, _GAP = 15.0, 9.0
_VALUE = 74.0  # room for the number behind a bar
_LETTER = 6.6


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One value per name.

    Attributes:
        name: of the set, for the legend.
        values: one per name of the figure; None leaves a gap.
        tone: colour, 0 to 5.
    """

    name: str
    values: Sequence[float | None]
    tone: int = 0


def bars(
    names: Sequence[str],
    sets: Sequence[Bars],
    *,
    title: str,
    caption: str,
    alternative: str,
    unit: str,
    shown: Callable[[float], str] = lambda value: f"{value:,.0f}",
    wide: bool = False,
) -> Figure:
    """Horizontal bars, one group per name.

    Args:
        names: of the groups.
        sets: one bar of each group.
        title, caption, alternative: as everywhere.
        unit: heading of the values in the table.
        shown: text of a value.
        wide: take the whole width of the page.
    """
    width = 1.9 * _WIDTH if wide else _WIDTH
    left = 14 + min(200.0, max((_LETTER * len(_cut(name)) for name in names), default=0.0))
    named = [one.name for one in sets] if len(sets) > 1 else []
    top = legend_height(named, width=width - left) + 4 if named else 6.0
    group = _ROW * len(sets) + _GAP
    drawing = Drawing(width, top + group * len(names) + 4, title=title, description=alternative)
    if len(sets) > 1:
        legend(drawing, [(one.name, f"t{one.tone}") for one in sets], x=left)
    highest = max((v for one in sets for v in one.values if v is not None), default=1.0) or 1.0
    for row, name in enumerate(names):
        y = top + group * row
        drawing.text(left - 8, y + (group - _GAP) / 2 + 4, _cut(name), "tick", anchor="end")
        for place, one in enumerate(sets):
            value = one.values[row]
            if value is None:
                continue
            length = (width - left - _VALUE) * max(0.0, value) / highest
            drawing.rectangle(left, y + place * _ROW + 1, length, _ROW - 2, f"f{one.tone}")
            drawing.text(left + length + 6, y + place * _ROW + 12, shown(value))
    rows = tuple(
        (name, *("–" if one.values[row] is None else shown(one.values[row] or 0.0) for one in sets))
        for row, name in enumerate(names)
    )
    columns = ("", *(one.name or unit for one in sets))
    data = Table(columns=columns, rows=rows, caption=f"{title} ({unit})")
    return Figure(title=title, svg=drawing.markup(), caption=caption, data=data, wide=wide)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a whole.

    Attributes:
        name: what it is.
        value: not negative.
        tone: colour, 0 to 5.
    """

    name: str
    value: float
    tone: int


def stacked(
    parts: Sequence[Part],
    *,
    title: str,
    caption: str,
    unit: str,
    shown: Callable[[float], str] = lambda value: f"{value:.2e}",
) -> Figure:
    """One bar cut into parts, each named below it with its value and share."""
    total = sum(part.value for part in parts) or 1.0
    described = "; ".join(f"{part.name}: {shown(part.value)}" for part in parts)
    height = 62.0 + 24 * len(parts)
    drawing = Drawing(_WIDTH, height, title=title, description=described)
    x = 10.0
    for part in parts:
        length = (_WIDTH - 20) * part.value / total
        drawing.rectangle(x, 8, length, 34, f"f{part.tone}", hint=part.name)
        x += length
    for row, part in enumerate(parts):
        y = 68.0 + 24 * row
        drawing.rectangle(10, y - 10, 12, 12, f"f{part.tone}")
        drawing.text(30, y, part.name)
        share = f"{shown(part.value)}  ({part.value / total:.1%})"
        drawing.text(_WIDTH - 10, y, share, anchor="end")
    rows = tuple((p.name, shown(p.value), f"{p.value / total:.1%}") for p in parts)
    data = Table(columns=("", unit, "share"), rows=rows, caption=title)
    return Figure(title=title, svg=drawing.markup(), caption=caption, data=data)


def _cut(name: str) -> str:
    return name if len(name) <= 30 else name[:28] + "…"
