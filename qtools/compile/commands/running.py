"""What every ``qtools compile`` command does with a problem: one run directory, one exit code."""

from typing import TYPE_CHECKING, Any

import typer

from qtools import console
from qtools.compile.commands import options as o
from qtools.compile.commands.option_groups import ShownOptions
from qtools.errors import GoalNotReachedError

if TYPE_CHECKING:
    from qtools.compile.output.run_directory import RunDirectory
    from qtools.compile.problem.evolution_problem import EvolutionProblem
    from qtools.compile.problem.state_problem import Problem
    from qtools.compile.run import RunOptions
    from qtools.compile.series import SeriesRow
    from qtools.compile.settings import CompileSettings


def run_compilation(
    problem: "Problem",
    settings: "CompileSettings",
    directory: "RunDirectory",
    options: "RunOptions",
    shown: ShownOptions,
) -> None:
    """Compile, write, certify and report; go on from what an earlier sitting left.

    Args:
        problem: what to prepare.
        settings: how.
        directory: where to write.
        options: how the run is made.
        shown: what is shown on stdout and stderr.

    Raises:
        GoalNotReachedError: when a fidelity was asked for and missed.
    """
    from qtools.compile.run import run
    from qtools.runs.stopping import stopping_on_sigterm

    with stopping_on_sigterm(), console.progress(quiet=shown.quiet) as tick:
        record = run(problem, settings, directory, options, tell=tick)
    _report(record, directory, shown)


def run_time_series(
    problem: "EvolutionProblem",
    times: tuple[float, ...],
    settings: "CompileSettings",
    directory: "RunDirectory",
    options: "RunOptions",
    shown: ShownOptions,
) -> None:
    """Compile one circuit per time; arguments and errors as in :func:`run_compilation`."""
    from qtools.compile.series import TABLE, run_series, write_series
    from qtools.runs.stopping import stopping_on_sigterm

    rows: list[SeriesRow] = []
    with stopping_on_sigterm(), console.progress(quiet=shown.quiet) as tick:
        for row in run_series(
            problem,
            times,
            settings,
            directory.path,
            options,
            tell=tick,
            circuit_format=directory.circuit_format,
        ):
            rows.append(row)
            write_series(directory.path, rows, num_qubits=problem.num_qubits)
    if shown.as_json:
        typer.echo((directory.path / TABLE).read_text(encoding="utf-8"), nl=False)
    if not shown.quiet:
        _print_series(rows)
        _closing(directory)
    missed = [row for row in rows if row.fidelity < (settings.fidelity or 0.0)]
    if missed:
        raise GoalNotReachedError(
            f"fidelity {settings.fidelity} was asked for and missed at {len(missed)} of "
            f"{len(rows)} times, first at {missed[0].time:g}; the results are in {directory.path}"
        )


def _print_series(rows: list["SeriesRow"]) -> None:
    cells = [
        (
            f"{row.time:g}",
            o.shown(row.fidelity),
            o.shown(row.fidelity_lower_bound),
            o.shown(row.trotter_same_depth_fidelity),
            f"{row.layers}",
            f"{row.two_qubit_depth}",
            f"{row.seconds:.1f}",
        )
        for row in rows
    ]
    columns = ("time", "fidelity", "lower bound", "Trotter", "layers", "2q depth", "seconds")
    console.table(f"{len(rows)} times", columns, cells)


def _report(record: dict[str, Any], directory: "RunDirectory", shown: ShownOptions) -> None:
    """Show a written result, and turn its outcome into an exit code."""
    if shown.as_json:
        typer.echo(directory.result_path.read_text(encoding="utf-8"), nl=False)
    if not shown.quiet:
        _print_summary(record)
        console.note(record["advice"])
        _closing(directory)
    if record["outcome"] == "interrupted":
        raise KeyboardInterrupt
    goal, reached = record["settings"]["fidelity"], record["fidelity"]
    if goal is not None and reached < goal:
        raise GoalNotReachedError(
            f"fidelity {goal} was asked for, {reached:.6f} was reached: {record['advice']}; "
            f"the result is in {directory.path}"
        )


def _closing(directory: "RunDirectory") -> None:
    from qtools.report.page import REPORT

    console.note(f"written to {directory.path}; look at {directory.path / REPORT}")
    console.next_command("qtools", "view", directory.path)


def _print_summary(record: dict[str, Any]) -> None:
    compiled = (
        "compiled",
        o.shown(record["fidelity"]),
        o.shown(record["fidelity_lower_bound"]),
        f"{record['layers']}",
        f"{record['two_qubit_depth']}",
        f"{record['two_qubit_gates']}",
    )
    time = "" if record["time"] is None else f", time {record['time']:g}"
    title = f"{record['num_qubits']} qubits{time}, in {record['seconds']:.2f} s"
    if record["trials"]:
        _print_trials(record["trials"])
    columns = ("", "fidelity", "lower bound", "layers", "2q depth", "2q gates")
    console.table(title, columns, [compiled, *_on_device(record), *_compared(record)])


def _on_device(record: dict[str, Any]) -> list[tuple[str, ...]]:
    """The row of the circuit on its device, where there is one."""
    hardware = record["hardware"]
    if hardware is None:
        return []
    return [
        (
            f"on {hardware['device']}",
            o.shown(hardware["fidelity"]),
            "",
            f"{record['layers']}",
            f"{hardware['two_qubit_depth']}",
            f"{hardware['two_qubit_gates']}",
        )
    ]


def _print_trials(trials: list[dict[str, Any]]) -> None:
    rows = [
        (str(t["layers"]), o.shown(t["fidelity"]), str(t["iterations"]), t["outcome"])
        for t in sorted(trials, key=lambda t: int(t["layers"]))
    ]
    console.table("depths tried", ("layers", "fidelity", "iterations", "outcome"), rows)


def _compared(record: dict[str, Any]) -> list[tuple[str, ...]]:
    """The rows that the compiled circuit is compared with."""
    from qtools.compile.settings import layers_of_steps

    baseline = record["baseline"]
    if baseline is None:
        return []
    depth = baseline["trotter_same_fidelity_two_qubit_depth"]
    steps = baseline["trotter_same_fidelity_steps"]
    same_layers = (
        "Trotter, as deep",
        o.shown(baseline["trotter_same_depth_fidelity"]),
        "",
        f"{record['layers']}",
        "",
        "",
    )
    same_fidelity = (
        "Trotter, as good",
        "",
        "",
        "" if steps is None else f"{layers_of_steps(steps, record['edge_layers'])}",
        "not reached" if depth is None else f"{depth}",
        "",
    )
    return [same_layers, same_fidelity]
