"""Does a circuit run? Strict loading by two parsers, transpilation, simulation.

Every step is tried on every circuit whose earlier steps passed; the report gives the fraction that
passed each. Loading is strict: plain ``qiskit.qasm2.loads`` with Qiskit's strict mode, Qiskit's
OpenQASM 3 importer on Qiskit's export, and pytket's OpenQASM 2 reader.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtools.errors import MissingDependencyError
from qtools.generate.verify.circuits import Circuit
from qtools.generate.verify.statistics import Rate
from qtools.runs.executors import Ending, attempt

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

STATEVECTOR_QUBITS = 12
_SHOTS = 128
_SEED = 11


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A step that a circuit did not pass."""

    circuit: str
    step: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ExecutionReport:
    """Fractions of the circuits that passed each step, and why others did not.

    Attributes:
        rates: step -> fraction of those it was tried on.
        failures: all of them.
    """

    rates: dict[str, Rate]
    failures: tuple[Failure, ...]


def verify_execution(
    circuits: Sequence[Circuit], *, simulate: int | None = None
) -> ExecutionReport:
    """Try all steps on all circuits.

    Args:
        circuits: to verify.
        simulate: transpile and simulate only so many of them (evenly spread); all when None.

    Raises:
        MissingDependencyError: pytket or Qiskit Aer is not installed.
    """
    passed: dict[str, list[int]] = {}
    failures: list[Failure] = []
    stride = 1 if simulate is None else max(1, -(-len(circuits) // max(1, simulate)))
    for number, circuit in enumerate(circuits):
        steps = [*_LOADING, *(_RUNNING if number % stride == 0 and simulate != 0 else ())]
        for step, function in steps:
            outcome = attempt(function, number, circuit)
            if outcome.reason == MissingDependencyError.__name__:
                raise MissingDependencyError(outcome.message)
            counts = passed.setdefault(step, [0, 0])
            counts[1] += 1
            if outcome.ending is Ending.DONE:
                counts[0] += 1
            else:
                failures.append(Failure(circuit=circuit.name, step=step, message=outcome.message))
    rates = {step: Rate(count=c, total=t) for step, (c, t) in passed.items()}
    return ExecutionReport(rates=rates, failures=tuple(failures))


def load_strictly(text: str) -> "QuantumCircuit":
    """Qiskit's OpenQASM 2 parser without any leniency."""
    from qiskit import qasm2

    return qasm2.loads(text, strict=True)


def load_in_tket(text: str) -> Any:
    """pytket's OpenQASM 2 reader: the second parser.

    Raises:
        MissingDependencyError: pytket is not installed.
    """
    try:
        from pytket.qasm import circuit_from_qasm_str
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("pytket", extra="verify") from error
    # Registers of more than 32 bits are only refused in conditions by other tools.
    return circuit_from_qasm_str(text, maxwidth=128)


def _load_qiskit(circuit: Circuit) -> None:
    load_strictly(circuit.qasm)


def _load_tket(circuit: Circuit) -> None:
    load_in_tket(circuit.qasm)


def _load_qasm3(circuit: Circuit) -> None:
    from qiskit import qasm3

    again = qasm3.loads(qasm3.dumps(load_strictly(circuit.qasm)))
    if again.num_qubits != circuit.normal.num_qubits:
        raise ValueError("another number of qubits after OpenQASM 3")


def _transpile(circuit: Circuit) -> None:
    from qiskit import transpile
    from qiskit.transpiler import CouplingMap

    side = 1
    while side * side < circuit.normal.num_qubits:
        side += 1
    transpile(
        load_strictly(circuit.qasm),
        coupling_map=CouplingMap.from_grid(side, side),
        basis_gates=["cz", "rz", "sx", "x"],
        optimization_level=1,
        seed_transpiler=_SEED,
    )


def _simulate(circuit: Circuit) -> None:
    """Shots: statevector up to 12 qubits, matrix product state above."""
    try:
        from qiskit_aer import AerSimulator
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("qiskit-aer", extra="aer") from error
    from qiskit import transpile

    loaded = load_strictly(circuit.qasm)
    if not loaded.num_clbits:
        loaded.measure_all()
    small = loaded.num_qubits <= STATEVECTOR_QUBITS
    method = "statevector" if small else "matrix_product_state"
    simulator = AerSimulator(
        method=method, matrix_product_state_max_bond_dimension=32, seed_simulator=_SEED
    )
    # The coupling map of the simulator says nothing; translation to its gates is all it needs.
    basis = transpile(loaded, basis_gates=["u", "cx"], optimization_level=0)
    result = simulator.run(basis, shots=_SHOTS).result()
    if not result.success:
        raise ValueError(result.status)


_LOADING: tuple[tuple[str, Callable[[Circuit], None]], ...] = (
    ("qiskit, OpenQASM 2 strict", _load_qiskit),
    ("pytket, OpenQASM 2", _load_tket),
)
_RUNNING: tuple[tuple[str, Callable[[Circuit], None]], ...] = (
    ("qiskit, OpenQASM 3", _load_qasm3),
    ("transpiled to a grid", _transpile),
    ("simulated", _simulate),
)
