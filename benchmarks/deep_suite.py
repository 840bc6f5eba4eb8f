"""The AQCtensor authors' suite over all horizons: deep circuits, truncated engine included.

``H = -1/4 sum (XX + YY + ZZ)``, open chain, Neel start, horizons t = 1.2, 2.4, ... with 2, 4, ...
second-order Trotter steps' worth of brick layers (arXiv 2301.08609). The reference of the authors
is a plain Trotter circuit of 1.5 times as many steps, and they stop at a fidelity above
``max(reference, 0.995)``.

    python -m benchmarks.deep_suite --sites 50 --horizons 1.2 2.4 3.6 4.8
"""

import argparse
from collections.abc import Sequence
from typing import Any

from benchmarks.measure import machine, write_results
from benchmarks.peer.problems import suite
from qtools.compile.compiler import compile_problem
from qtools.compile.mps import overlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.settings import CompileSettings
from qtools.compile.target.evolve import trotter_state
from qtools.compile.target.integrators import STRANG
from qtools.compile.threads import single_threaded_blas

_STEP_TIME = 0.6  # evolution time per Trotter step of the ansatz
_TARGET_SHARE = 1e-3  # of the infidelity asked for that the target may have


def measure(sites: int, time: float, goal: float) -> dict[str, Any]:
    """Compile one horizon until the goal or the authors' reference is passed."""
    steps = round(time / _STEP_TIME)
    chain = suite(sites=sites, time=time, steps=steps)
    problem = EvolutionProblem(
        hamiltonian=ChainHamiltonian.from_sparse_pauli_op(chain.hamiltonian()),
        initial=InitialState.named("neel", num_qubits=sites),
        time=time,
    )
    settings = CompileSettings(
        layers=2 * steps + 1, fidelity=goal, tolerance=_TARGET_SHARE * (1.0 - goal)
    )
    result = compile_problem(problem, settings)
    baseline = result.baseline
    assert baseline is not None
    with single_threaded_blas():
        state = trotter_state(problem, STRANG, 3 * steps // 2, max_angle=3e-3).mps
        reference = abs(overlap(result.target.mps, state)) ** 2 / state.norm() ** 2
    return {
        "problem": chain.name,
        "brick layers": settings.layers,
        "target bond": result.target.max_bond,
        "F": result.fidelity,
        "F at least": result.fidelity_lower_bound,
        "reference F": reference,
        "Trotter F, same layers": baseline.trotter_same_depth_fidelity,
        "two-qubit depth": result.two_qubit_depth,
        "Trotter depth at that F": baseline.trotter_same_fidelity_two_qubit_depth,
        "engine at the end": result.history[-1].engine,
        "evaluations": result.evaluations,
        "seconds": result.seconds,
        "outcome": result.outcome.name.lower(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the horizons asked for, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--horizons", type=float, nargs="+", default=[1.2, 2.4, 3.6, 4.8])
    parser.add_argument("--fidelity", type=float, default=0.995)
    options = parser.parse_args(arguments)
    measured_on = machine()
    rows: list[dict[str, Any]] = []
    for time in options.horizons:
        rows.append(measure(options.sites, time, options.fidelity))
        total = sum(row["seconds"] for row in rows)
        notes = f"Seconds: problem to circuit, imports apart; all rows together {total:.0f} s."
        write_results(f"deep_suite_{options.sites}", rows, measured_on=measured_on, notes=notes)
        print(rows[-1])


if __name__ == "__main__":
    main()
