"""One value and gradient: milliseconds, and how far from the arithmetic limit.

The limit is the operation count of the contraction at the rate of square matrix products, measured
between the evaluations so that drift of a shared machine cancels: on one thread, as the compiler
runs BLAS, and on all cores, which is the least time that this machine could take.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import gemm_gflops, machine, write_results
from benchmarks.peer.problems import ChainProblem, suite
from benchmarks.problems import evolution_problem, layers
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.mps import MPS, compress
from qtools.compile.overlap.exact import THREADING_FLOPS, ExactOverlap
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas

ROUNDS = 25
GEMM_SIZE = 512
EVALUATIONS = 8  # per round
# A stage of the fit contracts a cut that is off by this fraction of the infidelity it is made at.
CUT_SHARPNESS = 0.01

COLUMNS = {
    "problem": "problem",
    "layers": "brick layers",
    "target": "target",
    "bond": "bond",
    "threads": "threads",
    "megaflop": "Mflop",
    "median_ms": "median ms",
    "minimum_ms": "minimum ms",
    "engine_ms": "of which contraction",
    "limit_ms": "limit ms, all cores",
    "ratio": "median / limit",
    "minimum_ratio": "minimum / limit at the best rate",
    "limit_one_ms": "limit ms, one thread",
    "ratio_one": "median / limit",
    "load": "load",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A problem, and an infidelity that its ansatz is worth fitting to."""

    chain: ChainProblem
    infidelity: float


CASES = (
    Case(chain=suite(sites=100, time=1.2, steps=2), infidelity=5e-4),
    Case(chain=suite(sites=100, time=2.4, steps=4), infidelity=3e-3),
)


def main() -> None:
    """Measure all cases and write the table."""
    measured_on = machine()
    rows = []
    for case in CASES:
        problem = evolution_problem(case.chain)
        with single_threaded_blas():
            target = evolve(problem).mps
            ansatz = trotter_ansatz(problem, layers(case.chain))
        weight = CUT_SHARPNESS * case.infidelity / (target.num_sites - 1)
        cut = compress(target, max_weight=weight).mps
        for name, mps in (("tolerance 1e-6", target), (f"cut for {case.infidelity:g}", cut)):
            row = {"problem": case.chain.name, "layers": layers(case.chain), "target": name}
            rows.append(row | _measure(ansatz, mps))
            print({key: rows[-1][key] for key in COLUMNS}, flush=True)
    write_results(
        "gradient_cost",
        rows,
        measured_on=measured_on,
        columns=COLUMNS,
        notes="Value and gradient of all blocks at once, complex128. Mflop: real operations of "
        "the contraction. Limits: at the median rate of 512 x 512 complex128 products measured "
        "between the evaluations. Contraction: overlap and environments without the gradient of "
        "the cost.",
    )


def _measure(ansatz: Ansatz, target: MPS) -> dict[str, Any]:
    """Evaluations and matrix products in turn."""
    engine = ExactOverlap(ansatz, target)
    cost = LogInfidelity(engine=engine, frozen=ansatz.frozen)
    cores = len(os.sched_getaffinity(0))
    whole: list[float] = []
    contraction: list[float] = []
    rates: dict[int, list[float]] = {1: [], cores: []}
    load = os.getloadavg()[0]
    for _ in range(ROUNDS):
        with single_threaded_blas():
            whole += _timed(lambda: cost(ansatz.gates))
            contraction += _timed(lambda: engine.value_and_environments(ansatz.gates))
        for threads, measured in rates.items():
            with threadpool_limits(limits=threads):
                measured.append(gemm_gflops(np.complex128, size=GEMM_SIZE))
    one, all_cores = (median(rates[threads]) for threads in (1, cores))
    flops = engine.plan.flops
    limit, limit_one = flops / all_cores / 1e6, flops / one / 1e6
    return {
        "bond": target.max_bond,
        "threads": 2 if flops > THREADING_FLOPS else 1,
        "megaflop": flops / 1e6,
        "median_ms": median(whole),
        "minimum_ms": min(whole),
        "engine_ms": median(contraction),
        "engine_minimum_ms": min(contraction),
        "gflops_one_thread": one,
        "gflops_all_cores": all_cores,
        "limit_ms": limit,
        "limit_one_ms": limit_one,
        "ratio": median(whole) / limit,
        "minimum_ratio": min(whole) * max(rates[cores]) * 1e6 / flops,
        "ratio_one": median(whole) / limit_one,
        "load": load,
    }


def _timed(call: Callable[[], object]) -> list[float]:
    """Milliseconds of each of `EVALUATIONS` calls, after one that brings the caches up."""
    call()
    times = []
    for _ in range(EVALUATIONS):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return times


if __name__ == "__main__":
    main()
