"""The benchmark problems, written so that every program builds them from the same numbers."""

from dataclasses import dataclass

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp
from qiskit.synthesis import SuzukiTrotter


@dataclass(frozen=True, kw_only=True)
class ChainProblem:
    """Evolve the Neel state (X on every odd site) under a nearest-neighbour chain.

    ``H = sum_i Jx_i X_i X_{i+1} + Jy_i Y_i Y_{i+1} + Jz_i Z_i Z_{i+1}``, for ``time``; the ansatz
    has the shape of ``steps`` second-order Trotter steps, ``2 * steps + 1`` brick layers.

    Attributes:
        couplings: one ``(Jx, Jy, Jz)`` per bond, Pauli matrices (not spin matrices).
    """

    name: str
    couplings: tuple[tuple[float, float, float], ...]
    time: float
    steps: int

    @property
    def num_sites(self) -> int:
        """Number of qubits."""
        return len(self.couplings) + 1

    def hamiltonian(self) -> SparsePauliOp:
        """``H`` with the even bonds first, so that a Trotter step is a brickwork."""
        bonds = range(len(self.couplings))
        terms = [
            (pauli, [bond, bond + 1], coefficient)
            for bond in (*bonds[::2], *bonds[1::2])
            for pauli, coefficient in zip(("XX", "YY", "ZZ"), self.couplings[bond], strict=True)
        ]
        return SparsePauliOp.from_sparse_list(terms, num_qubits=self.num_sites)

    def trotter_circuit(self, steps: int) -> QuantumCircuit:
        """The Neel state followed by ``steps`` second-order Trotter steps."""
        circuit = QuantumCircuit(self.num_sites)
        circuit.x(range(1, self.num_sites, 2))
        evolution = PauliEvolutionGate(self.hamiltonian(), time=self.time)
        circuit.compose(SuzukiTrotter(order=2, reps=steps).synthesize(evolution), inplace=True)
        return circuit


def suite(*, sites: int, time: float, steps: int) -> ChainProblem:
    """The Heisenberg chain of the AQCtensor authors (arXiv 2301.08609, section V)."""
    return ChainProblem(
        name=f"suite-{sites}-t{time:g}-k{steps}",
        couplings=((-0.25, -0.25, -0.25),) * (sites - 1),
        time=time,
        steps=steps,
    )


def tutorial(*, sites: int = 50, time: float = 0.2, steps: int = 1) -> ChainProblem:
    """IBM's tutorial: an XXZ chain with random couplings, drawn for even bonds, then for odd."""
    # The published figure belongs to the legacy generator's numbers.
    strengths = np.random.RandomState(0).rand(sites - 1) + 0.5
    bonds = range(sites - 1)
    by_bond = dict(zip((*bonds[::2], *bonds[1::2]), strengths.tolist(), strict=True))
    return ChainProblem(
        name=f"tutorial-{sites}-t{time:g}-k{steps}",
        couplings=tuple((by_bond[b] / 2, by_bond[b] / 2, by_bond[b]) for b in bonds),
        time=time,
        steps=steps,
    )
