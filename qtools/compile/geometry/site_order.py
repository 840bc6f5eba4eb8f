"""The order in which qubits stand on the chain: few couplings across any cut.

A matrix product state pays exponentially for what crosses a cut, so the order is judged by its
widest cuts: by the sum over cuts of ``4 ** (edges across the cut)``, and among equals by the summed
squares of the distances that couplings span. Candidates are the given order, the reverse
Cuthill-McKee order and the order of the Fiedler vector, each improved by moving qubits one at a
time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, reverse_cuthill_mckee

from qtools.compile.geometry.lattices import Pair

_DENSE_SITES = 1500  # beyond this the Fiedler vector is not worth its time
_MOVED_SITES = 400  # ... and moving single qubits neither
_REACH = 24  # how far a qubit is moved at once
_ROUNDS = 8


def site_order(num_qubits: int, edges: Sequence[Pair]) -> tuple[int, ...]:
    """The qubit on each site of the chain; qubit ``i`` on site ``i`` where no order is better."""
    given = np.arange(num_qubits)
    pairs = np.array(edges, dtype=np.intp).reshape(-1, 2)
    if len(pairs) == 0 or np.all(np.abs(pairs[:, 1] - pairs[:, 0]) == 1):
        return tuple(given.tolist())
    candidates = [given, _cuthill_mckee(num_qubits, pairs)]
    if num_qubits <= _DENSE_SITES:
        candidates.append(_fiedler(num_qubits, pairs))
    if num_qubits <= _MOVED_SITES:
        candidates = [*candidates, *(_improved(order, pairs) for order in candidates)]
    best = min(candidates, key=lambda order: _cost(order, pairs))
    return tuple(best.tolist())


def cut_widths(order: Sequence[int], edges: Sequence[Pair]) -> tuple[int, ...]:
    """How many edges cross the cut right of each site but the last."""
    pairs = np.array(edges, dtype=np.intp).reshape(-1, 2)
    return tuple(_widths(_ends(np.asarray(order), pairs), len(order)).tolist())


def _ends(order: NDArray[np.intp], pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """(num_edges, 2) positions of the ends of every edge, the left one first."""
    position = np.empty(len(order), dtype=np.intp)
    position[order] = np.arange(len(order))
    ends: NDArray[np.intp] = np.sort(position[pairs], axis=1)
    return ends


def _widths(ends: NDArray[np.intp], num_sites: int) -> NDArray[np.intp]:
    changes = np.bincount(ends[:, 0], minlength=num_sites)
    changes -= np.bincount(ends[:, 1], minlength=num_sites)
    widths: NDArray[np.intp] = np.cumsum(changes)[:-1]
    return widths


def _cost(order: NDArray[np.intp], pairs: NDArray[np.intp]) -> tuple[float, int]:
    ends = _ends(order, pairs)
    # Capped, so that sums over long chains stay finite.
    widths = np.minimum(_widths(ends, len(order)), 200)
    return float(np.sum(4.0**widths)), int(np.sum((ends[:, 1] - ends[:, 0]) ** 2))


def _cuthill_mckee(num_qubits: int, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    order: NDArray[np.intp] = reverse_cuthill_mckee(_matrix(num_qubits, pairs).tocsr(), True)
    return order.astype(np.intp)


def _fiedler(num_qubits: int, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Component by component, sorted by the eigenvector of the Laplacian's second eigenvalue."""
    adjacency = _matrix(num_qubits, pairs).toarray()
    count, labels = connected_components(adjacency, directed=False)
    parts = []
    for label in range(count):
        members = np.flatnonzero(labels == label)
        inside = adjacency[np.ix_(members, members)]
        if len(members) > 2:
            _, vectors = np.linalg.eigh(np.diag(inside.sum(axis=1)) - inside)
            # Rounded, so that ties are broken by number and not by the last digits.
            members = members[np.argsort(np.round(vectors[:, 1], 8), kind="stable")]
        parts.append(members)
    return np.concatenate(parts)


def _improved(order: NDArray[np.intp], pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Move one qubit at a time to the place that helps most, until none does."""
    best, cost = order, _cost(order, pairs)
    n = len(order)
    for _ in range(_ROUNDS):
        before = cost
        for qubit in order.tolist():
            here = int(np.flatnonzero(best == qubit)[0])
            rest = np.delete(best, here)
            for place in range(max(0, here - _REACH), min(n, here + _REACH + 1)):
                if place != here:
                    tried = np.insert(rest, place, qubit)
                    found = _cost(tried, pairs)
                    if found < cost:
                        best, cost = tried, found
        if cost == before:
            break
    return best


def _matrix(num_qubits: int, pairs: NDArray[np.intp]) -> coo_array:
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    return coo_array((np.ones(len(rows)), (rows, columns)), shape=(num_qubits, num_qubits))
