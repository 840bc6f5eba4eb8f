"""Matrix product states in other forms: quimb's, and npz files (never pickled).

A file holds ``format`` (the number 1), ``num_sites`` and one complex128 array ``tensor_<i>`` per
site with axes (left bond, physical, right bond).
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import MPS, ComplexArray
from qtools.errors import BadInputError
from qtools.runs.array_file import MAX_BYTES, NPZ_ERRORS, plain_arrays
from qtools.runs.files import write_bytes
from qtools.runs.untrusted import read_bytes

if TYPE_CHECKING:
    from quimb.tensor import MatrixProductState

_FORMAT = 1


def to_quimb(mps: MPS) -> "MatrixProductState":
    """The same state as quimb's type; site ``i`` keeps its number."""
    from quimb.tensor import MatrixProductState

    first, *middle, last = (tensor.copy() for tensor in mps.tensors)
    return MatrixProductState([first[0], *middle, last[:, :, 0]], shape="lpr")


def from_quimb(state: "MatrixProductState") -> MPS:
    """The state of a quimb matrix product state with open ends.

    Raises:
        BadInputError: for a periodic one, or one whose tensors are no chain of qubits.
    """
    if state.cyclic:
        raise BadInputError("expected a matrix product state with open ends, got a periodic one")
    last = state.L - 1
    tensors = []
    for site in range(state.L):
        left = [state.bond(site - 1, site)] if site > 0 else []
        right = [state.bond(site, site + 1)] if site < last else []
        tensor = state[site].transpose(*left, state.site_ind(site), *right)
        array = np.asarray(tensor.data, dtype=complex)
        tensors.append(array.reshape((1,) * (site == 0) + array.shape + (1,) * (site == last)))
    return checked_mps(tensors, "the quimb state")


def save_mps(path: Path, mps: MPS) -> None:
    """Write ``mps`` to the npz file ``path``, whole or not at all."""
    arrays: dict[str, Any] = {f"tensor_{i}": tensor for i, tensor in enumerate(mps.tensors)}
    stream = io.BytesIO()
    np.savez(stream, format=_FORMAT, num_sites=mps.num_sites, **arrays)
    write_bytes(path, stream.getvalue())


def load_mps(path: Path) -> MPS:
    """The state in the npz file ``path``.

    Raises:
        BadInputError: when the file cannot be read, was cut short, or holds anything but finite
            complex128 tensors whose bonds match.
    """
    return mps_of(state_arrays(path), path)


def state_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an npz file of any origin.

    Raises:
        BadInputError: when it is none.
    """
    data = read_bytes(path, what="state", max_bytes=MAX_BYTES)
    try:
        return plain_arrays(data)
    except NPZ_ERRORS as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadInputError(
            f"the state file {path} is no npz file of arrays or was cut short ({reason}); "
            "write it again"
        ) from None


def mps_of(arrays: dict[str, NDArray[Any]], path: Path) -> MPS:
    """The state of the arrays that :func:`save_mps` wrote to ``path``; errors as there."""
    numbers = [arrays.get(name, np.array("")) for name in ("format", "num_sites")]
    if any(n.shape != () or n.dtype.kind not in "iu" for n in numbers) or numbers[0] != _FORMAT:
        raise BadInputError(f"{path} is no state file of format {_FORMAT}; write it with qtools")
    names = [f"tensor_{site}" for site in range(len(arrays) - 2)]
    if arrays["num_sites"] != len(names) or not set(names) <= set(arrays):
        raise BadInputError(
            f"{path} should hold {arrays['num_sites']} tensors, but holds {len(names)} arrays"
        )
    return checked_mps([arrays[name] for name in names], str(path))


def checked_mps(tensors: list[ComplexArray], source: str) -> MPS:
    """The state of tensors (left, 2, right), refused with the name of ``source`` if it is none."""
    if not tensors:
        raise BadInputError(f"{source} holds no tensors; expected one per site")
    bond = 1
    for site, tensor in enumerate(tensors):
        name = f"{source}: the tensor of site {site}"
        if tensor.dtype != np.complex128:
            raise BadInputError(f"{name} has the dtype {tensor.dtype}; expected complex128")
        if tensor.ndim != 3 or tensor.shape[1] != 2:
            raise BadInputError(
                f"{name} has the shape {tensor.shape}; expected (left bond, 2, right bond)"
            )
        if tensor.shape[0] != bond:
            raise BadInputError(
                f"{name} has the left bond {tensor.shape[0]}, but the bond before it is {bond}"
            )
        if not np.isfinite(tensor).all():
            raise BadInputError(f"{name} holds numbers that are not finite")
        bond = tensor.shape[2]
    if bond != 1:
        raise BadInputError(f"{source}: the last bond is {bond}; expected 1")
    return MPS(tensors=tuple(tensors))
