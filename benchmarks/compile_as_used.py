"""Circuits from files, series of times, and a depth for a fidelity, as a user asks for them.

    python -m benchmarks.compile_as_used [circuit] [series] [depth]

CPU time stands beside wall time, since the machine may be shared. The kill tests are
``pytest -m slow tests/compile/test_resume.py``.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qiskit import qasm2

from benchmarks.measure import CommandCost, machine, run, write_results
from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.compiler import compile_problem
from qtools.compile.depth import search_depth
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.settings import DEEPEST, CompileSettings
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from qtools.compile.threads import single_threaded_blas

Row = dict[str, Any]
COLUMNS = {
    "what": "what",
    "asked": "asked",
    "found": "found",
    "seconds": "wall s",
    "cpu_seconds": "CPU s",
    "load": "load before",
}


def problem(num_qubits: int, evolution_time: float) -> EvolutionProblem:
    """The Heisenberg chain of the AQCtensor paper from the Neel state."""
    return EvolutionProblem(
        hamiltonian=heisenberg(num_qubits, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=num_qubits),
        time=evolution_time,
    )


def qtools(*arguments: object) -> CommandCost:
    """Run a command of qtools."""
    return run([sys.executable, "-m", "qtools", *map(str, arguments)])


def row(what: str, asked: str, found: str, cost: CommandCost) -> Row:
    """One line of the table."""
    return {
        "what": what,
        "asked": asked,
        "found": found,
        "seconds": cost.seconds,
        "cpu_seconds": cost.cpu_seconds,
        "load": cost.load_before,
    }


def compressed_circuit(folder: Path) -> list[Row]:
    """A Trotter circuit of 20 qubits from an OpenQASM file, replaced by a quarter of its depth."""
    source = folder / "trotter.qasm"
    deep = synthesize(trotter_ansatz(problem(20, 2.0), 2 * 20 + 1), basis=("cx", "u3"))
    source.write_text(qasm2.dumps(deep), encoding="utf-8")
    out = folder / "circuit"
    cost = qtools("compile", "circuit", source, "--layers", 9, "--out", out)
    record = json.loads((out / "result.json").read_text(encoding="utf-8"))
    before, after = two_qubit_depth(deep), record["two_qubit_depth"]
    return [
        row(
            f"20-qubit Trotter circuit of two-qubit depth {before}, from OpenQASM 2",
            f"F >= 0.999 at a depth of {before // 4} or less",
            f"F = {record['fidelity']:.6f} (at least {record['fidelity_lower_bound']:.6f}) "
            f"at depth {after}",
            cost,
        )
    ]


def series(folder: Path) -> list[Row]:
    """Ten times on 50 qubits in one command."""
    out = folder / "series"
    chain = ("--model", "heisenberg", "--sites", 50, "--coupling", -0.25, "--initial", "neel")
    goal = ("--times", "0.2:2.0:0.2", "--fidelity", 0.99)
    cost = qtools("compile", "evolution", *chain, *goal, "--out", out)
    rows = json.loads((out / "series.json").read_text(encoding="utf-8"))
    least = min(found["fidelity"] for found in rows)
    depths = ", ".join(str(found["two_qubit_depth"]) for found in rows)
    return [
        row(
            "series of 10 times, 50 qubits, t = 0.2 ... 2.0, one command",
            "F >= 0.99 each, at most 300 s",
            f"{len(rows)} circuits, F >= {least:.4f}; depths {depths}",
            cost,
        )
    ]


def depth_for_fidelity(folder: Path) -> list[Row]:
    """The search for a depth against one compilation at that depth, in one process."""
    del folder
    chosen = problem(50, 1.2)
    goal = 0.999
    found, search = measured(
        lambda: search_depth(chosen, CompileSettings(layers=DEEPEST, fidelity=goal))
    )
    layers = found.settings.layers
    again, single = measured(
        lambda: compile_problem(chosen, CompileSettings(layers=layers, fidelity=goal))
    )
    below, _ = measured(
        lambda: compile_problem(chosen, CompileSettings(layers=layers - 1, fidelity=goal))
    )
    tried = ", ".join(f"{t.layers}: {t.fidelity:.5f}" for t in found.trials)
    return [
        row(
            "--fidelity 0.999, 50 qubits, t = 1.2",
            "the fewest layers",
            f"{layers} layers, F = {found.fidelity:.5f}; one layer less ends at "
            f"{below.fidelity:.5f} ({below.outcome.name.lower()}); tried {tried}",
            search,
        ),
        row(
            "one compilation at that depth",
            "the search takes at most 3 times as long",
            f"F = {again.fidelity:.5f}; the search took "
            f"{search.cpu_seconds / single.cpu_seconds:.2f} times its CPU time",
            single,
        ),
    ]


def measured(work: Callable[[], Any]) -> tuple[Any, CommandCost]:
    """A result with the wall and CPU time of this process; the faster of two."""
    best: tuple[Any, CommandCost] | None = None
    for _ in range(2):
        load = os.getloadavg()[0]
        began, cpu = time.perf_counter(), time.process_time()
        with single_threaded_blas():
            result = work()
        cost = CommandCost(
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - cpu,
            peak_mib=0.0,
            load_before=load,
            load_after=os.getloadavg()[0],
        )
        if best is None or cost.cpu_seconds < best[1].cpu_seconds:
            best = result, cost
    assert best is not None
    return best


PARTS = {"circuit": compressed_circuit, "series": series, "depth": depth_for_fidelity}


def main() -> None:
    """Run the parts that are named, all by default, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    named = parser.parse_args().parts or list(PARTS)
    measured_on = machine()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in named:
            found = PARTS[name](Path(folder))
            rows += found
            for entry in found:
                print({key: entry[key] for key in COLUMNS}, flush=True)
    write_results("compile_as_used", rows, measured_on=measured_on, columns=COLUMNS)


if __name__ == "__main__":
    main()
