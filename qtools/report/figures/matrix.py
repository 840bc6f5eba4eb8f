"""Small matrices of counts, shaded."""

from collections.abc import Sequence

from qtools.report.page import Figure, Table
from qtools.report.svg import Drawing

_CELL, _LEFT, _TOP = 110.0, 130.0, 54.0


def matrix(
    counts: Sequence[Sequence[int]],
    names: Sequence[str],
    *,
    title: str,
    caption: str,
    rows_are: str,
    columns_are: str,
) -> Figure:
    """A confusion matrix: rows are what things are, columns what they were taken for."""
    size = len(names)
    described = "; ".join(
        f"{rows_are} {names[i]}, {columns_are} {names[j]}: {counts[i][j]}"
        for i in range(size)
        for j in range(size)
    )
    drawing = Drawing(
        _LEFT + _CELL * size + 10, _TOP + 66 * size + 8, title=title, description=described
    )
    drawing.text(_LEFT + _CELL * size / 2, 18, columns_are, "axis", anchor="middle")
    drawing.text(14, _TOP + 33 * size, rows_are, "axis", anchor="middle", turned=True)
    for i, name in enumerate(names):
        drawing.text(_LEFT + _CELL * (i + 0.5), 42, name, anchor="middle")
        drawing.text(_LEFT - 12, _TOP + 66 * (i + 0.5) + 4, name, anchor="end")
        total = sum(counts[i]) or 1
        for j in range(size):
            x, y, share = _LEFT + _CELL * j, _TOP + 66.0 * i, counts[i][j] / total
            drawing.rectangle(x, y, _CELL - 3, 63, "f0", opacity=0.06 + 0.34 * share, rounded=4)
            text = f"{counts[i][j]} ({share:.0%})"
            drawing.text(x + _CELL / 2, y + 37, text, anchor="middle")
    rows = tuple(
        (f"{rows_are} {names[i]}", *(str(counts[i][j]) for j in range(size))) for i in range(size)
    )
    columns = ("", *(f"{columns_are} {name}" for name in names))
    return Figure(
        title=title,
        svg=drawing.markup(),
        caption=caption,
        data=Table(columns=columns, rows=rows, caption=title),
    )
