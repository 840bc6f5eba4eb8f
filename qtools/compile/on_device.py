"""The compiled circuit on a device: transpiled where it lies, and checked again."""

import math
from dataclasses import replace
from typing import Any

from qiskit import QuantumCircuit, transpile
from qiskit.transpiler import CouplingMap

from qtools.compile.certify import certify
from qtools.compile.geometry.placement import Placement
from qtools.compile.hardware import OPTIMIZATION_LEVEL, Hardware
from qtools.compile.result import CompilationResult
from qtools.compile.threads import single_threaded_blas


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
