"""Terms on three and more sites, as circuits of gates on two.

``exp(-i a P)`` of a Pauli string is a Pauli-exponential circuit: a ladder of Clifford gates carries
the parity of all sites but the last onto the last but one, an exponential of two letters acts on
the last two, and the ladder is undone. The list of pairs reads the same backwards.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.compile.problem.hamiltonians import PAULI, PauliTerm

_H: ComplexArray = np.array([[1, 1], [1, -1]], dtype=complex) / np.sqrt(2.0)
# B with B P B^dagger = Z, for each letter P.
_TO_Z: dict[str, ComplexArray] = {
    "X": _H,
    "Y": _H @ np.diag([1, -1j]),
    "Z": np.eye(2, dtype=complex),
}
_CX: ComplexArray = np.eye(4, dtype=complex)[[0, 1, 3, 2]]


@dataclass(frozen=True, kw_only=True)
class StringGates:
    """The gates of one term, which is on three or more sites."""

    term: PauliTerm

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Left and right site of each gate, in time order."""
        sites = self.term.sites
        climb = list(pairwise(sites))
        return (*climb, *reversed(climb[:-1]))

    def matrix(self, position: int, time: float) -> ComplexArray:
        """The (4, 4) gate at a position of :attr:`pairs` in ``exp(-i c P time)``."""
        middle = len(self.term.sites) - 2
        if position == middle:
            angle = self.term.coefficient * time
            string = np.kron(PAULI["Z"], PAULI[self.term.label[-1]])
            rotation: ComplexArray = np.cos(angle) * np.eye(4) - 1j * np.sin(angle) * string
            return rotation
        if position > middle:
            return self._rung(2 * middle - position).conj().T
        return self._rung(position)

    def _rung(self, position: int) -> ComplexArray:
        label = self.term.label
        first = _TO_Z[label[0]] if position == 0 else PAULI["I"]
        rung: ComplexArray = _CX @ np.kron(first, _TO_Z[label[position + 1]])
        return rung


def disjoint(terms: tuple[PauliTerm, ...]) -> list[PauliTerm]:
    """The terms in an order in which those that reach over different sites come together."""
    groups: list[list[PauliTerm]] = []
    for term in terms:
        fits = (group for group in groups if group[-1].sites[-1] < term.sites[0])
        group = next(fits, None)
        if group is None:
            groups.append([term])
        else:
            group.append(term)
    return [term for group in groups for term in group]
