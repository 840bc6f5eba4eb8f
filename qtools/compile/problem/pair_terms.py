"""A Hamiltonian as two-site matrices in layers of disjoint pairs, ready to be split and evolved.

Terms on three and more sites come along as what they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtools.compile.geometry.edge_layers import edge_layers
from qtools.compile.geometry.lattices import Pair
from qtools.compile.mps import ComplexArray
from qtools.compile.problem.hamiltonians import PAULI, ChainHamiltonian, PauliTerm


@dataclass(frozen=True, kw_only=True, eq=False)
class PairTerms:
    """``H`` without its energy shift as a sum of matrices on pairs of sites.

    Attributes:
        pairs: ``(i, j)`` with ``i < j``, sorted.
        matrices: (num_pairs, 4, 4), Hermitian; row ``2 * bit_i + bit_j``.
        layers: indices of disjoint pairs; at least two layers, the second of which may be empty.
        strings: the terms on three and more sites, which no matrix holds.
    """

    pairs: tuple[Pair, ...]
    matrices: ComplexArray
    layers: tuple[tuple[int, ...], ...]
    strings: tuple[PauliTerm, ...] = ()

    @property
    def is_chain(self) -> bool:
        """Whether there is no more than neighbours, in the two layers of a brickwork."""
        neighbours = all(j == i + 1 for i, j in self.pairs)
        return neighbours and len(self.layers) == 2 and not self.strings


def pair_terms(hamiltonian: ChainHamiltonian, pairs: Sequence[Pair] | None = None) -> PairTerms:
    """The terms of ``hamiltonian`` on pairs of sites.

    A one-site term is shared equally by the pairs of its site.

    Args:
        hamiltonian: H.
        pairs: to put the terms on, without what other pairs carry; by default those that H couples,
            or all neighbours when it couples nothing else.
    """
    chosen = _coupled(hamiltonian) if pairs is None else sorted(set(pairs))
    place = {pair: index for index, pair in enumerate(chosen)}
    around: list[list[tuple[int, int]]] = [[] for _ in range(hamiltonian.num_qubits)]
    for index, (i, j) in enumerate(chosen):
        around[i].append((index, 0))
        around[j].append((index, 1))
    matrices = np.zeros((len(chosen), 4, 4), dtype=complex)
    for term in hamiltonian.terms:
        if len(term.sites) == 2:
            index = place.get((term.sites[0], term.sites[1]), -1)
            if index >= 0:
                product = np.kron(PAULI[term.label[0]], PAULI[term.label[1]])
                matrices[index] += term.coefficient * product
        if len(term.sites) > 1:
            continue
        sharing = around[term.sites[0]]
        for index, side in sharing:
            factors = ("I", term.label) if side else (term.label, "I")
            share = term.coefficient / len(sharing)
            matrices[index] += share * np.kron(PAULI[factors[0]], PAULI[factors[1]])
    return PairTerms(
        pairs=tuple(chosen),
        matrices=matrices,
        layers=_layers(chosen),
        strings=hamiltonian.strings,
    )


def _coupled(hamiltonian: ChainHamiltonian) -> list[Pair]:
    n = hamiltonian.num_qubits
    coupled = set(hamiltonian.couplings)
    if all(j == i + 1 for i, j in coupled):
        return [(i, i + 1) for i in range(n - 1)]
    touched = {site for pair in coupled for site in pair}
    # A field on a site without couplings needs some pair to act in.
    lonely = {t.sites[0] for t in hamiltonian.terms if len(t.sites) == 1} - touched
    return sorted(coupled | {(max(0, site - 1), max(1, site)) for site in lonely})


def _layers(pairs: list[Pair]) -> tuple[tuple[int, ...], ...]:
    if all(pair == (index, index + 1) for index, pair in enumerate(pairs)):
        return tuple(range(0, len(pairs), 2)), tuple(range(1, len(pairs), 2))
    return edge_layers(pairs)
