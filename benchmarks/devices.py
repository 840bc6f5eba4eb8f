"""The engines on every device at hand: seconds per value and gradient, and how far off.

NumPy and torch on the processor, in both precisions, and torch on a GPU where there is one. The
exact engine contracts a long chain at moderate depth, the truncated one a deep circuit.

    python -m benchmarks.devices
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import machine, write_results
from benchmarks.peer.problems import suite
from benchmarks.problems import evolution_problem
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.mps import MPS, compress
from qtools.compile.overlap.arrays import DOUBLE, Arrays, Precision, on_cpu, on_torch
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas
from qtools.errors import BadInputError

EVALUATIONS = 5

Build = Callable[..., Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all arrays on both engines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exact", nargs=2, default=("50", "2.4"), metavar=("SITES", "TIME"))
    parser.add_argument("--truncated", nargs=2, default=("50", "4.8"), metavar=("SITES", "TIME"))
    parser.add_argument("--bond", type=int, default=64, help="of the truncated engine's target")
    options = parser.parse_args(arguments)
    measured_on = machine()
    sites, horizon = options.exact
    cases: list[tuple[str, Build, Ansatz, MPS]] = [
        ("exact", ExactOverlap, *_case(int(sites), float(horizon), None))
    ]
    sites, horizon = options.truncated
    truncated = partial(TruncatedOverlap, max_angle=0.02, max_bond=options.bond)
    name = f"truncated, bond {options.bond}"
    cases.append((name, truncated, *_case(int(sites), float(horizon), options.bond)))
    rows = []
    for engine, build, ansatz, target in cases:
        sharp = build(ansatz, target, arrays=DOUBLE)
        _, expected = sharp.value_and_environments(ansatz.gates)
        for name, arrays in _arrays().items():
            row = _measured(build, ansatz, target, arrays, expected)
            rows.append({"engine": engine, "layers and qubits": _size(ansatz), "on": name} | row)
            print(rows[-1], flush=True)
    write_results("devices", rows, measured_on=measured_on)


def _case(sites: int, horizon: float, bond: int | None) -> tuple[Ansatz, MPS]:
    steps = round(horizon / 0.6)
    problem = evolution_problem(suite(sites=sites, time=horizon, steps=steps))
    with single_threaded_blas():
        target = evolve(problem, tolerance=1e-4 if bond is None else 1e-3, max_bond=bond).mps
        target = compress(target, max_bond=bond).mps
    return trotter_ansatz(problem, 2 * steps + 1), target


def _arrays() -> dict[str, Arrays]:
    found = {}
    for precision in Precision:
        found[f"NumPy, {precision}"] = on_cpu(precision)
        found[f"torch on the processor, {precision}"] = on_torch("cpu", precision)
        try:
            found[f"torch on a GPU, {precision}"] = on_torch("cuda", precision)
        except BadInputError as missing:
            print(missing)
    return found


def _measured(
    build: Build, ansatz: Ansatz, target: MPS, arrays: Arrays, expected: Any
) -> dict[str, Any]:
    with single_threaded_blas():
        engine = build(ansatz, target, arrays=arrays)
        load = os.getloadavg()[0]
        _, found = engine.value_and_environments(ansatz.gates)
        seconds, processor = [], []
        for _ in range(EVALUATIONS):
            began, busy = time.perf_counter(), time.process_time()
            engine.value_and_environments(ansatz.gates)
            seconds.append(time.perf_counter() - began)
            processor.append(time.process_time() - busy)
    return {
        "seconds": min(seconds),
        "processor seconds": min(processor),
        "difference to NumPy, double": float(np.abs(found - expected).max()),
        "load": load,
    }


def _size(ansatz: Ansatz) -> str:
    return f"{ansatz.num_blocks} blocks on {ansatz.num_qubits}"


if __name__ == "__main__":
    main()
