"""A circuit to start from for any matrix product state: undo its entanglement, layer by layer.

The last brick layer of the circuit is the one that helps most: each of its blocks is the adjoint of
a gate that turns the reduced density matrix of its two sites diagonal, with the most populated
states where the second site is 0. What is left after all layers is close to a product state, the
nearer the less entangled the target was. (The idea of Ran, arXiv 1908.07958, in brick layers
instead of staircases.)
"""

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray, compress
from qtools.compile.target.chain import Chain, Truncation, apply_gates

_WEIGHT = 1e-10  # squared Schmidt values that a cut between two layers may drop


def disentangled_ansatz(target: MPS, layers: int, *, max_bond: int | None = None) -> Ansatz:
    """``layers`` brick layers that roughly prepare ``target``; its first layer acts on site 0.

    Args:
        target: normalised.
        layers: at least 1.
        max_bond: that the state may have on the way back; by default twice that of the target.
    """
    limit = max_bond or 2 * target.max_bond
    truncation = Truncation(max_weight=_WEIGHT, max_bond=limit)
    chain = Chain.from_mps(target)
    undone: list[tuple[list[int], ComplexArray]] = []
    for layer in reversed(range(layers)):
        sites = np.arange(layer % 2, target.num_sites - 1, 2)
        if len(sites) == 0:
            continue
        gates = _disentanglers(chain, sites.tolist())
        chain, _ = apply_gates(chain, sites, gates, truncation)
        undone.append((sites.tolist(), gates.conj().swapaxes(1, 2)))
    product = compress(chain.to_mps(), max_bond=1).mps
    vectors = np.array([tensor.reshape(2) for tensor in product.tensors])
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    undone.reverse()
    return Ansatz(
        initial=vectors,
        bonds=tuple(site for sites, _ in undone for site in sites),
        gates=np.concatenate([gates for _, gates in undone]),
    )


def _disentanglers(chain: Chain, sites: list[int]) -> ComplexArray:
    """(m, 4, 4) gates that diagonalise the reduced density matrices of ``(site, site + 1)``."""
    gates = []
    for site in sites:
        left = chain.schmidt[site][:, None, None] * chain.tensors[site]
        pair = np.tensordot(left, chain.tensors[site + 1], axes=(2, 0))
        flat = pair.transpose(1, 2, 0, 3).reshape(4, -1)
        populations, states = np.linalg.eigh(flat @ flat.conj().T)
        descending = states[:, ::-1]
        # Rows 00, 10, 01, 11: the two most populated states leave the second site in 0.
        gates.append(descending.conj().T[[0, 2, 1, 3]])
        del populations
    return np.array(gates)
