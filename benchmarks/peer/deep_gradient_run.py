"""One value and explicit gradient of qiskit-addon-aqc-tensor; runs inside the peer's environment.

The peer's own functions: it undoes the ansatz on the target and then goes through the gates, each
parameter an overlap of two states. Its native quimb states are cut at ``--max-bond``. With
``--share`` below one, only that part of the gates is undone, from the end of the circuit, and only
as many of its first gates are differentiated. What is reported for the whole is then the time of
the latter divided by the share, and nothing for the undoing. That is far less than the whole would
take: the state before the first gates is a product, before later ones it has bonds up to
``--max-bond``. A few gates go through all of it before the clock starts, so that nothing is counted
that is done once in a process. Started by `benchmarks.deep_gradient`; writes one JSON file.
"""

import argparse
import json
import time
from collections.abc import Sequence
from functools import partial
from importlib import metadata
from pathlib import Path

import numpy as np
import qiskit_quimb
import quimb.tensor as qtn
from qiskit.circuit import QuantumCircuit
from qiskit_addon_aqc_tensor.ansatz_generation import AnsatzBlock, generate_ansatz_from_circuit
from qiskit_addon_aqc_tensor.simulation import tensornetwork_from_circuit
from qiskit_addon_aqc_tensor.simulation.explicit_gradient import (
    preprocess_circuit_for_backtracking,
)
from qiskit_addon_aqc_tensor.simulation.quimb import QuimbSimulator

from benchmarks.peer import states
from benchmarks.peer.memory import peak_mib
from benchmarks.peer.problems import suite

CUTOFF = 1e-10
WARM = 60  # gates before the clock starts


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--time", type=float, default=4.8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--max-bond", type=int, default=64)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    problem = suite(sites=options.sites, time=options.time, steps=options.steps)
    ansatz, initial = generate_ansatz_from_circuit(
        problem.trotter_circuit(problem.steps), qubits_initially_zero=True
    )
    parameters = np.asarray(initial)
    settings = QuimbSimulator(
        partial(qtn.CircuitMPS, cutoff=CUTOFF, max_bond=options.max_bond),
        autodiff_backend="explicit",
    )
    tensors = states.load(options.target)
    arrays = [tensors[0][0], *tensors[1:-1], tensors[-1][:, :, 0]]
    target = qtn.MatrixProductState(arrays, shape="lpr")
    plain = ansatz.decompose(AnsatzBlock)
    actions = preprocess_circuit_for_backtracking(plain, settings)
    inverse = plain.assign_parameters(parameters).inverse()
    gates_back = qiskit_quimb.quimb_gates(inverse)
    gates_back = gates_back[: max(1, round(options.share * len(gates_back)))]

    def state(mps: qtn.MatrixProductState) -> qtn.CircuitMPS:
        return qtn.CircuitMPS(
            plain.num_qubits, psi0=mps.copy(), cutoff=CUTOFF, max_bond=options.max_bond
        )

    def nothing() -> qtn.CircuitMPS:
        return tensornetwork_from_circuit(QuantumCircuit(plain.num_qubits), settings)

    warm, product = state(target), nothing()
    warm.apply_gates(gates_back[:WARM])
    for action in actions[:WARM]:
        action(product, warm, parameters, np.zeros(len(parameters), dtype=complex))
    began, processor = time.perf_counter(), time.process_time()
    undone = state(target)
    undone.apply_gates(gates_back)
    undoing = time.perf_counter() - began, time.process_time() - processor
    counted = undoing if options.share == 1.0 else (0.0, 0.0)
    start = nothing()
    overlap = complex(start.psi.H @ undone.psi)
    gradient = np.zeros(len(parameters), dtype=complex)
    count = max(1, round(options.share * len(actions)))
    began, processor = time.perf_counter(), time.process_time()
    for action in actions[:count]:
        action(start, undone, parameters, gradient)
    gates = time.perf_counter() - began, time.process_time() - processor
    record = {
        "gate actions": len(actions),
        "gate actions measured": count,
        "parameters": len(parameters),
        "fidelity": abs(overlap) ** 2 if options.share == 1.0 else None,
        "gates undone": len(gates_back),
        "undoing seconds": undoing[0],
        "undoing processor seconds": undoing[1],
        "gates seconds": gates[0],
        "gates processor seconds": gates[1],
        "processor seconds for the whole": counted[1] + gates[1] * len(actions) / count,
        "seconds for the whole": counted[0] + gates[0] * len(actions) / count,
        "peak MiB": peak_mib(),
        "versions": {
            name: metadata.version(name) for name in ("qiskit-addon-aqc-tensor", "quimb", "numpy")
        },
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
