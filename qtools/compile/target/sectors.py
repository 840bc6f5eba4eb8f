"""Right singular vectors of matrices that a conserved charge makes block-diagonal.

Rows and columns carry a charge each, and entries between different charges vanish. Vectors are
found sector by sector, which costs the sum of the cubes of the sector sizes instead of the cube of
their sum, and each has the charge of its sector exactly. Sectors of about the same size, of all
matrices of a stack, are solved together. Without a conserved charge, there is one sector. Products
of such matrices go sector by sector as well.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import ComplexArray
from qtools.runs.cores import cores

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

NO_CHARGE = -1
"""Charge of rows and columns that are left out."""

_GRAIN = 4  # numbers of columns are rounded up to multiples of this
_POOL = ThreadPoolExecutor(max(1, cores() - 1))
_PARALLEL_SIZE = 20_000  # entries below which a second thread costs more than it brings


@dataclass(frozen=True, kw_only=True, eq=False)
class Sectors:
    """Sectors of about the same size, and what was found in them.

    Attributes:
        owners: (b,) the matrix that each is a part of.
        columns: (b, size) its columns; padding, which stands in front, points behind the last one.
        vectors: (b, size, size) eigenvectors of the Gram matrix; vector ``k`` takes the place of
            column ``k``, so that no two share one.
    """

    owners: IntArray
    columns: IntArray
    vectors: ComplexArray


def sector_product(
    left: ComplexArray,
    right: ComplexArray,
    rows: IntArray,
    middles: IntArray,
    columns: IntArray,
) -> ComplexArray:
    """``left @ right`` of matrices whose entries between different charges vanish.

    Args:
        left: (m, d, k).
        right: (m, k, e).
        rows: (m, d), charges of the rows of ``left``, or ``NO_CHARGE``.
        middles: (m, k), of what is summed over.
        columns: (m, e), of the columns of ``right``.

    Returns:
        (m, d, e).
    """
    product = np.zeros((*left.shape[:2], right.shape[2]), dtype=complex)
    for k, here in enumerate(middles):
        for charge in set(here.tolist()) - {NO_CHARGE}:
            middle = np.flatnonzero(here == charge)
            row = np.flatnonzero(rows[k] == charge)[:, None]
            column = np.flatnonzero(columns[k] == charge)
            product[k][row, column] = left[k][row, middle] @ right[k][middle[:, None], column]
    return product


def singular_weights(
    matrices: ComplexArray, scale: FloatArray, rows: IntArray, columns: IntArray
) -> tuple[FloatArray, list[Sectors]]:
    """Squared singular values and right singular vectors of ``scale[:, :, None] * matrices``.

    Args:
        matrices: (m, d, e); entries between rows and columns of different charges are ignored.
        scale: (m, d), of the rows.
        rows: (m, d), charges of the rows, or ``NO_CHARGE``.
        columns: (m, e), charges of the columns, or ``NO_CHARGE``.

    Returns:
        Squared singular values (m, e), each in the place of a column of the same charge, zero where
        there is none, and the vectors for :func:`gathered`.
    """
    m, d, e = matrices.shape
    values = np.zeros((m, e + 1))
    found = []
    for owners, row_slots, column_slots in _sectors(rows, columns):
        weights = np.where(row_slots < d, scale[owners[:, None], row_slots % d], 0.0)
        padding = column_slots == e
        blocks = matrices[
            owners[:, None, None], row_slots[:, :, None] % d, column_slots[:, None, :] % e
        ]
        blocks *= weights[:, :, None] * ~padding[:, None, :]
        grams = np.matmul(blocks.conj().swapaxes(1, 2), blocks)
        # The padding's eigenvalues come first, far below all others.
        diagonal = np.arange(grams.shape[1])
        grams[:, diagonal, diagonal] -= padding * (1.0 + np.abs(grams).max())
        values[owners[:, None], column_slots], vectors = stacked_eigh(grams)
        found.append(Sectors(owners=owners, columns=column_slots, vectors=vectors))
    return np.maximum(values[:, :e], 0.0), found


def gathered(sectors: Sequence[Sectors], places: IntArray, rank: int) -> ComplexArray:
    """The vectors of :func:`singular_weights` as columns of matrices (m, e, rank).

    Args:
        sectors: with the vectors.
        places: (m, e), which column the vector in the place of each column becomes; ``rank`` drops
            it.
        rank: number of columns.
    """
    m, e = places.shape
    placed = np.full((m, e + 1), rank)
    placed[:, :e] = places
    vectors = np.zeros((m, e + 1, rank + 1), dtype=complex)
    for part in sectors:
        to = placed[part.owners[:, None], part.columns]
        vectors[part.owners[:, None, None], part.columns[:, :, None], to[:, None, :]] = part.vectors
    return vectors[:, :e, :rank]


def _sectors(rows: IntArray, columns: IntArray) -> list[tuple[IntArray, IntArray, IntArray]]:
    """(owners, rows, columns) of sectors with about the same number of columns, padded."""
    e = columns.shape[1]
    span = int(columns.max()) + 2
    row_order, row_keys = _sorted(rows, span)
    column_order, column_keys = _sorted(columns, span)
    keys, starts, counts = np.unique(column_keys, return_index=True, return_counts=True)
    row_starts = np.searchsorted(row_keys, keys)
    row_counts = np.searchsorted(row_keys, keys, side="right") - row_starts
    sizes = np.where((keys % (span + 1) > 0) & (row_counts > 0), -(-counts // _GRAIN) * _GRAIN, 0)
    found = []
    for size in np.unique(sizes[sizes > 0]):
        own = sizes == size
        found.append(
            (
                starts[own] // e,
                _slots(row_order, row_starts[own], row_counts[own], int(row_counts[own].max())),
                _slots(column_order, starts[own], counts[own], int(size)),
            )
        )
    return found


def _sorted(charges: IntArray, span: int) -> tuple[IntArray, IntArray]:
    """Order (m, d) that sorts each row by charge, and the flat sorted keys of matrix and charge."""
    order = np.argsort(charges, axis=1, kind="stable")
    keys = np.minimum(charges + 1, span) + (span + 1) * np.arange(len(charges))[:, None]
    return order, np.take_along_axis(keys, order, axis=1).reshape(-1)


def _slots(order: IntArray, starts: IntArray, counts: IntArray, size: int) -> IntArray:
    """(b, size) indices of sectors; padding in front points behind the last one."""
    offset = np.arange(size) - (size - counts)[:, None]
    places = starts[:, None] + np.maximum(offset, 0)
    slots: IntArray = np.where(offset < 0, order.shape[1], order.reshape(-1)[places])
    return slots


def stacked_eigh(matrices: ComplexArray) -> tuple[FloatArray, ComplexArray]:
    """Eigenvalues (m, d) and eigenvectors (m, d, d) of Hermitian matrices, spread over the cores.

    LAPACK's own threads do nothing for matrices this small, and NumPy drops the interpreter lock.
    """
    workers = min(len(matrices), cores())
    if workers < 2 or matrices.size < _PARALLEL_SIZE:
        values, vectors = np.linalg.eigh(matrices)
        return values, vectors
    first, *rest = np.array_split(matrices, workers)
    others = [_POOL.submit(np.linalg.eigh, part) for part in rest]
    parts = [np.linalg.eigh(first), *(other.result() for other in others)]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
