"""One compilation into one run directory: skipped when it is done, gone on with when it is not."""

from dataclasses import dataclass, replace
from typing import Any

from qtools.compile import compiler, depth
from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.checkpoint import INTERVAL, Checkpoints
from qtools.compile.geometry.placement import Placement
from qtools.compile.on_device import with_hardware
from qtools.compile.output.pages.state_page import write_state_page
from qtools.compile.output.run_directory import RunDirectory, request_id
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.state_problem import Problem
from qtools.compile.result import CompilationResult
from qtools.compile.settings import CompileSettings
from qtools.compile.target.observables import Observable, circuit_state, measure
from qtools.compile.then_trotter import ThenTrotter, trotter_rest
from qtools.compile.threads import single_threaded_blas
from qtools.console import Ticker
from qtools.runs.lock import locked


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run is made, apart from what it computes.

    Attributes:
        force: start anew, whatever lies there.
        interval: seconds between two checkpoints.
        search: find the depth instead of taking ``settings.layers``.
        then: plain Trotter steps to append.
        observables: to measure, besides what is always measured.
        placement: where the circuit goes on a device.
    """

    force: bool = False
    interval: float = INTERVAL
    search: bool = False
    then: ThenTrotter | None = None
    observables: tuple[Observable, ...] = ()
    placement: Placement | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class WarmStart:
    """The circuit of another run to start from.

    Attributes:
        ansatz: its blocks.
        layers: its brick layers.
        name: tells one such circuit from another.
    """

    ansatz: Ansatz
    layers: int
    name: str


def run(
    problem: Problem,
    settings: CompileSettings,
    directory: RunDirectory,
    options: RunOptions,
    *,
    tell: Ticker,
    warm: WarmStart | None = None,
) -> dict[str, Any]:
    """Compile, write and certify; what ``result.json`` then holds.

    Args:
        problem: what to prepare.
        settings: how.
        directory: where to write.
        options: see :class:`RunOptions`.
        tell: is told what goes on.
        warm: a circuit to start from if it is closer than the usual start.

    Raises:
        OutputExistsError: when the directory holds something else.
        BadInputError: when a checkpoint is damaged, or another run works there.
    """
    for observable in options.observables:
        observable.refuse_outside(problem.num_qubits)
    directory.refuse_unusable()
    course = ("search" if options.search else "") + (f" after {warm.name}" if warm else "")
    place = None if options.placement is None else options.placement.name
    wishes = (options.then, *options.observables, place)
    wished = [f" {wish}" for wish in wishes if wish is not None]
    request = request_id(problem, settings, course + "".join(wished))
    checkpoints = directory.checkpoints(problem, settings, start=course, interval=options.interval)
    record = None if options.force else directory.finished_record(request)
    if record is not None:
        tell("finished already")
        write_state_page(directory)
        return record
    with locked(directory.path):
        if options.force:
            checkpoints.clear()
        else:
            directory.refuse_foreign(problem, checkpoints)
        result = _compiled(problem, settings, options, checkpoints, tell, warm)
        _write(result, directory, checkpoints, options, request, tell)
    return directory.record()


def _compiled(
    problem: Problem,
    settings: CompileSettings,
    options: RunOptions,
    checkpoints: Checkpoints,
    tell: Ticker,
    warm: WarmStart | None,
) -> CompilationResult:
    start = None if warm is None else warm.ansatz
    if options.search:
        result = depth.search_depth(
            problem,
            settings,
            on_progress=tell,
            checkpoints=checkpoints,
            first=1 if warm is None else warm.layers,
            start=start,
        )
    else:
        result = compiler.compile_problem(
            problem, settings, on_progress=tell, checkpoints=checkpoints, start=start
        )
    return _extended(result, options.then)


def _write(
    result: CompilationResult,
    directory: RunDirectory,
    checkpoints: Checkpoints,
    options: RunOptions,
    request: str,
    tell: Ticker,
) -> None:
    """Write the result, certify and measure it as it was written."""
    # Written before the certificate: an interrupt must not lose the circuit.
    checkpoints.claim()
    directory.write(result, request=request)
    tell("checking the written circuit")
    result = compiler.certified(result, directory.read_circuit())
    tell("measuring")
    result = measured(result, options.observables)
    if options.placement is not None:
        tell("transpiling for the device")
        result = with_hardware(result, options.placement)
        directory.write_on_device(result)
    directory.write_result(result, request=request)
    write_state_page(directory)
    checkpoints.close(result.outcome)


def measured(result: CompilationResult, observables: tuple[Observable, ...]) -> CompilationResult:
    """The result with what is measured of its target and of its circuit's state."""
    problem = result.problem
    hamiltonian = problem.hamiltonian if isinstance(problem, EvolutionProblem) else None
    qubits = problem.qubits
    with single_threaded_blas():
        return replace(
            result,
            target_physics=measure(result.target.mps, observables, hamiltonian, qubits=qubits),
            compiled_physics=measure(
                circuit_state(result.blocks), observables, hamiltonian, qubits=qubits
            ),
        )


def _extended(result: CompilationResult, then: ThenTrotter | None) -> CompilationResult:
    if then is None:
        return result
    rest = trotter_rest(result.problem, then, basis=result.settings.basis)
    return replace(result, rest=rest)
