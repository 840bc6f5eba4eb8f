"""Two-qubit gates and Pauli strings on whole statevectors."""

import numpy as np

from qtools.compile.geometry.lattices import Pair
from qtools.compile.mps import ComplexArray
from qtools.compile.problem.hamiltonians import PAULI, PauliTerm


def apply_gate(state: ComplexArray, pair: Pair, gate: ComplexArray) -> ComplexArray:
    """The (4, 4) ``gate`` on sites ``pair`` of a state (2 ** n, ...), site 0 most significant."""
    i, j = pair
    shape = (2**i, 2, 2 ** (j - i - 1), 2, -1)
    tensor = np.tensordot(
        gate.reshape(2, 2, 2, 2), state.reshape(shape), axes=((2, 3), (1, 3))
    ).transpose(2, 0, 3, 1, 4)
    return np.ascontiguousarray(tensor).reshape(state.shape)


def apply_string(state: ComplexArray, term: PauliTerm) -> ComplexArray:
    """The Pauli letters of ``term`` on a state (2 ** n, ...), site 0 most significant."""
    num_sites = len(state).bit_length() - 1
    for letter, site in zip(term.label, term.sites, strict=True):
        tensor = state.reshape(2**site, 2, 2 ** (num_sites - 1 - site), -1)
        state = np.einsum("ab,lbrk->lark", PAULI[letter], tensor).reshape(state.shape)
    return state
