"""``report.html`` of one compiled evolution operator."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qtools.compile.output.pages import figures, words
from qtools.report.figures.bars import Bars, bars
from qtools.report.page import REPORT, Figure, Page, Section, Tile, named_table, write_page

Record = Mapping[str, Any]


def write_unitary_page(path: Path, record: Record, history: Sequence[Record]) -> None:
    """Write the report of a record into its directory."""
    write_page(path / REPORT, unitary_page(record, history))


def unitary_page(record: Record, history: Sequence[Record]) -> Page:
    """The report of a record with the history of its optimisation."""
    baseline, states = record["baseline"], record["state_fidelities"] or []
    found, bound = record["process_fidelity"], record["process_fidelity_lower_bound"]
    return Page(
        kind="compiled operator",
        title=f"exp(−iHt) for t = {record['time']:g} on {record['num_qubits']} qubits",
        lead=f"A circuit of two-qubit depth {record['two_qubit_depth']} acts like the evolution on "
        f"every state: process fidelity {words.fidelity(found)}. {record['advice'].capitalize()}.",
        tiles=(
            Tile(
                label="Process fidelity",
                value=words.fidelity(found),
                note=f"Trotter, no deeper: {words.fidelity(baseline['process_fidelity'])}",
            ),
            Tile(label="Lower bound", value=words.fidelity(bound), note="errors of the target too"),
            Tile(
                label="Two-qubit depth",
                value=str(record["two_qubit_depth"]),
                note=f"Trotter: {baseline['two_qubit_depth']}, {baseline['steps']} steps",
            ),
            Tile(label="Two-qubit gates", value=f"{record['two_qubit_gates']:,}"),
            Tile(label="Seconds", value=f"{record['seconds']:.2f}"),
        ),
        sections=(
            Section(
                title="What was asked",
                blocks=(named_table("Problem and settings", words.asked(record)),),
            ),
            Section(title="How good it is", blocks=(_beside(record), *_states(states))),
            Section(
                title="The optimisation",
                blocks=(
                    *figures.convergence(history, against="iteration"),
                    *figures.convergence(history, against="seconds"),
                ),
            ),
        ),
        foot=words.versions(record),
    )


def _beside(record: Record) -> Figure:
    baseline = record["baseline"]
    values = [1 - record["process_fidelity"], 1 - baseline["process_fidelity"]]
    return bars(
        ["compiled", "plain Trotter"],
        [Bars(name="", values=values)],
        title="Process infidelity at this depth",
        unit="1 − F",
        caption="Lower is better; the Trotter circuit is the best that is no deeper.",
        alternative=f"Compiled {values[0]:.2e}, Trotter {values[1]:.2e}",
        shown=lambda value: f"{value:.2e}",
    )


def _states(fidelities: Sequence[float]) -> list[Figure]:
    if not fidelities:
        return []
    values = [1 - value for value in fidelities]
    return [
        bars(
            [f"state {index}" for index in range(len(values))],
            [Bars(name="", values=values, tone=2)],
            title="Random product states, by another engine",
            unit="1 − F",
            caption="Infidelity of what the circuit makes of random product states.",
            alternative=f"At most {max(values):.2e}",
            shown=lambda value: f"{value:.2e}",
        )
    ]
