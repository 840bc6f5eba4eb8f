"""A second opinion on a circuit from Qiskit Aer, where it is installed.

Aer runs the circuit gate by gate, with none of our fusing and ordering in between.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.mps import MPS, overlap

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_CUT_WEIGHT = 1e-14


def aer_fidelity(circuit: "QuantumCircuit", target: MPS, *, bond_limit: int) -> float | None:
    """``|<target|circuit|0>|^2`` by Aer; None without Aer or for gates that it does not know.

    Args:
        circuit: on as many qubits as ``target`` has sites.
        target: in any gauge and norm.
        bond_limit: largest bond of the simulation.
    """
    if find_spec("qiskit_aer") is None:
        return None
    from qiskit_aer import AerSimulator

    saving = circuit.copy()
    saving.save_matrix_product_state()
    simulator = AerSimulator(
        method="matrix_product_state",
        matrix_product_state_truncation_threshold=_CUT_WEIGHT,
        matrix_product_state_max_bond_dimension=bond_limit,
        mps_lapack=True,
        max_parallel_threads=1,
    )
    result = simulator.run(saving, shots=1).result()
    if not result.success:
        return None
    state = _from_aer(*result.data(0)["matrix_product_state"])
    return float(abs(overlap(target, state)) ** 2 / (target.norm() * state.norm()) ** 2)


def _from_aer(gammas: list[tuple[np.ndarray, np.ndarray]], schmidt: list[np.ndarray]) -> MPS:
    """Vidal's form, as Aer saves it: per site one matrix for 0 and one for 1, and the bonds."""
    tensors = [np.stack([zero, one], axis=1).astype(complex) for zero, one in gammas]
    for site, values in enumerate(schmidt):
        tensors[site] = tensors[site] * np.asarray(values)
    return MPS(tensors=tuple(tensors))
