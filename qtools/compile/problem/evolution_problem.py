"""The problem that compile solves: evolve this state under this Hamiltonian for this time."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qtools.compile.geometry.lattices import Pair
from qtools.compile.geometry.site_order import site_order
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.pair_terms import pair_terms
from qtools.errors import BadInputError

# The content id must survive the last digits of another machine's linear algebra.
_ID_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class EvolutionProblem:
    """Prepare ``exp(-i H t)|initial>`` (hbar = 1).

    Hamiltonian and initial state are given on the sites of a chain. The qubits may stand on it in
    any order; :meth:`on_qubits` finds a good one.

    Attributes:
        hamiltonian: H.
        initial: the state at time zero, on as many sites.
        time: t, positive and finite; evolve backwards by negating H.
        qubits: the qubit on each site; None where site ``i`` is qubit ``i``.
        circuit_pairs: the pairs of sites on which the circuit has blocks; None for those that H
            couples.
    """

    hamiltonian: ChainHamiltonian
    initial: InitialState
    time: float
    qubits: tuple[int, ...] | None = None
    circuit_pairs: tuple[Pair, ...] | None = None

    @classmethod
    def on_qubits(
        cls,
        *,
        hamiltonian: ChainHamiltonian,
        initial: InitialState,
        time: float,
        circuit_edges: Sequence[Pair] | None = None,
    ) -> "EvolutionProblem":
        """The problem with its qubits in an order that keeps couplings short.

        Args:
            hamiltonian: H on qubits.
            initial: on qubits.
            time: t.
            circuit_edges: the pairs of qubits on which the circuit may have blocks.
        """
        edges = sorted({*hamiltonian.couplings, *(circuit_edges or ())})
        order = site_order(hamiltonian.num_qubits, edges)
        site = [0] * len(order)
        for position, qubit in enumerate(order):
            site[qubit] = position
        moved = order != tuple(range(len(order)))
        pairs = None
        if circuit_edges is not None:
            placed = [(site[i], site[j]) for i, j in circuit_edges]
            pairs = tuple(sorted({(min(pair), max(pair)) for pair in placed}))
        return cls(
            hamiltonian=hamiltonian.relabelled(site) if moved else hamiltonian,
            initial=initial.relabelled(site) if moved else initial,
            time=time,
            qubits=order if moved else None,
            circuit_pairs=pairs,
        )

    def __post_init__(self) -> None:
        if self.initial.num_qubits != self.hamiltonian.num_qubits:
            raise BadInputError(
                f"the initial state has {self.initial.num_qubits} qubits, but the Hamiltonian has "
                f"{self.hamiltonian.num_qubits}; they must be equal"
            )
        if self.qubits is not None and sorted(self.qubits) != list(range(self.num_qubits)):
            raise BadInputError("expected every qubit once in the order of the qubits")
        if isinstance(self.time, bool) or not isinstance(self.time, int | float | np.floating):
            raise BadInputError(f"expected a number for the evolution time, got {self.time!r}")
        if not (math.isfinite(self.time) and self.time > 0):
            raise BadInputError(
                f"expected an evolution time that is positive and finite, got {self.time}"
            )

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return self.hamiltonian.num_qubits

    @property
    def order(self) -> tuple[int, ...]:
        """The qubit on each site."""
        return tuple(range(self.num_qubits)) if self.qubits is None else self.qubits

    @property
    def colours(self) -> int:
        """Layers of disjoint pairs into which the pairs of the circuit fall, 2 on a chain."""
        return len(pair_terms(self.hamiltonian, self.circuit_pairs).layers)

    def _geometry(self) -> dict[str, Any]:
        """What distinguishes the geometry from an open chain, in the order of its sites."""
        found = {
            "qubits": self.qubits,
            "circuit_pairs": self.circuit_pairs,
            "rights": self.initial.rights,
        }
        return {key: value for key, value in found.items() if value is not None}

    def content_id(self) -> str:
        """A hash of the Hamiltonian, the initial state and the time (not of how to compile)."""
        hamiltonian = self.hamiltonian
        content = {
            "num_qubits": hamiltonian.num_qubits,
            "energy_shift": float(hamiltonian.energy_shift).hex(),
            "terms": [[t.label, t.sites, float(t.coefficient).hex()] for t in hamiltonian.terms],
            "time": float(self.time).hex(),
            "vectors": _digits(self.initial.vectors),
            "preparation": [[bond, _digits(matrix)] for bond, matrix in self.initial.preparation],
            **self._geometry(),
        }
        text = json.dumps(content, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digits(array: np.ndarray) -> list[float]:
    # Adding zero turns -0.0 into 0.0.
    rounded = np.round(np.asarray(array).ravel().view(float), _ID_DIGITS) + 0.0
    return [float(x) for x in rounded]
