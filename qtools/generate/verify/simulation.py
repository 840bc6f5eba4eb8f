"""Shots of circuits on Qiskit Aer."""

from qtools.errors import MissingDependencyError, QtoolsError
from qtools.generate.verify.circuits import Program
from qtools.generate.verify.loading import load_strictly

#: Circuits of up to so many qubits are simulated by statevector, wider ones as MPS.
STATEVECTOR_QUBITS = 12
_SHOTS = 128
_MAX_BOND = 32
_SEED = 11


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
