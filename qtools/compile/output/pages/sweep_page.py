"""``report.html`` of a sweep: infidelity and depth along its axes, and a table of all points."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qtools.compile.output.pages import words
from qtools.report.figures.axes import Axis
from qtools.report.figures.curves import Curve, curves
from qtools.report.page import (
    REPORT,
    Figure,
    Links,
    Page,
    Section,
    Table,
    Tile,
    named_table,
    write_page,
)

Record = Mapping[str, Any]
_MOST_LISTED = 1500
_MOST_CURVES = 6
_SMALLEST = 1e-15


def write_sweep_page(out: Path, grid: Record, points: Sequence[Record]) -> None:
    """Write the report of a sweep; the same points give the same bytes.

    Args:
        out: its directory.
        grid: axis -> its values.
        points: lines of ``results.jsonl``.
    """
    write_page(out / REPORT, sweep_page(grid, points))


def sweep_page(grid: Record, points: Sequence[Record]) -> Page:
    """The report of a sweep; arguments as in :func:`write_sweep_page`."""
    made = [point for point in points if "fidelity" in point]
    worst = min((point["fidelity"] for point in made), default=0.0)
    failed = len(points) - len(made)
    return Page(
        kind="sweep",
        title=f"{len(points)} points over {', '.join(map(_short, grid)) or 'nothing'}",
        lead=f"Every combination of the values below, one circuit each; the lowest fidelity is "
        f"{words.fidelity(worst)}.",
        tiles=(
            Tile(label="Points", value=f"{len(points):,}"),
            Tile(label="Without a circuit", value=str(failed)),
            Tile(label="Lowest fidelity", value=words.fidelity(worst)),
            Tile(
                label="Deepest circuit",
                value=str(max((p["two_qubit_depth"] for p in made), default=0)),
                note="two-qubit depth",
            ),
        ),
        sections=(
            Section(title="What varied", blocks=(_axes(grid),)),
            Section(title="How good they are", blocks=tuple(_figures(grid, made))),
            Section(title="Points", blocks=(_table(grid, points),)),
            Section(title="Failures", blocks=tuple(_failures(grid, points))),
            Section(
                title="Files",
                blocks=(
                    Links(
                        entries=(
                            ("results.jsonl", "one line per point"),
                            ("costs.jsonl", "seconds and memory of every point"),
                        )
                    ),
                ),
            ),
        ),
    )


def _axes(grid: Record) -> Table:
    rows = [(axis, ", ".join(_text(value) for value in values)) for axis, values in grid.items()]
    return named_table("Axes, the last varies fastest", rows)


def _figures(grid: Record, made: Sequence[Record]) -> list[Figure]:
    """Infidelity and depth along every axis of numbers, one curve per value of another axis."""
    found = []
    for axis, values in grid.items():
        if len(values) < 2 or not all(_is_number(value) for value in values):
            continue
        other = next((name for name in grid if name != axis and len(grid[name]) > 1), None)
        label = _short(axis)
        found.append(
            curves(
                _lines(grid, made, axis, other, lambda p: max(_SMALLEST, 1 - p["fidelity"])),
                x=Axis(label=label),
                y=Axis(label="infidelity 1 − F", log=True),
                title=f"Infidelity against {label}",
                caption=_caption(other),
                alternative=f"{len(made)} points, every value of {label} with all others",
            )
        )
        found.append(
            curves(
                _lines(grid, made, axis, other, lambda p: float(p["two_qubit_depth"])),
                x=Axis(label=label),
                y=Axis(label="two-qubit depth", low=0.0),
                title=f"Depth against {label}",
                caption=_caption(other),
                alternative=f"{len(made)} points, every value of {label} with all others",
            )
        )
    return found


def _lines(
    grid: Record, made: Sequence[Record], axis: str, other: str | None, value: Any
) -> list[Curve]:
    groups = [None] if other is None else list(grid[other])[:_MOST_CURVES]
    drawn = []
    for tone, group in enumerate(groups):
        points = [p for p in made if other is None or p[other] == group]
        points.sort(key=lambda p: float(p[axis]))
        drawn.append(
            Curve(
                name="" if other is None else f"{_short(other)} {_text(group)}",
                x=[float(p[axis]) for p in points],
                y=[value(p) for p in points],
                tone=tone,
                joined=len(grid) <= 2,
                marked=True,
            )
        )
    return [curve for curve in drawn if curve.x]


def _caption(other: str | None) -> str:
    return "One dot per point." if other is None else f"One dot per point, coloured by {other}."


def _table(grid: Record, points: Sequence[Record]) -> Table:
    stride = max(1, -(-len(points) // _MOST_LISTED))
    listed = points[::stride]
    caption = "Points" if stride == 1 else f"{len(listed)} of {len(points)} points, evenly spread"
    columns = ("id", *map(_short, grid), "fidelity", "lower bound", "layers", "2q depth", "outcome")
    rows = tuple(
        (
            str(point["id"])[:12],
            *(_text(point[axis]) for axis in grid),
            *(
                (
                    words.fidelity(point["fidelity"]),
                    words.fidelity(point["fidelity_lower_bound"]),
                    str(point["layers"]),
                    str(point["two_qubit_depth"]),
                    str(point["outcome"]),
                )
                if "fidelity" in point
                else ("–", "–", "–", "–", str(point["failure"]["reason"]))
            ),
        )
        for point in listed
    )
    links = tuple(point["circuit"]["file"] if "circuit" in point else "" for point in listed)
    return Table(columns=columns, rows=rows, caption=caption, searchable=True, links=links)


def _failures(grid: Record, points: Sequence[Record]) -> list[Table]:
    rows = tuple(
        (
            ", ".join(f"{_short(axis)} {_text(p[axis])}" for axis in grid),
            str(p["failure"]["reason"]),
            str(p["failure"]["message"])[:300],
        )
        for p in points
        if "failure" in p
    )[:_MOST_LISTED]
    columns = ("point", "reason", "message")
    return [Table(columns=columns, rows=rows, caption="Points without a circuit")] if rows else []


def _short(axis: str) -> str:
    return axis.split(".")[-1]


def _text(value: Any) -> str:
    return f"{value:g}" if _is_number(value) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
