"""``report.html`` of one compiled state."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from qtools.compile.ansatz import Ansatz
from qtools.compile.output.pages import figures, words
from qtools.compile.output.run_directory import HISTORY, REPORTED, RunDirectory
from qtools.report.page import REPORT, Links, Page, Section, Table, Tile, named_table, write_page

Record = Mapping[str, Any]


def write_state_page(directory: RunDirectory) -> None:
    """Write the report of what the directory holds; the same files give the same bytes."""
    lines = (directory.path / HISTORY).read_text(encoding="utf-8").splitlines()
    page = state_page(
        directory.record(),
        [json.loads(line) for line in lines],
        directory.read_ansatz(),
        directory.circuit_path.name,
    )
    write_page(directory.path / REPORT, page)


def state_page(
    record: Record, history: Sequence[Record], ansatz: Ansatz, circuit_file: str
) -> Page:
    """The report of a record with the history of its optimisation and its blocks."""
    return Page(
        kind="compiled circuit",
        title=words.title(record),
        lead=_lead(record),
        tiles=_tiles(record),
        sections=(
            Section(title="What was asked", blocks=(_asked(record),)),
            Section(
                title="How good it is",
                blocks=(
                    *figures.fidelity_against_depth(record),
                    *figures.error_budget(record),
                    *_certificate(record),
                ),
            ),
            Section(
                title="The state",
                blocks=(
                    *figures.entanglement(record),
                    *figures.bond_spectrum(record),
                    *_measured(record),
                ),
            ),
            Section(
                title="The circuit",
                blocks=(*figures.circuit_blocks(ansatz), *figures.gate_counts(record)),
            ),
            Section(title="On the device", blocks=tuple(_hardware(record))),
            Section(
                title="The optimisation",
                blocks=(
                    *figures.convergence(history, against="iteration"),
                    *figures.convergence(history, against="seconds"),
                    *_trials(record),
                ),
            ),
            Section(title="Files", blocks=(_files(circuit_file),)),
        ),
        foot=words.versions(record),
    )


def _lead(record: Record) -> str:
    bound = words.fidelity(record["fidelity_lower_bound"])
    return (
        f"A circuit of two-qubit depth {record['two_qubit_depth']} prepares the state with "
        f"fidelity {words.fidelity(record['fidelity'])}, certified to be at least {bound} to the "
        f"true state. {record['advice'].capitalize()}."
    )


def _tiles(record: Record) -> tuple[Tile, ...]:
    baseline = record["baseline"] or {}
    depth = baseline.get("trotter_same_fidelity_two_qubit_depth")
    before = record["original_two_qubit_depth"]
    beside = f"plain Trotter, as good: {depth}" if depth else f"before: {before}" if before else ""
    beaten = baseline.get("trotter_same_depth_fidelity")
    return (
        Tile(
            label="Fidelity",
            value=words.fidelity(record["fidelity"]),
            note=f"plain Trotter, as deep: {words.fidelity(beaten)}" if beaten else "",
        ),
        Tile(
            label="Lower bound",
            value=words.fidelity(record["fidelity_lower_bound"]),
            note="to the true state, all errors included",
        ),
        Tile(label="Two-qubit depth", value=str(record["two_qubit_depth"]), note=beside),
        Tile(label="Two-qubit gates", value=f"{record['two_qubit_gates']:,}"),
        Tile(
            label="Seconds",
            value=f"{record['seconds']:.2f}",
            note=f"{record['evaluations']:,} evaluations with gradient",
        ),
    )


def _asked(record: Record) -> Table:
    return named_table("Problem and settings", words.asked(record))


def _certificate(record: Record) -> list[Table]:
    found = record["certificate"]
    if not found:
        return []
    aer = found["aer_fidelity"]
    rows = [
        (f"Fidelity by {found['engine']}", words.fidelity(found["fidelity"])),
        ("Fidelity by Qiskit Aer", "not installed" if aer is None else words.fidelity(aer)),
        ("Phase left, radians", f"{found['phase']:.1e}"),
        ("Largest bond of the simulation", f"{found['max_bond']} (limit {found['bond_limit']})"),
        ("Largest bond of the target", str(record["target"]["max_bond"])),
        ("Seconds", f"{found['seconds']:.2f}"),
    ]
    return [named_table("The circuit file, read back and simulated by other engines", rows)]


def _measured(record: Record) -> list[Table]:
    rows = figures.conserved(record)
    columns = ("quantity", "target", "compiled", "difference")
    caption = "Measured of the target and of the compiled circuit"
    return [Table(columns=columns, rows=tuple(rows), caption=caption)] if rows else []


def _hardware(record: Record) -> list[Table]:
    found = record["hardware"]
    if not found:
        return []
    rows = [
        (name.replace("_", " "), words.scalar(value))
        for name, value in found.items()
        if isinstance(value, str | int | float)
    ]
    return [named_table("The circuit on the qubits of the device, after transpilation", rows)]


def _trials(record: Record) -> list[Table]:
    rows = tuple(
        (
            str(trial["layers"]),
            words.fidelity(trial["fidelity"]),
            str(trial["iterations"]),
            trial["start"],
            trial["outcome"],
        )
        for trial in sorted(record["trials"], key=lambda trial: int(trial["layers"]))
    )
    columns = ("layers", "fidelity", "iterations", "started from", "outcome")
    return [Table(columns=columns, rows=rows, caption="Depths that were tried")] if rows else []


def _files(circuit_file: str) -> Links:
    return Links(entries=((circuit_file, REPORTED["circuit"]), *_named()))


def _named() -> tuple[tuple[str, str], ...]:
    return tuple((name, what) for name, what in REPORTED.items() if name != "circuit")
