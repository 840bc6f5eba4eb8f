"""``qtools compile ...``: options in, one run directory out."""

from pathlib import Path
from typing import Annotated

import typer

from qtools.compile import command_options as o
from qtools.compile import state_commands, unitary_commands
from qtools.compile.circuit_format import CircuitFormat
from qtools.compile.command_run import run_compilation

app = typer.Typer(no_args_is_help=True, help="Compile evolved states into short circuits.")

app.command()(state_commands.circuit)
app.command()(state_commands.mps)
app.command()(unitary_commands.unitary)


@app.callback()
def group() -> None:
    """Compile evolved states into short circuits."""


@app.command()
def evolution(
    *,
    problem: Annotated[
        Path | None, typer.Argument(help="problem.toml; options override its keys.")
    ] = None,
    model: Annotated[
        str | None,
        o.option("--model", "heisenberg, xxz, xyz or tfim, on an open chain.", o.PROBLEM),
    ] = None,
    sites: Annotated[int | None, o.option("--sites", "Length of the chain.", o.PROBLEM)] = None,
    coupling: Annotated[
        str | None, o.option("--coupling", "J, or Jx,Jy,Jz (of Pauli matrices).", o.PROBLEM)
    ] = None,
    field: Annotated[
        str | None,
        o.option("--field", "hx,hy,hz; one number is hx for tfim, hz otherwise.", o.PROBLEM),
    ] = None,
    disorder: Annotated[
        str | None,
        o.option("--disorder", "W, or W_coupling,W_field: random chain from --seed.", o.PROBLEM),
    ] = None,
    periodic: Annotated[
        bool, o.option("--periodic", "Close the chain (not supported yet).", o.PROBLEM)
    ] = False,
    hamiltonian: Annotated[
        Path | None, o.option("--hamiltonian", "JSON, or HamLib's FILE.hdf5::KEY.", o.PROBLEM)
    ] = None,
    initial: Annotated[
        str | None,
        o.option(
            "--initial",
            "zero, neel, domain-wall, bits in site order, or a QASM file. (default: zero)",
            o.PROBLEM,
        ),
    ] = None,
    time: Annotated[float | None, o.option("--time", "Evolution time.", o.PROBLEM)] = None,
    layers: o.Layers = None,
    steps: Annotated[
        int | None, o.option("--steps", "As many layers as K Trotter steps: 2K+1.", o.CIRCUIT)
    ] = None,
    basis: o.Basis = None,
    tolerance: o.Tolerance = None,
    max_bond: Annotated[
        int | None, o.option("--max-bond", "Largest bond of the target.", o.TARGET)
    ] = None,
    max_memory: o.MaxMemory = None,
    fidelity: o.Fidelity = None,
    max_iterations: o.MaxIterations = None,
    max_seconds: o.MaxSeconds = None,
    seed: o.Seed = None,
    out: o.Out,
    circuit_format: o.Format = CircuitFormat.QASM2,
    force: o.Force = False,
    checkpoint_seconds: o.CheckpointSeconds = 1.0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
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
        "max_memory": o.size(max_memory),
        "basis": None if basis is None else tuple(basis.split(",")),
        "seed": seed,
    }
    given = CompileRequest(
        hamiltonian=HamiltonianRequest(
            model=model,
            sites=sites,
            coupling=o.numbers("--coupling", coupling),
            field=o.numbers("--field", field),
            disorder=o.numbers("--disorder", disorder),
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
    run_compilation(
        request.problem(),
        request.settings(),
        RunDirectory(path=out, circuit_format=circuit_format),
        force=force,
        as_json=as_json,
        quiet=quiet,
        interval=checkpoint_seconds,
    )
