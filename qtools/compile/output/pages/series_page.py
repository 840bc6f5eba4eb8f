"""``report.html`` of a series of evolution times."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qtools.compile.output.pages import figures, words
from qtools.report.page import REPORT, Page, Section, Table, Tile, write_page

Record = Mapping[str, Any]


def write_series_page(path: Path, rows: Sequence[Record], num_qubits: int) -> None:
    """Write the report of a series into its directory."""
    write_page(path / REPORT, series_page(rows, num_qubits))


def series_page(rows: Sequence[Record], num_qubits: int) -> Page:
    """The report of the rows of a series."""
    worst = min(row["fidelity_lower_bound"] for row in rows)
    seconds = sum(row["seconds"] for row in rows)
    return Page(
        kind="series of evolution times",
        title=f"{len(rows)} times up to t = {rows[-1]['time']:g} on {num_qubits} qubits",
        lead=f"One circuit per time, each started from the one before. All of them have a fidelity "
        f"of at least {words.fidelity(worst)} to the true state.",
        tiles=(
            Tile(label="Worst lower bound", value=words.fidelity(worst)),
            Tile(
                label="Two-qubit depth",
                value=str(max(row["two_qubit_depth"] for row in rows)),
                note="of the deepest circuit",
            ),
            Tile(label="Circuits", value=str(len(rows))),
            Tile(label="Seconds", value=f"{seconds:.1f}", note="all circuits together"),
        ),
        sections=(
            Section(title="How good they are", blocks=tuple(figures.against_time(rows))),
            Section(title="The circuits", blocks=(_table(rows),)),
        ),
    )


def _table(rows: Sequence[Record]) -> Table:
    columns = ("time", "fidelity", "lower bound", "Trotter, as deep", "layers", "2q depth")
    return Table(
        columns=(*columns, "2q gates", "seconds", "outcome"),
        rows=tuple(
            (
                f"{row['time']:g}",
                words.fidelity(row["fidelity"]),
                words.fidelity(row["fidelity_lower_bound"]),
                words.fidelity(row["trotter_same_depth_fidelity"]),
                str(row["layers"]),
                str(row["two_qubit_depth"]),
                str(row["two_qubit_gates"]),
                f"{row['seconds']:.2f}",
                row["outcome"],
            )
            for row in rows
        ),
        links=tuple(f"{row['directory']}/{REPORT}" for row in rows),
        caption="One row per time",
        searchable=len(rows) > 5,
    )
