"""One compilation by qiskit-addon-aqc-tensor; runs inside the peer's environment.

The workflow is the one that the peer's tutorials recommend: an ansatz generated from a Trotter
circuit, `MaximizeStateFidelity`, quimb with JAX, SciPy's L-BFGS-B with its default tolerances.
Started by `benchmarks.peer.aqc_tensor`; prints nothing, writes one JSON file.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import numpy as np
import quimb.tensor as qtn
from numpy.typing import NDArray
from qiskit.circuit import QuantumCircuit
from qiskit_addon_aqc_tensor.ansatz_generation import AnsatzBlock, generate_ansatz_from_circuit
from qiskit_addon_aqc_tensor.objective import MaximizeStateFidelity
from qiskit_addon_aqc_tensor.simulation import tensornetwork_from_circuit
from qiskit_addon_aqc_tensor.simulation.quimb import QuimbSimulator
from scipy.optimize import OptimizeResult, minimize

from benchmarks.peer import states
from benchmarks.peer.problems import ChainProblem, suite, tutorial

FloatArray = NDArray[np.float64]
Objective = Callable[[FloatArray], tuple[float, FloatArray]]

DISTRIBUTIONS = ("qiskit-addon-aqc-tensor", "qiskit", "quimb", "jax", "cotengra", "scipy", "numpy")
# Far below every infidelity measured: the re-evaluation must not be what limits a figure.
EXACT_CUTOFF = 1e-14


class Recorder:
    """An objective that notes the wall time and the fidelity of each of its evaluations."""

    def __init__(self, objective: Objective, start: float):
        self._objective = objective
        self._start = start
        self.rows: list[dict[str, float]] = []

    def __call__(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """Value and gradient at ``parameters``."""
        before = time.perf_counter()
        value, gradient = self._objective(parameters)
        after = time.perf_counter()
        self.rows.append(
            {
                "seconds": after - self._start,
                "evaluation_seconds": after - before,
                "fidelity": 1.0 - float(value),
            }
        )
        return value, gradient


def main(arguments: Sequence[str] | None = None) -> None:
    """Compile the problem named on the command line and write what was measured."""
    options = _parser().parse_args(arguments)
    problem = _problem(options)
    settings = QuimbSimulator(
        partial(qtn.CircuitMPS, cutoff=options.target_cutoff), autodiff_backend="jax"
    )
    begin = time.perf_counter()
    target = _target(problem, settings, options)
    target_seconds = time.perf_counter() - begin
    with qtn.contract_strategy(options.contraction):
        result = _compile(problem, target, settings, options)
    result |= {
        "problem": problem.name,
        "target": {
            "source": "file" if options.target else f"{options.target_steps} Trotter steps",
            "seconds": target_seconds,
            "max_bond": target.max_bond(),
        },
        "settings": {
            "iterations": options.iterations,
            "x64": bool(jax.config.jax_enable_x64),
            "contraction": options.contraction,
            "qubits_initially_zero": options.qubits_initially_zero,
            "xla_flags": os.environ.get("XLA_FLAGS", ""),
        },
        "versions": {name: metadata.version(name) for name in DISTRIBUTIONS},
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _compile(
    problem: ChainProblem,
    target: qtn.MatrixProductState,
    settings: QuimbSimulator,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Problem in memory to circuit in memory, then the fidelity of that circuit, off the clock."""
    start = time.perf_counter()
    ansatz, initial = generate_ansatz_from_circuit(
        problem.trotter_circuit(problem.steps),
        qubits_initially_zero=options.qubits_initially_zero,
    )
    objective = MaximizeStateFidelity(target, ansatz, settings)
    setup_seconds = time.perf_counter() - start
    recorder = Recorder(objective.loss_function, start)
    outcome: OptimizeResult = minimize(
        recorder,
        np.asarray(initial),
        method="L-BFGS-B",
        jac=True,
        options={"maxiter": options.iterations},
    )
    circuit = ansatz.assign_parameters(outcome.x)
    seconds = time.perf_counter() - start
    first = recorder.rows[0]["evaluation_seconds"]
    usual = statistics.median(row["evaluation_seconds"] for row in recorder.rows[1:])
    return {
        "seconds": seconds,
        "setup_seconds": setup_seconds,
        "jit_seconds": first - usual,
        "evaluation_seconds": usual,
        "iterations": int(outcome.nit),
        "evaluations": len(recorder.rows),
        "message": str(outcome.message),
        "num_parameters": len(initial),
        "fidelity_claimed": 1.0 - float(outcome.fun),
        "fidelity": _exact_fidelity(circuit, target),
        "fidelity_at_start": _exact_fidelity(ansatz.assign_parameters(initial), target),
        "history": recorder.rows,
    }


def _target(
    problem: ChainProblem, settings: QuimbSimulator, options: argparse.Namespace
) -> qtn.MatrixProductState:
    if options.target is None:
        fine = problem.trotter_circuit(options.target_steps)
        return tensornetwork_from_circuit(fine, settings).psi
    tensors = states.load(options.target)
    if len(tensors) != problem.num_sites:
        raise SystemExit(f"{options.target} has {len(tensors)} sites, not {problem.num_sites}")
    arrays = [tensors[0][0], *tensors[1:-1], tensors[-1][:, :, 0]]
    return qtn.MatrixProductState(arrays, shape="lpr")


def _exact_fidelity(circuit: QuantumCircuit, target: qtn.MatrixProductState) -> float:
    """Fidelity in double precision: the circuit simulated by quimb without JAX."""
    settings = QuimbSimulator(partial(qtn.CircuitMPS, cutoff=EXACT_CUTOFF))
    state = tensornetwork_from_circuit(circuit.decompose(AnsatzBlock), settings).psi
    return states.fidelity(_tensors(target), _tensors(state))


def _tensors(state: qtn.MatrixProductState) -> states.Tensors:
    """The arrays of a quimb state, axes (left bond, physical, right bond)."""
    state = state.copy()
    state.permute_arrays("lpr")
    arrays = [np.asarray(array, dtype=complex) for array in state.arrays]
    return [arrays[0][None], *arrays[1:-1], arrays[-1][..., None]]


def _problem(options: argparse.Namespace) -> ChainProblem:
    if options.problem == "tutorial":
        return tutorial()
    return suite(sites=options.sites, time=options.time, steps=options.steps)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", choices=("suite", "tutorial"))
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--time", type=float, default=1.2)
    parser.add_argument("--steps", type=int, default=2, help="second-order Trotter steps")
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--target", type=Path, help="npz with the state to optimise against")
    parser.add_argument("--target-steps", type=int, default=32)
    parser.add_argument("--target-cutoff", type=float, default=1e-10, help="quimb's own default")
    parser.add_argument(
        "--contraction", default="greedy", help="contraction path preset; quimb's default"
    )
    parser.add_argument(
        "--qubits-initially-zero", action=argparse.BooleanOptionalAction, default=True
    )
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
