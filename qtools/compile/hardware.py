"""A compiled circuit on a device, counted; made by :mod:`qtools.compile.on_device`."""

from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit

from qtools.compile.geometry.placement import Placement
from qtools.compile.synthesis.circuit_metrics import two_qubit_count, two_qubit_depth

OPTIMIZATION_LEVEL = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Hardware:
    """A circuit on a device's qubits.

    Attributes:
        placement: where the problem's qubits are.
        circuit: on all qubits of the device, after ``transpile`` at level 3.
        final_qubits: the device's qubit on which each of the problem's ends; where the transpiler
            took a swap out of the circuit, it is not the one on which it began.
        fidelity: of the transpiled circuit to the target, by the engine of the certificate.
        success: product of ``1 - error`` over its two-qubit gates; None without known errors.
    """

    placement: Placement
    circuit: QuantumCircuit
    final_qubits: tuple[int, ...]
    fidelity: float
    success: float | None

    @property
    def two_qubit_depth(self) -> int:
        """Longest path of the transpiled circuit, counting two-qubit gates."""
        return two_qubit_depth(self.circuit)

    @property
    def two_qubit_gates(self) -> int:
        """Number of two-qubit gates of the transpiled circuit."""
        return two_qubit_count(self.circuit)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "device": self.placement.device.name,
            "qubits": list(self.placement.qubits),
            "final_qubits": list(self.final_qubits),
            "blocks_on_device_edges": self.placement.circuit_edges is not None,
            "optimization_level": OPTIMIZATION_LEVEL,
            "two_qubit_depth": self.two_qubit_depth,
            "two_qubit_gates": self.two_qubit_gates,
            "depth": int(self.circuit.depth()),
            "counts": {name: int(count) for name, count in self.circuit.count_ops().items()},
            "fidelity": self.fidelity,
            "success": self.success,
        }
