"""Matrix product states as plain arrays: what all programs of a comparison can read.

A state is a list of arrays with axes (left bond, physical, right bond); a file is an npz with
``tensor_0`` to ``tensor_{n-1}``. Only NumPy is needed, so that every environment can import this.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Tensors = list[NDArray[np.complex128]]


def load(path: Path) -> Tensors:
    """The tensors in ``path``; further arrays in the file are ignored."""
    with np.load(path, allow_pickle=False) as arrays:
        count = sum(name.startswith("tensor_") for name in arrays.files)
        return [np.asarray(arrays[f"tensor_{i}"], dtype=complex) for i in range(count)]


def save(path: Path, tensors: Sequence[NDArray[np.complex128]]) -> None:
    """Write ``tensors`` to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"tensor_{i}": tensor for i, tensor in enumerate(tensors)}
    np.savez(path, allow_pickle=False, **arrays)


def overlap(
    bra: Sequence[NDArray[np.complex128]], ket: Sequence[NDArray[np.complex128]]
) -> complex:
    """``<bra|ket>``, contracted site by site."""
    if len(bra) != len(ket):
        raise ValueError(f"states of equal length expected, got {len(bra)} and {len(ket)} sites")
    boundary = np.ones((1, 1), dtype=complex)
    for upper, lower in zip(bra, ket, strict=True):
        half = np.tensordot(boundary, lower, axes=(1, 0))
        boundary = np.tensordot(upper.conj(), half, axes=((0, 1), (0, 1)))
    return complex(boundary[0, 0])


def fidelity(bra: Sequence[NDArray[np.complex128]], ket: Sequence[NDArray[np.complex128]]) -> float:
    """``|<bra|ket>|^2 / (<bra|bra> <ket|ket>)``."""
    norms = overlap(bra, bra).real * overlap(ket, ket).real
    return abs(overlap(bra, ket)) ** 2 / norms


def max_bond(tensors: Sequence[NDArray[np.complex128]]) -> int:
    """The largest bond dimension."""
    return max(int(tensor.shape[2]) for tensor in tensors)
