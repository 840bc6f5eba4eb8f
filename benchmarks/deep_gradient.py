"""One value with all derivatives of a deep circuit, against the peer's explicit gradient.

50 qubits, 17 brick layers, the Heisenberg chain at t = 4.8, target cut to bond 64; both programs
keep states of bond 64 at most, in double precision and on one thread. The peer gives 9 derivatives
per block and one for each angle of the first layer, qtools all 16 of every block. The error
of ours is measured at twice the bond.

    python -m benchmarks.deep_gradient [--share 0.05]
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Machine, machine, write_results
from benchmarks.peer import states
from benchmarks.peer.environment import peer_python
from benchmarks.peer.memory import peak_mib
from benchmarks.peer.problems import suite
from benchmarks.problems import evolution_problem
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.mps import MPS, ComplexArray, compress
from qtools.compile.overlap.arrays import Precision, on_cpu
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas

BOND = 64
TURN = 0.005  # radians by which every block differs from the engine's reference
EVALUATIONS = 3


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--time", type=float, default=4.8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--share", type=float, default=1.0, help="of the peer's gates to measure")
    options = parser.parse_args(arguments)
    measured_on = machine()
    chain = suite(sites=options.sites, time=options.time, steps=options.steps)
    problem = evolution_problem(chain)
    with single_threaded_blas():
        target = evolve(problem, tolerance=1e-3, max_bond=BOND).mps
        target = compress(target, max_bond=BOND).mps
        ansatz = trotter_ansatz(problem, 2 * options.steps + 1)
        rows = [_ours(ansatz, target, precision) for precision in Precision]
    for row in rows[1:]:
        del row["peak MiB"]  # that of the process, which the reference at twice the bond has set
    _write(rows, chain.name, measured_on)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as directory:
        states.save(Path(directory) / "target.npz", list(target.tensors))
        command = [
            peer_python(), "-m", "benchmarks.peer.deep_gradient_run",
            *("--sites", options.sites, "--time", options.time, "--steps", options.steps),
            *("--max-bond", BOND, "--share", options.share),
            *("--target", Path(directory) / "target.npz", "--out", Path(directory) / "peer.json"),
        ]  # fmt: skip
        subprocess.run(
            [str(part) for part in command],
            check=True,
            env=dict(os.environ) | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        peer: dict[str, Any] = json.loads((Path(directory) / "peer.json").read_text())
    whole = peer["processor seconds for the whole"]
    rows.append(
        {
            "program": "qiskit-addon-aqc-tensor, explicit",
            "bond": BOND,
            "processor seconds": whole,
            "peak MiB": peer["peak MiB"],
            "measured": f"{peer['gate actions measured']} of {peer['gate actions']} gates",
            "undoing one of them": peer["undoing processor seconds"] / peer["gates undone"],
            "load": load,
            "peer": peer,
        }
    )
    for row in rows[:-1]:
        row["peer's time / ours"] = whole / row["processor seconds"]
    _write(rows, chain.name, measured_on)
    print(rows)


def _write(rows: Sequence[Mapping[str, Any]], name: str, measured_on: Machine) -> None:
    """The table, with what there is so far."""
    write_results(
        "deep_gradient",
        rows,
        measured_on=measured_on,
        columns={
            key: key
            for key in (
                "program",
                "bond",
                "processor seconds",
                "reference seconds",
                "peak MiB",
                "error of the gradient",
                "estimated",
                "measured",
                "peer's time / ours",
                "load",
            )
        },
        notes=f"{name}, one thread. Reference: what an engine does once, when it is made. "
        "Error of the gradient: norm of all derivatives' difference from those at twice the bond. "
        "Where not all of the peer's gates were measured, its time is an extrapolation from below: "
        "that of the first gates, which act on nearly a product state, over their share, and "
        "nothing for undoing the circuit on the target.",
    )


def _ours(ansatz: Ansatz, target: MPS, precision: Precision) -> dict[str, Any]:
    gates = turned(ansatz.gates, TURN)
    arrays = on_cpu(precision)
    engine = TruncatedOverlap(ansatz, target, max_angle=0.02, max_bond=BOND, arrays=arrays)
    load, began = os.getloadavg()[0], time.process_time()
    engine.value_and_environments(gates)
    first = time.process_time() - began
    began = time.process_time()
    for _ in range(EVALUATIONS):
        _, found = engine.value_and_environments(gates)
    seconds = (time.process_time() - began) / EVALUATIONS
    peak = peak_mib()
    sharp = TruncatedOverlap(ansatz.with_gates(gates), target, max_angle=5e-3, max_bond=2 * BOND)
    _, expected = sharp.value_and_environments(gates)
    return {
        "program": f"qtools, {precision}",
        "bond": engine.max_bond,
        "processor seconds": seconds,
        "reference seconds": first - seconds,
        "peak MiB": peak,
        "error of the gradient": float(np.linalg.norm(found - expected)),
        "estimated": engine.accuracy.gradient,
        "measured": "all",
        "load": load,
    }


def turned(gates: ComplexArray, angle: float) -> ComplexArray:
    """Every block turned by ``angle`` radians in a random direction."""
    rng = np.random.default_rng(0)
    step = rng.normal(size=(*gates.shape, 2)) @ [1.0, 1.0j]
    step -= step.conj().swapaxes(1, 2)
    step *= angle / np.linalg.norm(step, axis=(1, 2))[:, None, None]
    found: ComplexArray = np.matmul(
        gates, np.linalg.solve(np.eye(4) - step / 2, np.eye(4) + step / 2)
    )
    return found


if __name__ == "__main__":
    main()
