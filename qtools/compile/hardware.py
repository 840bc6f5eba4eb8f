"""The compiled circuit on a device: transpiled where it lies, counted, and checked again."""

import math
from dataclasses import dataclass, replace
from typing import Any

from qiskit import QuantumCircuit, transpile
from qiskit.transpiler import CouplingMap

from qtools.compile.certify import certify
from qtools.compile.geometry.placement import Placement
from qtools.compile.result import CompilationResult
from qtools.compile.synthesis.circuit_metrics import two_qubit_count, two_qubit_depth
from qtools.compile.threads import single_threaded_blas

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


def on_device(result: CompilationResult, placement: Placement, *, seed: int = 0) -> Hardware:
    """The circuit of ``result`` on the device of ``placement``.

    Args:
        result: of a compilation that ``placement`` was made for.
        placement: where its qubits go.
        seed: of the transpiler.
    """
    device, layout = placement.device, list(placement.qubits)
    options: dict[str, Any] = {"target": device.target}
    if device.target is None:
        both_ways = [edge for i, j in device.edges for edge in ([i, j], [j, i])]
        options = {
            "coupling_map": CouplingMap(both_ways),
            "basis_gates": list(result.settings.basis),
        }
    transpiled = transpile(
        result.circuit,
        initial_layout=layout,
        optimization_level=OPTIMIZATION_LEVEL,
        seed_transpiler=seed,
        **options,
    )
    final = tuple(int(qubit) for qubit in transpiled.layout.final_index_layout())
    order = result.problem.qubits or range(result.problem.num_qubits)
    # The transpiled circuit on the qubits of the layout alone, in its order.
    alone = _among(transpiled, layout)
    with single_threaded_blas():
        certificate = certify(
            alone,
            result.target.mps,
            target_angle=result.target.angle,
            qubits=[layout.index(final[qubit]) for qubit in order],
        )
    return Hardware(
        placement=placement,
        circuit=transpiled,
        final_qubits=final,
        fidelity=certificate.fidelity,
        success=_success(transpiled, placement),
    )


def with_hardware(result: CompilationResult, placement: Placement | None) -> CompilationResult:
    """The result with its circuit on the device, where there is one."""
    if placement is None:
        return result
    return replace(result, hardware=on_device(result, placement, seed=result.settings.seed))


def _among(circuit: QuantumCircuit, qubits: list[int]) -> QuantumCircuit:
    """What a circuit does on some of its qubits, nothing else being touched."""
    place = {qubit: position for position, qubit in enumerate(qubits)}
    alone = QuantumCircuit(len(qubits), global_phase=circuit.global_phase)
    for instruction in circuit.data:
        wires = [place[circuit.find_bit(qubit).index] for qubit in instruction.qubits]
        alone.append(instruction.operation, wires)
    return alone


def _success(circuit: QuantumCircuit, placement: Placement) -> float | None:
    if placement.device.errors is None:
        return None
    pairs = placement.device.pairs
    logarithm = 0.0
    for instruction in circuit.data:
        wires = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        if len(wires) == 2:
            logarithm += math.log1p(-pairs[min(wires), max(wires)])
    return math.exp(logarithm)
