"""A second opinion on a circuit from Qiskit Aer, where it is installed.

Aer runs the circuit gate by gate, with none of our fusing and ordering in between. It runs in a
process of its own: its compiled simulator has been seen to crash (Aer 0.18 with ``mps_lapack``,
which is left alone here), and that must cost an opinion, not the result.
"""

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.mps import MPS, overlap
from qtools.compile.output.mps_formats import load_mps, save_mps

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_CUT_WEIGHT = 1e-14
_TIME_LIMIT = 60.0  # seconds; the opinion is worth no more
_CIRCUIT, _TARGET = "circuit.qpy", "target.npz"


def aer_fidelity(circuit: "QuantumCircuit", target: MPS, *, bond_limit: int) -> float | None:
    """``|<target|circuit|0>|^2`` by Aer; None without Aer, or when it fails.

    Args:
        circuit: on as many qubits as ``target`` has sites.
        target: in any gauge and norm.
        bond_limit: largest bond of the simulation.
    """
    if find_spec("qiskit_aer") is None:
        return None
    from qiskit import qpy

    with tempfile.TemporaryDirectory(prefix="qtools-aer-") as name:
        directory = Path(name)
        with (directory / _CIRCUIT).open("wb") as stream:
            qpy.dump(circuit, stream)
        save_mps(directory / _TARGET, target)
        command = [sys.executable, "-m", __name__, name, str(bond_limit)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIME_LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            return None
    try:
        return float(done.stdout)
    except ValueError:
        return None


def _main(name: str, bond_limit: str) -> None:
    """Simulate the circuit in the directory ``name`` and print its fidelity."""
    from qiskit import qpy
    from qiskit_aer import AerSimulator

    directory = Path(name)
    with (directory / _CIRCUIT).open("rb") as stream:
        circuit = qpy.load(stream)[0]
    target = load_mps(directory / _TARGET)
    circuit.save_matrix_product_state()
    simulator = AerSimulator(
        method="matrix_product_state",
        matrix_product_state_truncation_threshold=_CUT_WEIGHT,
        matrix_product_state_max_bond_dimension=int(bond_limit),
        max_parallel_threads=1,
    )
    result = simulator.run(circuit, shots=1).result()
    if result.success:
        state = _from_aer(*result.data(0)["matrix_product_state"])
        fidelity = abs(overlap(target, state)) ** 2 / (target.norm() * state.norm()) ** 2
        sys.stdout.write(repr(float(fidelity)))


def _from_aer(gammas: list[tuple[np.ndarray, np.ndarray]], schmidt: list[np.ndarray]) -> MPS:
    """Vidal's form, as Aer saves it: per site one matrix for 0 and one for 1, and the bonds."""
    tensors = [np.stack([zero, one], axis=1).astype(complex) for zero, one in gammas]
    for site, values in enumerate(schmidt):
        tensors[site] = tensors[site] * np.asarray(values)
    return MPS(tensors=tuple(tensors))


if __name__ == "__main__":
    _main(*sys.argv[1:])
