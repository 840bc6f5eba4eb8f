"""``qtools compile ...``: options in, one run directory out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qtools.command_help import examples
from qtools.command_options import grouped
from qtools.compile.commands import option_groups as g
from qtools.compile.commands import options as o
from qtools.compile.commands import states as state_commands
from qtools.compile.commands import sweep as sweep_commands
from qtools.compile.commands import unitary as unitary_commands
from qtools.compile.commands.running import run_compilation, run_time_series
from qtools.errors import UsageError

if TYPE_CHECKING:
    from qtools.compile.then_trotter import ThenTrotter

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
@grouped
def evolution(
    *,
    problem: Annotated[
        Path | None, typer.Argument(help="problem.toml; options override its keys.")
    ] = None,
    lattice_model: g.ModelOptions,
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
    time: o.Time = None,
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
    steps: o.Steps = None,
    basis: o.Basis = None,
    coupling_map: o.CouplingMap = None,
    tolerance: o.Tolerance = None,
    max_bond: o.MaxBond = None,
    running: g.RunningOptions,
) -> None:
    """Compile exp(-iHt)|initial> into a short circuit of fixed depth and certify it.

    Give the problem as options or as a problem.toml, and the depth as --layers or --steps. Without
    a depth, --fidelity finds the fewest layers that reach it, and --budget the best within a time.
    """
    from qtools.compile.inputs.problem_file import CompileRequest, merged, read_problem_file
    from qtools.compile.series import parse_times

    given = CompileRequest(
        hamiltonian=lattice_model.request(
            periodic=periodic or None, seed=running.seed, file=hamiltonian
        ),
        initial=initial,
        time=time,
        layers=layers,
        steps=steps,
        coupling_map=coupling_map,
        optimize=o.given(
            tolerance=tolerance,
            max_bond=max_bond,
            basis=o.native_gates(basis),
            **running.settings(),
        ),
    )
    request = given if problem is None else merged(read_problem_file(problem), given)
    series = None if times is None else parse_times(times)
    if series is not None:
        if time is not None:
            raise UsageError("--time and --times do not fit together; give one of them")
        request = replace(request, time=series[-1])
    asked, placement = request.placed()
    options = running.run(
        search=request.searches_depth,
        then=_tail(then_trotter, trotter_steps, asked.time),
        placement=placement,
    )
    settings, directory = request.settings(asked.colours), running.written.directory()
    if series is None:
        run_compilation(asked, settings, directory, options, running.shown)
    else:
        run_time_series(asked, series, settings, directory, options, running.shown)


def _tail(until: float | None, steps: int | None, time: float) -> "ThenTrotter | None":
    """The Trotter steps behind a circuit that ends at ``time``, if they are asked for."""
    from qtools.compile.then_trotter import ThenTrotter

    if until is None and steps is None:
        return None
    if until is None or steps is None:
        raise UsageError("--then-trotter and --trotter-steps belong together; give both")
    then = ThenTrotter(until=until, steps=steps)
    then.refuse_before(time)
    return then
