"""The benchmark problems as qtools takes them, from the same numbers that the peers get."""

from benchmarks.peer.problems import ChainProblem
from qtools.compile.hamiltonians import ChainHamiltonian
from qtools.compile.initial_state import InitialState
from qtools.compile.problem import EvolutionProblem


def evolution_problem(chain: ChainProblem) -> EvolutionProblem:
    """``chain`` for qtools: the Neel state under its Hamiltonian for its time."""
    return EvolutionProblem(
        hamiltonian=ChainHamiltonian.from_sparse_pauli_op(chain.hamiltonian()),
        initial=InitialState.named("neel", num_qubits=chain.num_sites),
        time=chain.time,
    )


def layers(chain: ChainProblem) -> int:
    """Brick layers of the ansatz: those of its second-order Trotter steps."""
    return 2 * chain.steps + 1
