"""``qtools compile circuit`` and ``qtools compile mps``: a state in, a short circuit out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qtools import console
from qtools.command_help import examples
from qtools.command_options import grouped
from qtools.compile.commands import option_groups as g
from qtools.compile.commands import options as o
from qtools.compile.commands.running import run_compilation
from qtools.errors import UsageError

if TYPE_CHECKING:
    from qtools.compile.geometry.placement import Placement
    from qtools.compile.settings import CompileSettings


@examples(
    "qtools compile circuit long.qasm --fidelity 0.999 --out short/",
    "qtools compile circuit long.qasm --until 20 --layers 5 --out short/",
)
@grouped
def circuit(
    *,
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="OpenQASM 2, OpenQASM 3 or QPY file.")
    ],
    until: Annotated[
        str | None,
        o.option("--until", "Replace up to this depth, or up to the first such gate.", o.PROBLEM),
    ] = None,
    max_bond: Annotated[
        int | None, o.option("--max-bond", "Replace as much as this bond allows.", o.PROBLEM)
    ] = None,
    layers: o.Layers = None,
    basis: o.Basis = None,
    coupling_map: o.CouplingMap = None,
    tolerance: o.Tolerance = None,
    running: g.RunningOptions,
) -> None:
    """Replace a circuit that prepares a state, or its leading part, by a shorter one.

    What is not replaced is kept behind it. Measurements at the end are dropped.
    """
    from qtools.compile.inputs.circuit_input import circuit_problem, given_circuit
    from qtools.compile.output.circuit_files import read_circuit
    from qtools.errors import BadInputError

    settings = _settings(
        layers=layers,
        basis=o.native_gates(basis),
        tolerance=tolerance,
        **running.settings(),
    )
    try:
        given = given_circuit(read_circuit(source))
        problem = circuit_problem(
            given.circuit,
            name=source.name,
            until=int(until) if until is not None and until.lstrip("+-").isdigit() else until,
            max_bond=max_bond,
            tolerance=settings.tolerance,
            basis=settings.basis,
        )
    except BadInputError as error:
        text = str(error)
        raise type(error)(text if str(source) in text else f"{source}: {text}") from None
    placement = _line(coupling_map, problem.num_qubits)
    if given.dropped and not running.shown.quiet:
        console.note(f"{given.dropped} measurements at the end of {source} were dropped")
    run_compilation(
        problem,
        settings,
        running.written.directory(),
        running.run(search=layers is None, placement=placement),
        running.shown,
    )


@examples(
    "qtools compile mps state.npz --layers 6 --out prepared/",
    "qtools compile mps state.npz --fidelity 0.99 --budget 60 --out prepared/",
)
@grouped
def mps(
    *,
    source: Annotated[
        Path,
        typer.Argument(metavar="IN", help="State file of qtools, quimb or Aer (npz or HDF5)."),
    ],
    layers: o.Layers = None,
    basis: o.Basis = None,
    coupling_map: o.CouplingMap = None,
    tolerance: o.Tolerance = None,
    max_bond: Annotated[
        int | None, o.option("--max-bond", "Cut the state to this bond.", o.TARGET)
    ] = None,
    running: g.RunningOptions,
) -> None:
    """Prepare a matrix product state by a circuit of brick layers."""
    from qtools.compile.inputs.mps_input import read_state
    from qtools.compile.problem.state_problem import StateProblem

    settings = _settings(
        layers=layers,
        basis=o.native_gates(basis),
        tolerance=tolerance,
        max_bond=max_bond,
        **running.settings(),
    )
    problem = StateProblem(name=source.name, mps=read_state(source))
    placement = _line(coupling_map, problem.num_qubits)
    run_compilation(
        problem,
        settings,
        running.written.directory(),
        running.run(search=layers is None, placement=placement),
        running.shown,
    )


def _line(coupling_map: Path | None, num_qubits: int) -> "Placement | None":
    """Where the chain of a state goes on the device of a file, if there is one."""
    if coupling_map is None:
        return None
    from qtools.compile.geometry.device import read_coupling_map
    from qtools.compile.geometry.placement import line_on

    return line_on(read_coupling_map(coupling_map), num_qubits)


def _settings(**given: Any) -> "CompileSettings":
    """The settings out of options; those not given are left to their defaults."""
    from qtools.compile.settings import DEEPEST, CompileSettings

    if given["layers"] is None:
        if given["fidelity"] is None and given["max_seconds"] is None:
            raise UsageError("no depth given; give --layers, or --fidelity or --budget to find it")
        given["layers"] = DEEPEST
    return CompileSettings(**o.given(**given))
