"""``qtools compile unitary``: an evolution itself in, a short circuit for it out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qtools import console
from qtools.command_help import examples
from qtools.command_options import grouped
from qtools.compile.commands import option_groups as g
from qtools.compile.commands import options as o
from qtools.errors import BadInputError, GoalNotReachedError, OutputExistsError

if TYPE_CHECKING:
    from qtools.compile.output.run_directory import RunDirectory
    from qtools.compile.unitary import UnitaryResult

_CHECKED_STATES = 3


@examples(
    "qtools compile unitary --model tfim --sites 12 --time 0.5 --layers 5 --out u/",
)
@grouped
def unitary(
    *,
    lattice_model: g.ModelOptions,
    hamiltonian: Annotated[
        Path | None, o.option("--hamiltonian", "JSON file instead of a model.", o.PROBLEM)
    ] = None,
    time: o.Time = None,
    layers: o.Layers = None,
    steps: o.Steps = None,
    basis: o.Basis = None,
    tolerance: o.Tolerance = None,
    max_bond: o.MaxBond = None,
    engine: g.EngineOptions,
    fit: g.FitOptions,
    seed: o.Seed = None,
    written: g.WrittenOptions,
    shown: g.ShownOptions,
) -> None:
    """Compile exp(-iHt) into a short circuit that acts like it on every state.

    Fidelities are process fidelities, |Tr(U^dagger V)|^2 / 4^n. The circuit is checked on random
    product states by another engine.
    """
    from dataclasses import asdict

    from qtools.compile.inputs.problem_file import CompileRequest
    from qtools.compile.output.pages.unitary_page import write_unitary_page
    from qtools.compile.unitary import UnitaryProblem, compile_unitary
    from qtools.runs.lock import locked

    request = CompileRequest(
        hamiltonian=lattice_model.request(seed=seed, file=hamiltonian),
        time=time,
        layers=layers,
        steps=steps,
        optimize=o.given(
            tolerance=tolerance,
            max_bond=max_bond,
            basis=o.native_gates(basis),
            seed=seed,
            **engine.settings(),
            **fit.settings(),
        ),
    )
    evolution = request.problem()
    problem = UnitaryProblem(
        hamiltonian=evolution.hamiltonian,
        time=evolution.time,
        qubits=evolution.qubits,
        circuit_pairs=evolution.circuit_pairs,
    )
    settings = request.settings(evolution.colours)
    directory = written.directory()
    directory.refuse_unusable()
    if not written.force:
        _refuse_foreign(directory, problem.content_id())
    with locked(directory.path), console.progress(quiet=shown.quiet) as tick:
        result = compile_unitary(problem, settings, on_progress=tick)
        record = _written(result, directory)
        tick("checking the circuit on random states")
        record["state_fidelities"] = list(result.state_fidelities(_CHECKED_STATES))
        _write_record(record, directory)
        write_unitary_page(directory.path, record, [asdict(entry) for entry in result.history])
    _show(record, directory, shown)
    if record["outcome"] == "interrupted":
        raise KeyboardInterrupt
    if fit.fidelity is not None and result.process_fidelity < fit.fidelity:
        raise GoalNotReachedError(
            f"process fidelity {fit.fidelity} was asked for, {result.process_fidelity:.6f} "
            f"reached: {record['advice']}; the result is in {directory.path}"
        )


def _refuse_foreign(directory: "RunDirectory", problem_id: str) -> None:
    from qtools.compile.output.run_directory import HISTORY, RESULT, TARGET
    from qtools.runs.untrusted import read_json

    held = [n for n in (RESULT, TARGET, HISTORY) if (directory.path / n).exists()]
    held += [directory.circuit_path.name] if directory.circuit_path.exists() else []
    try:
        ours = read_json(directory.result_path, what="result")["problem_id"]
    except (BadInputError, KeyError, TypeError):
        ours = None
    if held and ours != problem_id:
        raise OutputExistsError(
            f"{directory.path} holds another problem's {held[0]}; choose another output directory "
            "or overwrite it with --force"
        )


def _written(result: "UnitaryResult", directory: "RunDirectory") -> dict[str, Any]:
    """Write circuit and record; returns the record, its check on states still missing."""
    from dataclasses import asdict

    from qtools import __version__
    from qtools.compile.output.circuit_files import write_circuit
    from qtools.compile.problem.description import described_hamiltonian
    from qtools.compile.synthesis.circuit_metrics import two_qubit_count, two_qubit_depth
    from qtools.runs.provenance import versions

    problem_id = result.problem.content_id()
    write_circuit(
        directory.circuit_path,
        result.circuit,
        circuit_format=directory.circuit_format,
        provenance={
            "version": __version__,
            "problem": problem_id,
            "evolution time": repr(float(result.problem.time)),
            "process fidelity": f"{result.process_fidelity:.9f}",
        },
    )
    record: dict[str, Any] = {
        "problem_id": problem_id,
        "problem": {"hamiltonian": described_hamiltonian(result.problem.hamiltonian)},
        "cost": result.cost,
        "process_fidelity": result.process_fidelity,
        "process_fidelity_lower_bound": result.process_fidelity_lower_bound,
        "average_gate_fidelity": result.average_gate_fidelity,
        "state_fidelities": None,
        "num_qubits": result.problem.num_qubits,
        "time": float(result.problem.time),
        "layers": result.settings.layers,
        "two_qubit_depth": two_qubit_depth(result.circuit),
        "two_qubit_gates": two_qubit_count(result.circuit),
        "global_phase": float(result.circuit.global_phase),
        "engine": result.engine,
        "seconds": result.seconds,
        "outcome": result.outcome.name.lower(),
        "advice": result.outcome.value,
        "target": {
            "max_bond": result.target.max_bond,
            "discarded_weight": result.target.discarded_weight,
            "trotter_error": result.target.trotter_error,
            "angle": result.target.angle,
        },
        "baseline": asdict(result.baseline),
        "settings": asdict(result.settings),
        "versions": versions("numpy", "scipy", "qiskit", "quimb"),
    }
    _write_record(record, directory)
    return record


def _write_record(record: dict[str, Any], directory: "RunDirectory") -> None:
    from qtools.runs.files import write_text

    write_text(directory.result_path, json.dumps(record, indent=2, allow_nan=False) + "\n")


def _show(record: dict[str, Any], directory: "RunDirectory", shown: g.ShownOptions) -> None:
    from qtools.report.page import REPORT

    if shown.as_json:
        typer.echo(directory.result_path.read_text(encoding="utf-8"), nl=False)
    if not shown.quiet:
        _print_summary(record)
        console.note(record["advice"])
        console.note(f"written to {directory.path}; look at {directory.path / REPORT}")
        console.next_command("qtools", "view", directory.path)


def _print_summary(record: dict[str, Any]) -> None:
    baseline = record["baseline"]
    rows = [
        (
            "compiled",
            o.shown(record["process_fidelity"]),
            o.shown(record["process_fidelity_lower_bound"]),
            o.shown(record["average_gate_fidelity"]),
            f"{record['two_qubit_depth']}",
        ),
        (
            f"Trotter, {baseline['steps']} steps",
            o.shown(baseline["process_fidelity"]),
            "",
            "",
            f"{baseline['two_qubit_depth']}",
        ),
    ]
    title = (
        f"{record['num_qubits']} qubits, time {record['time']:g}, in {record['seconds']:.2f} s; "
        f"on {_CHECKED_STATES} random states at least {o.shown(min(record['state_fidelities']))}"
    )
    console.table(
        title, ("", "process fidelity", "lower bound", "average gate fidelity", "2q depth"), rows
    )
