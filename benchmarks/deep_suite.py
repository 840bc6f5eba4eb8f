"""The AQCtensor authors' suite over all horizons: deep circuits, truncated engine included.

``H = -1/4 sum (XX + YY + ZZ)``, open chain, Neel start, horizons t = 1.2, 2.4, ... with 2, 4, ...
second-order Trotter steps' worth of brick layers (arXiv 2301.08609). The reference of the authors
is a plain Trotter circuit of 1.5 times as many steps, and they stop at a fidelity above
``max(reference, 0.995)``. Without ``--fidelity`` the goal is a little above the reference. The
reference is made off the clock.

The contractions are in single precision as long as the fit is coarse, as with ``--precision
single``; every fidelity in the table is contracted in double precision.

A row that stands in the results file is kept, and a compilation that was killed goes on from its
checkpoint, so that the command can be given again until the table is full::

    python -m benchmarks.deep_suite --sites 50 --horizons 1.2 2.4 3.6 4.8 --fidelity 0.995
    python -m benchmarks.deep_suite --sites 100 --horizons 1.2 2.4 3.6 4.8 --fidelity 0.99
    python -m benchmarks.deep_suite --sites 50 --horizons 6.0 7.2
"""

import argparse
import json
import math
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import RESULTS, machine, write_results
from benchmarks.peer.problems import suite
from benchmarks.problems import evolution_problem
from qtools.compile.certify import certify as certified_by_quimb
from qtools.compile.fitting.checkpoint import Checkpoints, run_id
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.mps import MPS, overlap
from qtools.compile.overlap.choice import precise_overlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.choose import better_start, starting_ansatz, target_of
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from qtools.compile.target.evolve import trotter_state
from qtools.compile.target.integrators import STRANG
from qtools.compile.threads import single_threaded_blas

_STEP_TIME = 0.6  # evolution time per Trotter step of the ansatz
_ABOVE = 0.05  # of the reference's infidelity, by which the goal is above it
_TOLERANCE = 1e-4  # infidelity of the target where the goal is found with it
_MEMORY = 12 * 2**30
_CHECKPOINTS = Path(tempfile.gettempdir()) / "qtools-deep-suite"


def measure(
    sites: int, horizon: float, goal: float | None, *, share: float, certify: bool
) -> dict[str, Any]:
    """Compile one horizon until the goal or the authors' reference is passed."""
    steps = round(horizon / _STEP_TIME)
    chain = suite(sites=sites, time=horizon, steps=steps)
    problem = evolution_problem(chain)
    settings = CompileSettings(
        layers=2 * steps + 1,
        fidelity=goal,
        tolerance=_TOLERANCE if goal is None else share * (1.0 - goal),
        precision="single",
        max_memory=_MEMORY,
    )
    with single_threaded_blas():
        load, began = os.getloadavg()[0], time.process_time()
        checkpoints = _checkpoints(chain.name, problem, settings)
        sitting = Sitting(settings=settings, checkpoints=checkpoints)
        # What compile_problem does, without its comparison with plain Trotter at equal fidelity.
        target = target_of(problem, sitting)
        checkpoints.save_target(target)
        aside, aside_processor = time.perf_counter(), time.process_time()
        reference = reference_fidelity(problem, steps, target.mps)
        sitting.began += time.perf_counter() - aside
        began += time.process_time() - aside_processor
        if goal is None:
            settings = replace(settings, fidelity=1.0 - (1.0 - _ABOVE) * (1.0 - reference))
            sitting.settings = settings
        ansatz = starting_ansatz(problem, settings.layers, target, sitting)
        begin = better_start([ansatz], target, settings)
        ended = sitting.fitted(begin.ansatz, target, begin.infidelity)
        compiled = begin.ansatz.with_gates(ended.gates)
        overlap_found = precise_overlap(
            compiled,
            target.mps,
            max_memory=settings.max_memory,
            infidelity=ended.state.evaluation.infidelity,
        )
        circuit = synthesize(compiled, basis=settings.basis, phase=-float(np.angle(overlap_found)))
        seconds, processor = sitting.seconds, time.process_time() - began
    assert ended.outcome is not None
    fidelity = abs(overlap_found) ** 2
    row = {
        "problem": chain.name,
        "brick layers": settings.layers,
        "target bond": target.max_bond,
        "F": fidelity,
        "F at least": math.cos(math.acos(math.sqrt(fidelity)) + target.angle) ** 2,
        "reference F": reference,
        "Trotter F, same layers": 1.0 - begin.infidelity,
        "two-qubit depth": two_qubit_depth(circuit),
        "iterations": ended.history[-1].iteration,
        "seconds": seconds,
        "processor seconds": processor,
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "load before": load,
        "outcome": ended.outcome.name.lower(),
        "engine": ended.engine,
    }
    if certify:
        certificate = certified_by_quimb(circuit, target.mps, target_angle=target.angle)
        row["F, quimb at twice the bond"] = certificate.fidelity
    return row


def reference_fidelity(problem: EvolutionProblem, steps: int, target: MPS) -> float:
    """The fidelity of plain Trotter with 1.5 times as many steps."""
    state = trotter_state(problem, STRANG, 3 * steps // 2, max_angle=1e-2).mps
    return abs(overlap(target, state)) ** 2 / state.norm() ** 2


def _checkpoints(name: str, problem: EvolutionProblem, settings: CompileSettings) -> Checkpoints:
    identity = problem.content_id()
    return Checkpoints(
        folder=_CHECKPOINTS / name,
        problem_id=identity,
        run_id=run_id(identity, settings),
        interval=10.0,
    )


def _known(name: str) -> list[dict[str, Any]]:
    path = RESULTS / f"{name}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text())["rows"] if path.exists() else []
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the horizons asked for, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--horizons", type=float, nargs="+", default=[1.2, 2.4, 3.6, 4.8])
    parser.add_argument("--fidelity", type=float, help="goal; above the reference by default")
    parser.add_argument(
        "--target-share",
        type=float,
        default=1e-3,
        help=f"infidelity of the target over that allowed; with no --fidelity it is {_TOLERANCE}",
    )
    parser.add_argument("--certify", action="store_true", help="simulate with quimb as well")
    parser.add_argument("--again", action="store_true", help="measure what is known, too")
    options = parser.parse_args(arguments)
    measured_on = machine()
    name = f"deep_suite_{options.sites}"
    rows = _known(name)
    for horizon in options.horizons:
        problem = suite(sites=options.sites, time=horizon, steps=round(horizon / _STEP_TIME)).name
        if any(row["problem"] == problem for row in rows) and not options.again:
            continue
        row = measure(
            options.sites,
            horizon,
            options.fidelity,
            share=options.target_share,
            certify=options.certify,
        )
        print(row, flush=True)
        rows = sorted(
            (*(known for known in _known(name) if known["problem"] != problem), row),
            key=lambda known: known["brick layers"],
        )
        write_results(
            name,
            rows,
            measured_on=measured_on,
            columns={key: key for known in rows for key in known},
            notes="Seconds: problem to circuit, imports apart, on the clock of a shared machine; "
            "processor seconds are those of all threads. Reference: plain Trotter of 1.5 times the "
            "depth (arXiv 2301.08609).",
        )


if __name__ == "__main__":
    main()
