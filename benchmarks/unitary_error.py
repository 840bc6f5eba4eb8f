"""Compiling ``exp(-i H t)`` itself: the error against plain Trotter no deeper in two-qubit gates.

A transverse-field Ising chain ``H = sum Z Z + X``; the error is ``1 - |Tr(U^dagger V)|^2 / 4^n``.
Trotter is the best second-order circuit whose two-qubit depth, in the same native gates, is at most
that of the compiled circuit.
"""

import argparse
import os
import time
from collections.abc import Sequence

from benchmarks.measure import machine, write_results
from qtools.compile.problem.models import tfim
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from qtools.compile.unitary import UnitaryProblem, compile_unitary


def main(arguments: Sequence[str] | None = None) -> None:
    """One row per depth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=40)
    parser.add_argument("--time", type=float, default=1.0)
    parser.add_argument("--layers", type=int, nargs="+", default=[7])
    options = parser.parse_args(arguments)
    measured_on = machine()
    problem = UnitaryProblem(
        hamiltonian=tfim(options.sites, coupling=1.0, field=1.0), time=options.time
    )
    rows = []
    for layers in options.layers:
        load, began = os.getloadavg()[0], time.process_time()
        result = compile_unitary(problem, CompileSettings(layers=layers, tolerance=1e-7))
        trotter = 1.0 - result.baseline.process_fidelity
        rows.append(
            {
                "problem": f"tfim-{options.sites}-t{options.time:g}",
                "brick layers": layers,
                "two-qubit depth": two_qubit_depth(result.circuit),
                "Trotter's": result.baseline.two_qubit_depth,
                "cost 1 - |Tr|^2/4^n": result.cost,
                "Trotter's cost": trotter,
                "ratio": trotter / result.cost,
                "average gate fidelity": result.average_gate_fidelity,
                "target's angle": result.target.angle,
                "seconds": result.seconds,
                "processor seconds": time.process_time() - began,
                "load before": load,
                "outcome": result.outcome.name.lower(),
            }
        )
        print(rows[-1], flush=True)
        write_results("unitary_error", rows, measured_on=measured_on)


if __name__ == "__main__":
    main()
