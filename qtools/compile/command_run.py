"""What every ``qtools compile`` command does with a problem: one run directory, one exit code."""

from typing import TYPE_CHECKING, Any

import typer

from qtools import console
from qtools.compile import command_options as o
from qtools.errors import GoalNotReachedError

if TYPE_CHECKING:
    from qtools.compile.run_directory import RunDirectory
    from qtools.compile.settings import CompileSettings
    from qtools.compile.state_problem import Problem


def run_compilation(
    problem: "Problem",
    settings: "CompileSettings",
    directory: "RunDirectory",
    *,
    force: bool,
    as_json: bool,
    quiet: bool,
    interval: float,
) -> None:
    """Compile, write, certify and report; go on from what an earlier sitting left.

    Args:
        problem: what to prepare.
        settings: how.
        directory: where to write.
        force: start anew, whatever lies there.
        as_json: print the record on stdout.
        quiet: show nothing on stderr.
        interval: seconds between two checkpoints.

    Raises:
        GoalNotReachedError: when a fidelity was asked for and missed.
    """
    from qtools.compile import compiler
    from qtools.compile.run_directory import request_id
    from qtools.compile.stopping import stopping_on_sigterm

    directory.refuse_unusable()
    request = request_id(problem, settings)
    checkpoints = directory.checkpoints(problem, settings, interval=interval)
    record = None if force else directory.finished_record(request)
    if record is None:
        if force:
            checkpoints.clear()
        else:
            directory.refuse_foreign(problem, checkpoints)
        with stopping_on_sigterm(), console.progress(quiet=quiet) as tick:
            result = compiler.compile_problem(
                problem, settings, on_progress=tick, checkpoints=checkpoints
            )
            # Written before the certificate: an interrupt must not lose the circuit.
            checkpoints.claim()
            directory.write(result, request=request)
            tick("checking the written circuit")
            result = compiler.certified(result, directory.read_circuit())
            directory.write_result(result, request=request)
            checkpoints.close(result.outcome)
        record = directory.record()
    elif not quiet:
        console.note("this run is finished already; nothing was done")
    _report(record, directory, as_json=as_json, quiet=quiet)


def _report(
    record: dict[str, Any], directory: "RunDirectory", *, as_json: bool, quiet: bool
) -> None:
    """Show a written result, and turn its outcome into an exit code."""
    if as_json:
        typer.echo(directory.result_path.read_text(encoding="utf-8"), nl=False)
    if not quiet:
        _print_summary(record)
        console.note(f"{record['advice']}; written to {directory.path}")
    if record["outcome"] == "interrupted":
        raise KeyboardInterrupt
    goal, reached = record["settings"]["fidelity"], record["fidelity"]
    if goal is not None and reached < goal:
        raise GoalNotReachedError(
            f"fidelity {goal} was asked for, {reached:.6f} was reached: {record['advice']}; "
            f"the result is in {directory.path}"
        )


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
    columns = ("", "fidelity", "lower bound", "layers", "2q depth", "2q gates")
    console.table(title, columns, [compiled, *_compared(record)])


def _compared(record: dict[str, Any]) -> list[tuple[str, ...]]:
    """The rows that the compiled circuit is compared with."""
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
        "" if steps is None else f"{2 * steps + 1}",
        "not reached" if depth is None else f"{depth}",
        "",
    )
    return [same_layers, same_fidelity]
