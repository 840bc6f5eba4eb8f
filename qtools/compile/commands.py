"""``qtools compile ...``: options in, one run directory out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qtools import console
from qtools.compile.circuit_format import CircuitFormat
from qtools.errors import GoalNotReachedError, UsageError

if TYPE_CHECKING:
    from qtools.compile.run_directory import RunDirectory
    from qtools.compile.settings import CompileSettings
    from qtools.compile.state_problem import Problem

app = typer.Typer(no_args_is_help=True, help="Compile evolved states into short circuits.")

_PROBLEM = "Problem"
_CIRCUIT = "Circuit"
_TARGET = "Target"
_STOP = "When to stop"
_OUTPUT = "Output"

_UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}


@app.callback()
def group() -> None:
    """Compile evolved states into short circuits."""


def _option(name: str, text: str, panel: str, **more: Any) -> Any:
    return typer.Option(name, help=text, rich_help_panel=panel, **more)


@app.command()
def evolution(
    *,
    problem: Annotated[
        Path | None, typer.Argument(help="problem.toml; options override its keys.")
    ] = None,
    model: Annotated[
        str | None, _option("--model", "heisenberg, xxz, xyz or tfim, on an open chain.", _PROBLEM)
    ] = None,
    sites: Annotated[int | None, _option("--sites", "Length of the chain.", _PROBLEM)] = None,
    coupling: Annotated[
        str | None, _option("--coupling", "J, or Jx,Jy,Jz (of Pauli matrices).", _PROBLEM)
    ] = None,
    field: Annotated[
        str | None,
        _option("--field", "hx,hy,hz; one number is hx for tfim, hz otherwise.", _PROBLEM),
    ] = None,
    disorder: Annotated[
        str | None,
        _option("--disorder", "W, or W_coupling,W_field: random chain from --seed.", _PROBLEM),
    ] = None,
    periodic: Annotated[
        bool, _option("--periodic", "Close the chain (not supported yet).", _PROBLEM)
    ] = False,
    hamiltonian: Annotated[
        Path | None, _option("--hamiltonian", "JSON file instead of a model.", _PROBLEM)
    ] = None,
    initial: Annotated[
        str | None,
        _option(
            "--initial",
            "zero, neel, domain-wall, bits in site order, or a QASM file. (default: zero)",
            _PROBLEM,
        ),
    ] = None,
    time: Annotated[float | None, _option("--time", "Evolution time.", _PROBLEM)] = None,
    layers: Annotated[
        int | None, _option("--layers", "Brick layers of two-qubit blocks.", _CIRCUIT)
    ] = None,
    steps: Annotated[
        int | None, _option("--steps", "As many layers as K Trotter steps: 2K+1.", _CIRCUIT)
    ] = None,
    basis: Annotated[
        str | None, _option("--basis", "Native gates. (default: cx,rz,sx,x)", _CIRCUIT)
    ] = None,
    tolerance: Annotated[
        float | None, _option("--tolerance", "Infidelity of the target. (default: 1e-6)", _TARGET)
    ] = None,
    max_bond: Annotated[
        int | None, _option("--max-bond", "Largest bond of the target.", _TARGET)
    ] = None,
    max_memory: Annotated[
        str | None, _option("--max-memory", "Such as 500MiB. (default: 4GiB)", _TARGET)
    ] = None,
    fidelity: Annotated[
        float | None, _option("--fidelity", "Stop as soon as it is reached.", _STOP)
    ] = None,
    max_iterations: Annotated[
        int | None, _option("--max-iterations", "Of the optimiser.", _STOP)
    ] = None,
    max_seconds: Annotated[
        float | None, _option("--max-seconds", "From problem to circuit.", _STOP)
    ] = None,
    seed: Annotated[int | None, _option("--seed", "Of everything random.", _STOP)] = None,
    out: Annotated[Path, _option("--out", "Directory to write to.", _OUTPUT)],
    circuit_format: Annotated[
        CircuitFormat, _option("--format", "Of the circuit file.", _OUTPUT)
    ] = CircuitFormat.QASM2,
    force: Annotated[
        bool, _option("--force", "Overwrite another problem's result.", _OUTPUT)
    ] = False,
    checkpoint_seconds: Annotated[
        float, _option("--checkpoint-seconds", "Between two checkpoints, at least.", _OUTPUT)
    ] = 1.0,
    as_json: Annotated[bool, _option("--json", "Print result.json on stdout.", _OUTPUT)] = False,
    quiet: Annotated[
        bool, _option("--quiet", "No progress and no table on stderr.", _OUTPUT)
    ] = False,
) -> None:
    """Compile exp(-iHt)|initial> into a short circuit of fixed depth and certify it.

    Give the problem as options or as a problem.toml, and the depth as --layers or --steps.
    """
    from qtools.compile.problem_file import (
        CompileRequest,
        HamiltonianRequest,
        merged,
        read_problem_file,
    )
    from qtools.compile.run_directory import RunDirectory

    optimize = {
        "fidelity": fidelity,
        "max_iterations": max_iterations,
        "max_seconds": max_seconds,
        "tolerance": tolerance,
        "max_bond": max_bond,
        "max_memory": _bytes(max_memory),
        "basis": None if basis is None else tuple(basis.split(",")),
        "seed": seed,
    }
    given = CompileRequest(
        hamiltonian=HamiltonianRequest(
            model=model,
            sites=sites,
            coupling=_numbers("--coupling", coupling),
            field=_numbers("--field", field),
            disorder=_numbers("--disorder", disorder),
            periodic=periodic or None,
            seed=seed,
            file=hamiltonian,
        ),
        initial=initial,
        time=time,
        layers=layers,
        steps=steps,
        optimize={key: value for key, value in optimize.items() if value is not None},
    )
    request = given if problem is None else merged(read_problem_file(problem), given)
    _compile(
        request.problem(),
        request.settings(),
        RunDirectory(path=out, circuit_format=circuit_format),
        force=force,
        as_json=as_json,
        quiet=quiet,
        interval=checkpoint_seconds,
    )


def _compile(
    problem: "Problem",
    settings: "CompileSettings",
    directory: "RunDirectory",
    *,
    force: bool,
    as_json: bool,
    quiet: bool,
    interval: float,
) -> None:
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
        _shown(record["fidelity"]),
        _shown(record["fidelity_lower_bound"]),
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
        _shown(baseline["trotter_same_depth_fidelity"]),
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


def _shown(fidelity: float) -> str:
    """Six digits, or the infidelity where they would round to one."""
    return f"{fidelity:.6f}" if fidelity < 1 - 1e-5 else f"1 - {max(0.0, 1 - fidelity):.1e}"


def _numbers(option: str, text: str | None) -> Any:
    """One number, or a tuple of the comma-separated numbers; None when not given."""
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"expected a number or numbers separated by commas for {option}, got {text!r}"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def _bytes(text: str | None) -> int | None:
    """A number of bytes such as ``4096``, ``500MiB`` or ``4GiB``."""
    if text is None:
        return None
    digits = text.rstrip("BGKMbgikm")
    unit = text[len(digits) :].lower()
    try:
        return int(float(digits) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        raise UsageError(
            f"expected a size such as 500MiB or 4GiB for --max-memory, got {text!r}"
        ) from None
