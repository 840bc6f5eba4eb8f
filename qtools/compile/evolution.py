"""The one call for Python users: a Hamiltonian in, a certified short circuit out."""

from typing import TYPE_CHECKING, Any

from qtools.compile.ansatz import layers_of_trotter_steps
from qtools.compile.compiler import certified, compile_problem
from qtools.compile.geometry.device import device_of
from qtools.compile.geometry.placement import placed_on
from qtools.compile.on_device import with_hardware
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.preparation import initial_state_from_circuit
from qtools.compile.result import CompilationResult
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis.native_basis import DEFAULT_BASIS
from qtools.console import Ticker
from qtools.errors import UsageError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


def compile_evolution(
    hamiltonian: "SparsePauliOp | ChainHamiltonian",
    *,
    time: float,
    initial_state: "str | QuantumCircuit | InitialState" = "zero",
    layers: int | None = None,
    steps: int | None = None,
    fidelity: float | None = None,
    max_iterations: int = 1000,
    max_seconds: float | None = None,
    tolerance: float = 1e-6,
    max_bond: int | None = None,
    max_memory: int = 4 * 2**30,
    basis: tuple[str, ...] | None = None,
    backend: Any = None,
    seed: int = 0,
    objective: str = "auto",
    optimizer: str = "lbfgs",
    blocks: str = "auto",
    start: str = "auto",
    on_progress: Ticker | None = None,
) -> CompilationResult:
    """A circuit of fixed depth that prepares ``exp(-i H t)|initial>``, hbar = 1.

    Args:
        hamiltonian: Pauli terms on one qubit or on any two; the circuit has its blocks on the pairs
            of qubits that are coupled.
        time: t, positive.
        initial_state: ``zero``, ``neel``, ``domain-wall``, bits in site order, or a short circuit
            that prepares the state.
        layers: brick layers of the circuit; give this or ``steps``.
        steps: second-order Trotter steps as deep as the circuit: ``layers = 2 * steps + 1`` on a
            chain, ``2 (m - 1) steps + 1`` where the coupled pairs fall into ``m`` layers.
        fidelity: stop as soon as it is reached; by default go on until it no longer rises.
        max_iterations: of the optimiser.
        max_seconds: from problem to circuit.
        tolerance: infidelity that the target may have to the true state.
        max_bond: largest bond of the target; by default as large as ``tolerance`` needs.
        max_memory: bytes that the contraction may take.
        basis: native gates of the circuit; by default the backend's, or cx, rz, sx and x.
        backend: a Qiskit ``BackendV2``, ``Target`` or ``CouplingMap``; the circuit is laid out on
            its edges, and ``hardware`` of the result holds it transpiled.
        seed: of everything random.
        objective: ``auto``, ``global`` (the fidelity), ``local`` or ``surrogate``.
        optimizer: ``lbfgs``, ``sweeps``, ``adam`` or ``basin-hopping``.
        blocks: ``general``, ``two-cx``, ``matchgate`` or ``u1``.
        start: ``trotter``, ``time`` or ``depth`` (continuation), ``short-chain``, ``staircase`` or
            ``disentangle``.
        on_progress: is told what goes on.

    Returns:
        The circuit with its certificate. Whether ``fidelity`` was reached is in ``outcome``.

    Raises:
        BadInputError: for a problem or a setting that makes no sense; see the message.
        CapacityError: when the contraction would take more memory than allowed.
        UsageError: unless exactly one of ``layers`` and ``steps`` is given.
    """
    if (layers is None) == (steps is None):
        raise UsageError("expected exactly one of layers and steps; layers = 2 * steps + 1")
    chain = (
        hamiltonian
        if isinstance(hamiltonian, ChainHamiltonian)
        else ChainHamiltonian.from_sparse_pauli_op(hamiltonian)
    )
    placement = None
    if backend is not None:
        found = device_of(backend)
        placement = placed_on(found, chain.num_qubits, chain.couplings)
        basis = basis or found.basis
    problem = EvolutionProblem.on_qubits(
        hamiltonian=chain,
        initial=_initial(initial_state, chain.num_qubits),
        time=time,
        circuit_edges=None if placement is None else placement.circuit_edges,
    )
    settings = CompileSettings(
        layers=layers if layers is not None else layers_of_trotter_steps(problem, steps or 0),
        fidelity=fidelity,
        max_iterations=max_iterations,
        max_seconds=max_seconds,
        tolerance=tolerance,
        max_bond=max_bond,
        max_memory=max_memory,
        basis=basis or DEFAULT_BASIS,
        seed=seed,
        objective=objective,
        optimizer=optimizer,
        blocks=blocks,
        start=start,
    )
    result = certified(compile_problem(problem, settings, on_progress=on_progress))
    return with_hardware(result, placement)


def _initial(state: "str | QuantumCircuit | InitialState", num_qubits: int) -> InitialState:
    if isinstance(state, InitialState):
        return state
    if isinstance(state, str):
        return InitialState.named(state, num_qubits=num_qubits)
    return initial_state_from_circuit(state)
