"""Shots of circuits on Qiskit Aer, in worker processes.

Aer's simulator of matrix product states ends its process with a memory fault on some circuits. A
worker takes that as one circuit that did not run, not as the end of the verification.
"""

from collections.abc import Sequence

from qtools.errors import MissingDependencyError, QtoolsError
from qtools.generate.verify.circuits import Program
from qtools.generate.verify.loading import load_strictly
from qtools.runs.calls import Ending, Limits, Outcome
from qtools.runs.executors import Processes, run_all

#: Circuits of up to so many qubits are simulated by statevector, wider ones as MPS.
STATEVECTOR_QUBITS = 12
_SHOTS = 128
_MAX_BOND = 32
_SEED = 11
_LIMITS = Limits(seconds=120.0, memory_bytes=8 << 30)


def simulate_all(programs: Sequence[Program], *, workers: int = 1) -> list[Outcome[None]]:
    """What became of each program, in their order.

    Raises:
        MissingDependencyError: Qiskit Aer is not installed.
    """
    executor = Processes(count=max(1, min(workers, len(programs))))
    outcomes = list(run_all(simulate, programs, executor=executor, limits=_LIMITS))
    for outcome in outcomes:
        if outcome.reason == "missing-dependency":
            raise MissingDependencyError(outcome.message)
    return sorted(outcomes, key=lambda outcome: outcome.index)


def ran(outcome: Outcome[None]) -> bool:
    """Whether the shots were taken."""
    return outcome.ending is Ending.DONE


def simulate(program: Program) -> None:
    """Shots: statevector up to 12 qubits, matrix product state above.

    Raises:
        QtoolsError: Aer gave up.
        MissingDependencyError: Aer is not installed.
    """
    try:
        from qiskit_aer import AerSimulator
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of("qiskit-aer", extra="aer") from error
    from qiskit import transpile

    measured = load_strictly(program)
    if not measured.num_clbits:
        measured.measure_all()
    small = measured.num_qubits <= STATEVECTOR_QUBITS
    simulator = AerSimulator(
        method="statevector" if small else "matrix_product_state",
        matrix_product_state_max_bond_dimension=_MAX_BOND,
        seed_simulator=_SEED,
        max_parallel_threads=1,
    )
    # The coupling map of the simulator says nothing; translation to its gates is all it needs.
    basis = transpile(measured, basis_gates=["u", "cx"], optimization_level=0)
    result = simulator.run(basis, shots=_SHOTS).result()
    if not result.success:
        raise QtoolsError(f"expected a simulation that ends, got {result.status}")
