"""Compile ``exp(-i H t)`` itself into a short circuit, whatever state it will act on.

An operator is a state in disguise: its Choi state has on every site a qubit and a reference, which
start as a Bell pair. The overlap of two Choi states is ``Tr(U^dagger V) / 2^n``, and its absolute
square the process fidelity. So the same target, engines and optimiser do the work::

    UnitaryProblem -> Target (evolve) -> Ansatz (trotter_ansatz) -> Fit (fit) -> QuantumCircuit
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.evolve import Target, evolve
from qtools.compile.fit import StopRules, last_of
from qtools.compile.hamiltonians import ChainHamiltonian
from qtools.compile.initial_state import InitialState
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.choice import choose, precise_overlap
from qtools.compile.problem import EvolutionProblem
from qtools.compile.result import HistoryEntry, Outcome
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis import synthesize
from qtools.compile.threads import single_threaded_blas
from qtools.console import Ticker

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

BELL_PAIR: ComplexArray = np.array([1.0, 0.0, 0.0, 1.0], dtype=complex) / np.sqrt(2.0)


@dataclass(frozen=True, kw_only=True)
class BellPairs:
    """A Bell pair of qubit and reference on every site.

    Attributes:
        num_qubits: number of sites.
    """

    num_qubits: int

    @property
    def vectors(self) -> ComplexArray:
        """(num_qubits, 4), the qubit more significant."""
        return np.tile(BELL_PAIR, (self.num_qubits, 1))

    @property
    def preparation(self) -> tuple[tuple[int, ComplexArray], ...]:
        """Nothing acts before the evolution."""
        return ()
