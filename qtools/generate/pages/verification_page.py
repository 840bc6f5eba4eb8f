"""``report.html`` of a verification."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qtools.circuits.normal import NormalCircuit
from qtools.generate.pages import verification_figures as figures
from qtools.generate.pages.drawings import diagram, interaction_graph
from qtools.report.page import (
    REPORT,
    Block,
    Figure,
    Gallery,
    Links,
    Page,
    Section,
    Table,
    Tile,
    write_page,
)

Record = Mapping[str, Any]
Examples = Mapping[str, Sequence[NormalCircuit]]
MOST_DRAWN = 16
_SIDE_BY_SIDE = 3


def write_verification_page(
    out: Path, record: Record, table: tuple[Sequence[str], Sequence[Sequence[str]]], some: Examples
) -> None:
    """Write the report of a record into its directory; see :func:`verification_page`."""
    write_page(out / REPORT, verification_page(record, table, some))


def verification_page(
    record: Record, table: tuple[Sequence[str], Sequence[Sequence[str]]], some: Examples
) -> Page:
    """The report of a verification.

    Args:
        record: what ``verification.json`` holds.
        table: columns and rows of the figures side by side.
        some: circuits of some sets to draw; the first set's are also shown one by one.
    """
    first = record["sets"][0]
    columns, rows = table
    return Page(
        kind="verification",
        title=f"{first['programs']} {first['name']} circuits against real ones",
        lead=f"Compared with {len(record['held_out']['features'])} held-out real circuits that no "
        f"model has seen{_beside(record)}.",
        tiles=_tiles(first),
        sections=(
            Section(
                title="In short",
                blocks=(
                    Table(
                        columns=tuple(columns),
                        rows=tuple(tuple(row) for row in rows),
                        caption="Rates and estimates with 95 % intervals",
                    ),
                ),
            ),
            Section(title="Do they run?", blocks=tuple(figures.execution(record))),
            Section(
                title="Are they like real ones?",
                blocks=(
                    *figures.separability(record),
                    *figures.embedding(record),
                    *figures.wasserstein(record),
                ),
            ),
            Section(title="Are they new?", blocks=tuple(figures.novelty(record))),
            Section(title="Do they behave alike?", blocks=tuple(figures.behaviour(record))),
            Section(
                title="Interaction graphs side by side",
                blocks=tuple(_side_by_side(some)),
                fine=True,
            ),
            Section(title="A look at them", blocks=_gallery(first["name"], some)),
            Section(
                title="Every feature",
                blocks=(
                    "Fraction of each set up to each value. The dashed curve is of the held-out "
                    f"real circuits; colours are those of the figures above ({_colours(record)}).",
                    *figures.distributions(record),
                ),
                fine=True,
            ),
            Section(title="Failures", blocks=_failures(first)),
            Section(
                title="Files",
                blocks=(
                    Links(
                        entries=(
                            ("verification.json", "every value"),
                            ("verification.md", "the table"),
                        )
                    ),
                ),
            ),
        ),
    )


def _beside(record: Record) -> str:
    others = [one["name"] for one in record["sets"][1:]]
    return f", beside {', '.join(others)}" if others else ""


def _tiles(first: Record) -> tuple[Tile, ...]:
    tiles = [Tile(label="Circuits", value=f"{first['circuits']:,} of {first['programs']:,}")]
    rates = [r for r in first["execution"]["rates"].values() if r["total"]]
    if rates:
        least = min(rate["count"] / rate["total"] for rate in rates)
        tiles.append(Tile(label="Pass every step", value=f"{least:.1%}", note="the lowest of them"))
    novelty, test, structure = first["novelty"], first["two_sample"], first["structure"]
    if novelty and novelty["novel"]["total"]:
        share = novelty["novel"]["count"] / novelty["novel"]["total"]
        tiles.append(Tile(label="Novel", value=f"{share:.1%}", note="modulo relabelling"))
    if test:
        floor = f"real against real: {test['floor']['value']:.3f}" if test["floor"] else ""
        value = f"{test['auc']['value']:.3f}"
        tiles.append(Tile(label="Two-sample AUC", value=value, note=floor))
    if structure:
        tiles.append(
            Tile(
                label="Distance of features",
                value=f"{structure['mean_wasserstein']:.3f}",
                note="mean Wasserstein, standard deviations",
            )
        )
    return tuple(tiles)


def _side_by_side(some: Examples) -> list[Block]:
    """The graphs of some circuits of each set, one row of figures per place."""
    rows: list[Block] = []
    for place in range(_SIDE_BY_SIDE):
        rows += [
            interaction_graph(circuits[place], title=f"{name}, {place + 1}")
            for name, circuits in some.items()
            if place < len(circuits)
        ]
    return rows


def _gallery(name: str, some: Examples) -> tuple[Block, ...]:
    drawn: list[Figure] = [
        diagram(circuit, title=f"{name} {place + 1}")
        for place, circuit in enumerate(some.get(name, ())[:MOST_DRAWN])
    ]
    return (Gallery(title=f"{name} circuits", figures=tuple(drawn)),) if drawn else ()


def _failures(first: Record) -> tuple[Block, ...]:
    failures = first["execution"]["failures"]
    if not failures:
        return (f"None: every {first['name']} circuit passed every step that it was tried on.",)
    rows = tuple((f["circuit"], f["step"], f["message"][:300]) for f in failures[:500])
    columns = ("circuit", "step", "message")
    return (
        Table(columns=columns, rows=rows, caption="What did not pass, and why", searchable=True),
    )


def _colours(record: Record) -> str:
    return ", ".join(one["name"] for one in record["sets"])
