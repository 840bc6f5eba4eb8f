"""Axes: from values to pixels, and the ticks between."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qtools.report.svg import Drawing

_MOST_DECADES = 6
_LEGEND_ROW = 18.0
LEFT = 62.0  # room for the labels of the y axis
_RIGHT, _TOP, _BOTTOM = 16.0, 12.0, 46.0


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One direction of a plot.

    Attributes:
        label: quantity and unit.
        log: logarithmic; values that are not positive are left out.
        low, high: ends; by default those of the values.
    """

    label: str
    log: bool = False
    low: float | None = None
    high: float | None = None

    def over(self, values: Iterable[float]) -> "Axis":
        """The same axis with both ends set so that all ``values`` are on it."""
        seen = [value for value in values if math.isfinite(value) and (value > 0 or not self.log)]
        low = self.low if self.low is not None else min(seen, default=1e-3 if self.log else 0.0)
        high = self.high if self.high is not None else max(seen, default=1.0)
        if self.log:
            low, high = 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high))
            high = high if high > low else 10.0 * low
        elif high <= low:
            low, high = low - 0.5, low + 0.5
        return replace(self, low=low, high=high)

    def with_room(self) -> "Axis":
        """A little more at the high end of a linear axis, so that nothing touches the edge."""
        low, high = self._ends()
        return self if self.log else replace(self, high=high + 0.05 * (high - low))

    def place(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high end."""
        low, high = self._ends()
        if self.log:
            value = max(value, low)
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)

    def ticks(self) -> list[tuple[float, str]]:
        """Values to mark, with their texts."""
        low, high = self._ends()
        if not self.log:
            return [(value, f"{value:.6g}") for value in _round_values(low, high)]
        first, last = round(math.log10(low)), round(math.log10(high))
        stride = max(1, -(-(last - first) // _MOST_DECADES))
        return [(10.0**power, _power(power)) for power in range(first, last + 1, stride)]

    def _ends(self) -> tuple[float, float]:
        assert self.low is not None
        assert self.high is not None
        return self.low, self.high


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The inside of a plot on a drawing.

    Attributes:
        drawing: to draw on.
        x, y: axes with their ends set.
        left, right, top, bottom: margins.
    """

    drawing: Drawing
    x: Axis
    y: Axis
    left: float = LEFT
    right: float = _RIGHT
    top: float = _TOP
    bottom: float = _BOTTOM

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a point."""
        width = self.drawing.width - self.left - self.right
        height = self.drawing.height - self.top - self.bottom
        return (
            self.left + width * self.x.place(x),
            self.drawing.height - self.bottom - height * self.y.place(y),
        )

    def draw(self) -> None:
        """Grid, ticks, labels and the two axes."""
        drawing = self.drawing
        base, end = drawing.height - self.bottom, drawing.width - self.right
        for value, text in self.y.ticks():
            y = drawing.height - self.bottom - (base - self.top) * self.y.place(value)
            drawing.line(self.left, y, end, y, "grid")
            drawing.text(self.left - 7, y + 4, text, "tick", anchor="end")
        for value, text in self.x.ticks():
            x = self.left + (end - self.left) * self.x.place(value)
            drawing.line(x, base, x, base + 4, "frame")
            drawing.text(x, base + 18, text, "tick", anchor="middle")
        drawing.line(self.left, base, end, base, "frame")
        drawing.text(
            (self.left + end) / 2, drawing.height - 8, self.x.label, "axis", anchor="middle"
        )
        middle = (self.top + base) / 2
        drawing.text(14, middle, self.y.label, "axis", anchor="middle", turned=True)


def legend_rows(names: Sequence[str], *, width: float) -> list[list[str]]:
    """Names of curves, cut into rows that fit into ``width``."""
    rows: list[list[str]] = [[]]
    used = 0.0
    for name in names:
        if rows[-1] and used + _entry_width(name) > width:
            rows.append([])
            used = 0.0
        rows[-1].append(name)
        used += _entry_width(name)
    return rows


def legend(drawing: Drawing, entries: Sequence[tuple[str, str]], *, x: float) -> float:
    """Names of curves in rows from the top, an entry is (name, style of its line); the height."""
    styles = iter(entries)
    rows = legend_rows([name for name, _ in entries], width=drawing.width - x)
    for row, names in enumerate(rows):
        place, y = x, 18 + _LEGEND_ROW * row
        for name, (_, style) in zip(names, styles, strict=False):
            drawing.curve([(place, y - 4), (place + 22, y - 4)], style)
            drawing.text(place + 28, y, name)
            place += _entry_width(name)
    return 8 + _LEGEND_ROW * len(rows)


def legend_height(names: Sequence[str], *, width: float) -> float:
    """What :func:`legend` will need."""
    return 8 + _LEGEND_ROW * len(legend_rows(names, width=width))


def _entry_width(name: str) -> float:
    return 46 + 6.7 * len(name)


def _round_values(low: float, high: float, most: int = 6) -> list[float]:
    raw = (high - low) / (most - 1)
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _power(power: int) -> str:
    if 0 <= power <= 3:
        return f"{10**power}"
    if power in (-1, -2):
        return f"{10.0**power:g}"
    return "10" + str(power).translate(_SUPERSCRIPTS)
