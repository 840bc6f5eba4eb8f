"""The benchmark problems as qtools takes them, from the same numbers that the peers get."""

from benchmarks.peer.problems import ChainProblem
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState


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
