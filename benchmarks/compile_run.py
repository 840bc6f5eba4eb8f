"""Compilations by qtools in a process of their own; started by :func:`measure_compilation`.

The first one is the first call after the imports, so everything that happens once is counted; the
repeats after it are warm. Prints nothing, writes one JSON file.
"""

import time

_STARTED = time.perf_counter()  # before anything else is imported

# ruff: noqa: E402
import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import qiskit.circuit
import quimb.tensor

from benchmarks.measure import run
from benchmarks.peer.problems import ChainProblem, suite, tutorial
from benchmarks.problems import evolution_problem, layers
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.certify import certify
from qtools.compile.compiler import compile_problem
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.mps import MPS
from qtools.compile.output.mps_formats import load_mps
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.threads import single_threaded_blas

_IMPORTED = time.perf_counter()
_LOADED_FIRST = (qiskit.circuit, quimb.tensor)  # what qtools imports on first use


def measure_compilation(*arguments: str | Path) -> dict[str, Any]:
    """Run this module in a fresh process; its JSON with the cost of the whole process."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "compilation.json"
        command = [sys.executable, "-m", "benchmarks.compile_run", *arguments, "--out", out]
        cost = asdict(run(command))
        result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    cost["process_seconds"] = cost.pop("seconds")
    return result | cost


def main(arguments: Sequence[str] | None = None) -> None:
    """Compile the problem named on the command line and write what was measured."""
    options = _parser().parse_args(arguments)
    chain = _chain(options)
    problem = evolution_problem(chain)
    settings = CompileSettings(layers=layers(chain), fidelity=options.fidelity)
    target = None if options.target is None else load_mps(options.target)
    record = {
        "problem": chain.name,
        "import_seconds": _IMPORTED - _STARTED,
        "runs": [_once(problem, settings, target, options) for _ in range(options.runs)],
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _once(
    problem: EvolutionProblem,
    settings: CompileSettings,
    target: MPS | None,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """One compilation: with its own target, or with the one in the file."""
    if target is None:
        return _whole_job(problem, settings, check=options.check)
    return _optimisation(problem, settings, target, check=options.check)


def _whole_job(
    problem: EvolutionProblem, settings: CompileSettings, *, check: bool
) -> dict[str, Any]:
    """Problem in memory to circuit in memory, the target's evolution included."""
    result = compile_problem(problem, settings)
    row = {
        "seconds": result.seconds,
        "fidelity_claimed": result.fidelity,
        "evaluations": result.evaluations,
        "iterations": result.history[-1].iteration,
        "outcome": result.outcome.name.lower(),
        "target_max_bond": result.target.max_bond,
        "two_qubit_depth": result.two_qubit_depth,
        "first_iteration_seconds": result.history[0].seconds,
    }
    if check:
        row["fidelity"] = certify(result.circuit, result.target.mps, target_angle=0.0).fidelity
    return row


def _optimisation(
    problem: EvolutionProblem, settings: CompileSettings, target: MPS, *, check: bool
) -> dict[str, Any]:
    """Target in memory to circuit in memory: what the peer is timed at."""
    with single_threaded_blas():
        began = time.perf_counter()
        ansatz = trotter_ansatz(problem, settings.layers)
        engine = ExactOverlap(ansatz, target)
        infidelity = 1.0 - abs(engine.value(ansatz.gates)) ** 2
        *_, last = fit(ansatz, target, _rules(settings), infidelity=infidelity, began=began)
        compiled: Ansatz = ansatz.with_gates(last.state.gates)
        circuit = synthesize(compiled, basis=settings.basis)
        seconds = time.perf_counter() - began
    assert last.outcome is not None
    row = {
        "seconds": seconds,
        "fidelity_claimed": abs(engine.value(compiled.gates)) ** 2,
        "evaluations": last.state.evaluations,
        "iterations": last.state.iteration,
        "outcome": last.outcome.name.lower(),
        "target_max_bond": target.max_bond,
    }
    if check:
        row["fidelity"] = certify(circuit, target, target_angle=0.0).fidelity
    return row


def _rules(settings: CompileSettings) -> StopRules:
    return StopRules(fidelity=settings.fidelity, max_iterations=settings.max_iterations)


def _chain(options: argparse.Namespace) -> ChainProblem:
    if options.problem == "tutorial":
        return tutorial()
    return suite(sites=options.sites, time=options.time, steps=options.steps)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", choices=("suite", "tutorial"))
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--time", type=float, default=1.2)
    parser.add_argument("--steps", type=int, default=2, help="second-order Trotter steps")
    parser.add_argument("--fidelity", type=float, help="stop there; else at convergence")
    parser.add_argument("--target", type=Path, help="npz with the state to optimise against")
    parser.add_argument("--runs", type=int, default=1, help="the first is cold, the others warm")
    parser.add_argument(
        "--check", action=argparse.BooleanOptionalAction, default=True, help="simulate by quimb"
    )
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
