"""``qtools compile ...``: options in, one run directory out."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from qtools.command_help import examples
from qtools.compile.commands import options as o
from qtools.compile.commands import states as state_commands
from qtools.compile.commands import sweep as sweep_commands
from qtools.compile.commands import unitary as unitary_commands
from qtools.compile.commands.running import run_compilation, run_time_series
from qtools.compile.output.circuit_format import CircuitFormat
from qtools.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="Compile evolved states into short circuits.")

app.command()(state_commands.circuit)
app.command()(state_commands.mps)
app.command()(unitary_commands.unitary)
app.command()(sweep_commands.sweep)


@app.callback()
def group() -> None:
    """Compile evolved states into short circuits."""


@app.command()
@examples(
    "qtools compile evolution --model heisenberg --sites 50 --coupling -0.25 \\",
    "       --initial neel --time 1.2 --layers 5 --out run/",
    "qtools compile evolution problem.toml --fidelity 0.999 --out run/",
    "qtools compile evolution --hamiltonian my.json --initial 0101 --time 0.8 \\",
    "       --layers 3 --out run/",
    "qtools compile evolution --model tfim --sites 20 --times 0.2:1:0.2 \\",
    "       --fidelity 0.999 --out series/",
)
def evolution(
    *,
    problem: Annotated[
        Path | None, typer.Argument(help="problem.toml; options override its keys.")
    ] = None,
    model: o.Model = None,
    sites: o.Sites = None,
    lattice: o.Lattice = None,
    size: o.Size = None,
    coupling: Annotated[
        str | None, o.option("--coupling", "J, or Jx,Jy,Jz (of Pauli matrices).", o.PROBLEM)
    ] = None,
    field: Annotated[
        str | None,
        o.option("--field", "hx,hy,hz; one number is hx for tfim, hz otherwise.", o.PROBLEM),
    ] = None,
    disorder: Annotated[
        str | None,
        o.option("--disorder", "W, or W_coupling,W_field, random from --seed.", o.PROBLEM),
    ] = None,
    periodic: Annotated[
        bool, o.option("--periodic", "Close the chain to a ring.", o.PROBLEM)
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
    times: Annotated[
        str | None, o.option("--times", "A series, such as 0.2:2.0:0.2 or 0.5,1,2.", o.PROBLEM)
    ] = None,
    then_trotter: Annotated[
        float | None, o.option("--then-trotter", "Go on to this time by Trotter.", o.CIRCUIT)
    ] = None,
    trotter_steps: Annotated[
        int | None, o.option("--trotter-steps", "Second-order steps to there.", o.CIRCUIT)
    ] = None,
    layers: o.Layers = None,
    steps: Annotated[
        int | None, o.option("--steps", "As many layers as K Trotter steps: 2K+1.", o.CIRCUIT)
    ] = None,
    basis: o.Basis = None,
    coupling_map: o.CouplingMap = None,
    tolerance: o.Tolerance = None,
    max_bond: Annotated[
        int | None, o.option("--max-bond", "Largest bond of the target.", o.TARGET)
    ] = None,
    max_memory: o.MaxMemory = None,
    device: o.Device = None,
    precision: o.Precision = None,
    fidelity: o.Fidelity = None,
    max_iterations: o.MaxIterations = None,
    max_seconds: o.MaxSeconds = None,
    budget: o.Budget = None,
    objective: o.Objective = None,
    optimizer: o.Optimizer = None,
    blocks: o.Blocks = None,
    start: o.Start = None,
    seed: o.Seed = None,
    observable: o.Observables = None,
    out: o.Out,
    circuit_format: o.Format = CircuitFormat.QASM2,
    force: o.Force = False,
    checkpoint_seconds: o.CheckpointSeconds = 1.0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Compile exp(-iHt)|initial> into a short circuit of fixed depth and certify it.

    Give the problem as options or as a problem.toml, and the depth as --layers or --steps. Without
    a depth, --fidelity finds the fewest layers that reach it, and --budget the best within a time.
    """
    from qtools.compile.inputs.problem_file import (
        CompileRequest,
        HamiltonianRequest,
        merged,
        read_problem_file,
    )
    from qtools.compile.output.run_directory import RunDirectory
    from qtools.compile.run import RunOptions
    from qtools.compile.series import parse_times
    from qtools.compile.target.observables import read_observables
    from qtools.compile.then_trotter import ThenTrotter

    optimize = {
        "fidelity": fidelity,
        "max_iterations": max_iterations,
        "max_seconds": o.seconds(max_seconds, budget),
        "tolerance": tolerance,
        "max_bond": max_bond,
        "max_memory": o.size(max_memory),
        "device": device,
        "precision": precision,
        "basis": None if basis is None else tuple(basis.split(",")),
        "seed": seed,
        "objective": objective,
        "optimizer": optimizer,
        "blocks": blocks,
        "start": start,
    }
    given = CompileRequest(
        hamiltonian=HamiltonianRequest(
            model=model,
            sites=sites,
            lattice=lattice,
            size=o.rows_and_columns(size),
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
        coupling_map=coupling_map,
        optimize={key: value for key, value in optimize.items() if value is not None},
    )
    request = given if problem is None else merged(read_problem_file(problem), given)
    series = None if times is None else parse_times(times)
    if series is not None:
        if time is not None:
            raise UsageError("--time and --times do not fit together; give one of them")
        request = replace(request, time=series[-1])
    if (then_trotter is None) != (trotter_steps is None):
        raise UsageError("--then-trotter and --trotter-steps belong together; give both")
    then = None
    asked, placement = request.placed()
    if then_trotter is not None and trotter_steps is not None:
        then = ThenTrotter(until=then_trotter, steps=trotter_steps)
        then.refuse_before(asked.time)
    directory = RunDirectory(path=out, circuit_format=circuit_format)
    options = RunOptions(
        force=force,
        interval=checkpoint_seconds,
        search=request.searches_depth,
        then=then,
        observables=read_observables(observable),
        placement=placement,
    )
    settings = request.settings(asked.colours)
    if series is None:
        run_compilation(asked, settings, directory, options, as_json=as_json, quiet=quiet)
    else:
        run_time_series(asked, series, settings, directory, options, as_json=as_json, quiet=quiet)
