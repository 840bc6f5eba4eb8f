"""One point of a sweep: the work of a task."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qtools.compile import compiler, depth
from qtools.compile.output.circuit_files import circuit_text, parse_circuit
from qtools.compile.output.run_directory import provenance
from qtools.compile.result import CompilationResult
from qtools.compile.run import measured
from qtools.compile.sweep.grid import request_of
from qtools.compile.target.observables import read_observables

_FIGURES = ("fidelity", "fidelity_lower_bound", "two_qubit_depth", "two_qubit_gates", "evaluations")


@dataclass(frozen=True, kw_only=True)
class PointPayload:
    """What a worker is given.

    Attributes:
        arguments: of the point's task.
        directory: where files that it names are looked for.
    """

    arguments: dict[str, Any]
    directory: Path


def compile_point(payload: PointPayload) -> dict[str, Any]:
    """Compile and certify one point.

    Returns:
        JSON values that depend on the point alone: its figures, what was measured, and ``qasm``.

    Raises:
        QtoolsError: the point cannot be compiled.
    """
    arguments = payload.arguments
    request = request_of(arguments["point"], payload.directory)
    problem = request.problem()
    settings = request.settings(problem.colours)
    observables = read_observables(arguments["observables"])
    for observable in observables:
        observable.refuse_outside(problem.num_qubits)
    compile_ = depth.search_depth if request.searches_depth else compiler.compile_problem
    result = compile_(problem, settings)
    text = circuit_text(result.whole_circuit, provenance=provenance(result))
    # The circuit that is certified is the one that is written. Whether Aer answers depends on how
    # busy a machine is, and what a point gives must not.
    result = compiler.certified(result, parse_circuit(text), second_opinion=False)
    return {**_figures(measured(result, observables)), "qasm": text}


def _figures(result: CompilationResult) -> dict[str, Any]:
    baseline = result.baseline
    return {
        "problem_id": result.problem.content_id(),
        "num_qubits": result.problem.num_qubits,
        "layers": result.settings.layers,
        **{name: getattr(result, name) for name in _FIGURES},
        "outcome": result.outcome.name.lower(),
        "target_bond": result.target.max_bond,
        "target_angle": result.target.angle,
        "trotter_same_depth_fidelity": (
            None if baseline is None else baseline.trotter_same_depth_fidelity
        ),
        "physics": {
            "target": _physics(result.target_physics),
            "compiled": _physics(result.compiled_physics),
        },
    }


def _physics(physics: Any) -> Any:
    return None if physics is None else asdict(physics)


def circuit_digest(text: str) -> str:
    """SHA-256 of a circuit's text."""
    return hashlib.sha256(text.encode()).hexdigest()
