"""Abstraction levels of MQT Bench: one circuit as algorithm, optimised, native, and mapped."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qtools.circuits.normal import NormalCircuit, UnsupportedCircuitError, without_idle_qubits
from qtools.circuits.qiskit_io import Expansion, from_qiskit

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

LEVELS = ("alg", "indep", "nativegates", "mapped")
#: What ``gate_set`` says of circuits that were not translated to a native set.
UNIVERSAL = "universal"
GATE_SETS = (
    "ibm_falcon",
    "ibm_eagle",
    "ibm_heron",
    "ionq_aria",
    "ionq_forte",
    "iqm",
    "quantinuum",
    "rigetti",
    "clifford+t",
    "clifford+t+rotations",
)
#: Device -> its number of qubits.
DEVICES = {
    "ibm_eagle_127": 127,
    "ibm_falcon_127": 127,
    "ibm_falcon_27": 27,
    "ibm_heron_133": 133,
    "ibm_heron_156": 156,
    "ionq_aria_25": 25,
    "ionq_forte_36": 36,
    "iqm_crystal_20": 20,
    "iqm_crystal_5": 5,
    "iqm_crystal_54": 54,
    "quantinuum_h2_56": 56,
    "rigetti_ankaa_84": 84,
}
_SEED = 10


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How a circuit is lowered.

    Attributes:
        level: one of :data:`LEVELS`.
        target: gate set (nativegates) or device (mapped), else empty.
        opt_level: Qiskit's optimisation level; 0 where nothing is optimised.
    """

    level: str
    target: str = ""
    opt_level: int = 0

    @property
    def gate_set(self) -> str:
        """The native gate set, or :data:`UNIVERSAL`."""
        if self.level == "mapped":
            fitting = [name for name in GATE_SETS if self.target.startswith(name)]
            return fitting[0] if fitting else self.target.split("_")[0]
        return self.target or UNIVERSAL


def lower(circuit: "QuantumCircuit", variant: Variant, *, max_operations: int) -> NormalCircuit:
    """Lower a circuit and bring it into normal form.

    Mapped circuits are restricted to the qubits that they use.

    Raises:
        UnsupportedCircuitError: the circuit does not fit the device or the normal form.
    """
    if variant.level == "alg":
        return _as_written(circuit, max_operations)
    from mqt.bench import BenchmarkLevel, get_benchmark

    if variant.level == "indep":
        level, target = BenchmarkLevel.INDEP, None
    else:
        level = {"nativegates": BenchmarkLevel.NATIVEGATES, "mapped": BenchmarkLevel.MAPPED}[
            variant.level
        ]
        target = _target(variant, circuit)
    lowered = get_benchmark(
        circuit.copy(),
        level,
        None,
        target=target,
        opt_level=variant.opt_level,
        random_parameters=False,
    )
    normal = from_qiskit(lowered, meaning=native_gate, max_operations=max_operations)
    return without_idle_qubits(normal) if variant.level == "mapped" else normal


def _as_written(circuit: "QuantumCircuit", max_operations: int) -> NormalCircuit:
    try:
        return from_qiskit(circuit, max_operations=max_operations)
    except UnsupportedCircuitError as error:
        if error.reason != "opaque-gate":
            raise
    # Some library gates have no definition and are synthesised by the transpiler.
    from qiskit import transpile

    unrolled = transpile(circuit, optimization_level=0, seed_transpiler=_SEED)
    return from_qiskit(unrolled, max_operations=max_operations)


def _target(variant: Variant, circuit: "QuantumCircuit") -> "Target":
    if variant.level == "mapped":
        device = _device(variant.target)
        if circuit.num_qubits > device.num_qubits:
            raise UnsupportedCircuitError(
                "wider-than-device",
                f"expected at most {device.num_qubits} qubits for {variant.target}, "
                f"got {circuit.num_qubits}",
            )
        return device
    from mqt.bench.targets.gatesets import get_target_for_gateset

    if variant.target == "clifford+t" and not _is_clifford_t(circuit):
        raise UnsupportedCircuitError(
            "needs-rotation-synthesis",
            "expected angles that are multiples of pi/4 for the gate set clifford+t: synthesis of "
            "others takes about 20 s and a million gates per circuit; use clifford+t+rotations",
        )
    return get_target_for_gateset(variant.target, num_qubits=circuit.num_qubits)


@cache
def _device(name: str) -> "Target":
    from mqt.bench.targets.devices import get_device

    return get_device(name)


def _is_clifford_t(circuit: "QuantumCircuit") -> bool:
    normal = _as_written(circuit, max_operations=100_000)
    two_qubit_rotations = {"cp", "crx", "cry", "crz", "cu", "csx"}
    for gate in normal.gates():
        # A controlled rotation halves its angle when it is decomposed.
        unit = np.pi / 2 if gate.name in two_qubit_rotations else np.pi / 4
        if any(abs(angle / unit - round(angle / unit)) > 1e-9 for angle in gate.params):
            return False
    return True


def native_gate(gate: Any) -> Expansion | None:
    """MQT Bench's vendor gates as the standard gates that they equal up to a global phase."""
    # Gates of a parsed program have no module.
    if not (type(gate).__module__ or "").startswith("mqt.bench"):
        return None
    angles = [2 * np.pi * float(param) for param in gate.params]
    match gate.name:
        case "gpi":
            return (("r", (np.pi, angles[0]), (0,)),)
        case "gpi2":
            return (("r", (np.pi / 2, angles[0]), (0,)),)
        case "zz":
            return (("rzz", (angles[0],), (0, 1)),)
        case "ms" if angles[0] == 0 and angles[1] == 0:
            return (("rxx", (angles[2],), (0, 1)),)
        case "rxpi":
            return (("rx", (np.pi,), (0,)),)
        case "rxpi2":
            return (("rx", (np.pi / 2,), (0,)),)
        case "rxpi2dg":
            return (("rx", (-np.pi / 2,), (0,)),)
    return None
