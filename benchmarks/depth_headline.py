"""Two-qubit depth at equal fidelity: brick layers against staircases, both made by qtools.

The AQCtensor authors' chain of 100 qubits at t = 2.4 (arXiv 2301.08609). The baseline is the
generic circuit for matrix product states: staircases of two-qubit blocks, each found by Ran's
disentangling (arXiv 1908.07958), all optimised together each time one is added (arXiv 2209.00595),
with the same engine and optimiser as the brick layers. Both get the same number of iterations per
depth, and neither stops at a goal, so that the two curves can be compared at every fidelity.

    python -m benchmarks.depth_headline --staircases 5
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.measure import machine, write_results
from benchmarks.peer.problems import suite
from benchmarks.problems import evolution_problem
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.fitting.objectives.choice import ObjectiveName
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.mps import MPS
from qtools.compile.overlap.choice import precise_overlap
from qtools.compile.starts.staircase import staircase_ansatz
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.synthesis.circuit_metrics import two_qubit_count, two_qubit_depth
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas

MEMORY = 8 * 2**30
TOLERANCE = 1e-5


def fidelity(ansatz: Ansatz, target: MPS) -> float:
    """Of the circuit with the whole target."""
    return abs(precise_overlap(ansatz, target, max_memory=MEMORY)) ** 2


def fitted(ansatz: Ansatz, target: MPS, iterations: int) -> Ansatz:
    """After at most so many iterations."""
    steps = fit(
        ansatz,
        target,
        StopRules(max_iterations=iterations),
        infidelity=1.0 - fidelity(ansatz, target),
        began=time.perf_counter(),
        max_memory=MEMORY,
        strategy=Strategy(objective=ObjectiveName.GLOBAL),
    )
    *_, last = steps
    return ansatz.with_gates(last.gates)


def row(kind: str, size: int, ansatz: Ansatz, target: MPS, began: float) -> dict[str, Any]:
    """One point of a curve."""
    circuit = synthesize(ansatz)
    return {
        "circuit": kind,
        "layers": size,
        "F": fidelity(ansatz, target),
        "two-qubit depth": two_qubit_depth(circuit),
        "two-qubit gates": two_qubit_count(circuit),
        "seconds": time.perf_counter() - began,
    }


def staircases(target: MPS, most: int, iterations: int) -> Iterator[dict[str, Any]]:
    """The curve of the baseline, each point going on from the one before."""
    rows: list[dict[str, Any]] = []
    began = time.perf_counter()

    def refine(ansatz: Ansatz) -> Ansatz:
        refined = fitted(ansatz, target, iterations)
        rows.append(row("staircases", len(rows) + 1, refined, target, began))
        print(rows[-1], flush=True)
        return refined

    staircase_ansatz(target, most, refine=refine)
    yield from rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Make both curves and compare their depths at the fidelities of the baseline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--time", type=float, default=2.4)
    parser.add_argument("--staircases", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=100)
    options = parser.parse_args(arguments)
    measured_on = machine()
    steps = round(options.time / 0.6)
    problem = evolution_problem(suite(sites=options.sites, time=options.time, steps=steps))
    rows: list[dict[str, Any]] = []
    with single_threaded_blas():
        target = evolve(problem, tolerance=TOLERANCE).mps
        for layers in range(3, 2 * steps + 2):
            began = time.perf_counter()
            ansatz = fitted(trotter_ansatz(problem, layers), target, options.iterations)
            rows.append(row("brick layers", layers, ansatz, target, began))
            print(rows[-1], flush=True)
        rows += staircases(target, options.staircases, options.iterations)
    _write(rows, measured_on, options)


def _write(rows: list[dict[str, Any]], measured_on: Any, options: argparse.Namespace) -> None:
    """Each staircase point beside the shallowest brick circuit that is at least as good."""
    bricks = [r for r in rows if r["circuit"] == "brick layers"]
    for entry in rows:
        entry["bricks as good: depth"] = entry["ratio"] = None
        good = [r["two-qubit depth"] for r in bricks if r["F"] >= entry["F"]]
        if entry["circuit"] == "staircases" and good:
            entry["bricks as good: depth"] = min(good)
            entry["ratio"] = entry["two-qubit depth"] / min(good)
    notes = (
        f"{options.sites} qubits, t = {options.time}, target of infidelity {TOLERANCE:g}; at most "
        f"{options.iterations} iterations of L-BFGS on all blocks at each point. Ratio: depth of "
        "the staircases over that of the shallowest brick layers of at least the same fidelity. "
        "Seconds: brick layers each from the Trotter start; staircases in total, since each starts "
        "from those before."
    )
    write_results("depth_headline", rows, measured_on=measured_on, notes=notes)


if __name__ == "__main__":
    main()
