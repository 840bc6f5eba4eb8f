"""Ways to cut a layer that lost the measurement of :mod:`benchmarks.truncation`, and the winner.

Each finds the right spaces of stacked two-site tensors ``weighted`` (m, a, k), of the ranks that a
reference has found, and is called like :func:`qtools.compile.overlap.layer_states.improved`.
:func:`fitted_layer` is the variational alternative to cutting pair by pair.
"""

from typing import Any

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.layer_states import improved

_OVERSAMPLING = 8


def by_svd(weighted: Any, spaces: Any, kept: Any, xp: Any) -> Any:
    """Singular value decomposition: the best spaces there are."""
    rank = spaces.shape[2]
    return np.linalg.svd(weighted, full_matrices=False)[2][:, :rank].swapaxes(1, 2) * kept


def by_eigenvectors(weighted: Any, spaces: Any, kept: Any, xp: Any) -> Any:
    """Eigenvectors of the Gram matrix: half the digits, which a cut does not need."""
    gram = np.matmul(weighted.conj().swapaxes(1, 2), weighted)
    vectors = np.linalg.eigh(gram)[1][:, :, ::-1]
    return vectors[:, :, : spaces.shape[2]].conj() * kept


def by_random_sketch(weighted: Any, spaces: Any, kept: Any, xp: Any) -> Any:
    """Randomised singular value decomposition with one power iteration."""
    m, _, columns = weighted.shape
    rank = spaces.shape[2]
    size = min(columns, rank + _OVERSAMPLING)
    rng = np.random.default_rng(0)
    sketch = rng.normal(size=(m, columns, size, 2)) @ [1.0, 1.0j]
    basis = _orthonormal(_squared(weighted, sketch))
    inside = np.matmul(weighted, basis)
    turned = np.linalg.svd(inside, full_matrices=False)[2][:, :rank].conj().swapaxes(1, 2)
    return np.matmul(basis, turned).conj() * kept


def by_qr(weighted: Any, spaces: Any, kept: Any, xp: Any) -> Any:
    """One QR step from the heaviest columns of the tensor itself (after arXiv 2212.09782)."""
    m, _, columns = weighted.shape
    rank = spaces.shape[2]
    heaviest = np.argsort(-np.sum(np.abs(weighted) ** 2, axis=1), axis=1)[:, :rank]
    guess = np.zeros((m, columns, rank), dtype=complex)
    np.put_along_axis(guess, heaviest[:, None, :], 1.0, axis=1)
    return _orthonormal(_squared(weighted, guess)).conj() * kept


def by_guide_twice(weighted: Any, spaces: Any, kept: Any, xp: Any) -> Any:
    """Two steps of subspace iteration from the reference's spaces."""
    once = improved(weighted, spaces, kept, xp)
    return improved(weighted, once.conj(), kept, xp)


def _squared(weighted: Any, columns: Any) -> Any:
    return np.matmul(weighted.conj().swapaxes(1, 2), np.matmul(weighted, columns))


def _orthonormal(columns: Any) -> Any:
    return np.linalg.qr(columns)[0]


def fitted_layer(
    ket: list[ComplexArray], pairs: dict[int, ComplexArray], guess: list[ComplexArray]
) -> list[ComplexArray]:
    """The MPS with the bonds of ``guess`` that is closest to gates on pairs of ``ket``.

    One variational sweep from right to left and one back, each site optimal given the others.

    Args:
        ket: tensors (left, 2, right) of the state before the layer.
        pairs: left site of each pair, ascending, and its gate (4, 4).
        guess: right-canonical tensors, such as those of the last evaluation.
    """
    cells = _cells(ket, pairs)
    fit, starts = list(guess), [0]
    for theta in cells:
        starts.append(starts[-1] + theta.ndim - 2)
    right = [np.ones((1, 1), dtype=complex)]  # (bond of theta, bond of fit)
    for theta, site in zip(reversed(cells), reversed(starts[:-1]), strict=True):
        right.append(_carried_left(theta, fit[site : site + theta.ndim - 2], right[-1]))
    right.reverse()
    left = np.ones((1, 1), dtype=complex)  # (bond of fit, bond of theta)
    for k, (theta, site) in enumerate(zip(cells, starts[:-1], strict=True)):
        inside = np.tensordot(np.tensordot(left, theta, (1, 0)), right[k + 1], (-1, 0))
        last = k == len(cells) - 1
        if theta.ndim == 3:
            fit[site] = inside if last else _isometry(inside)
        else:
            centre = np.tensordot(inside, fit[site + 1].conj(), ((2, 3), (1, 2)))
            fit[site] = _isometry(centre)
            rest = np.tensordot(fit[site].conj(), inside, ((0, 1), (0, 1)))
            fit[site + 1] = rest if last else _isometry(rest)
        left = _carried_right(theta, fit[site : site + theta.ndim - 2], left)
    return fit


def _cells(ket: list[ComplexArray], pairs: dict[int, ComplexArray]) -> list[ComplexArray]:
    cells, site = [], 0
    while site < len(ket):
        if site in pairs:
            theta = np.tensordot(ket[site], ket[site + 1], (2, 0))
            gate = pairs[site].reshape(2, 2, 2, 2)
            cells.append(np.tensordot(theta, gate, ((1, 2), (2, 3))).transpose(0, 2, 3, 1))
            site += 2
        else:
            cells.append(ket[site])
            site += 1
    return cells


def _carried_left(theta: ComplexArray, fit: list[ComplexArray], right: ComplexArray) -> Any:
    half = np.tensordot(theta, right, (-1, 0))
    for tensor in reversed(fit):
        half = np.tensordot(half, tensor.conj(), ((-2, -1), (1, 2)))
    return half


def _carried_right(theta: ComplexArray, fit: list[ComplexArray], left: ComplexArray) -> Any:
    half = np.tensordot(left, theta, (1, 0))
    for tensor in fit:
        half = np.tensordot(tensor.conj(), half, ((0, 1), (0, 1)))
    return half


def _isometry(tensor: ComplexArray) -> ComplexArray:
    left, d, right = tensor.shape
    q, r = np.linalg.qr(tensor.reshape(left * d, right))
    diagonal = np.diagonal(r)
    size = np.abs(diagonal)
    q = q * np.where(size > 0, diagonal / np.where(size > 0, size, 1.0), 1.0)
    return q.reshape(left, d, -1)
