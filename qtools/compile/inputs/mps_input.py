"""Matrix product states from files of other programs; nothing in them is ever unpickled.

Three forms are told apart by the names of their arrays, in npz files and (with h5py) in HDF5:

* ``tensor_<i>`` with ``format`` and ``num_sites``: our own
  (:mod:`qtools.compile.output.mps_formats`);
* ``arr_<i>``, as ``numpy.savez(path, *mps.arrays)`` writes a quimb state: axes (left, right,
  physical), without the missing bond at both ends;
* ``gamma_<i>`` (2, left, right) and ``lambda_<i>``: the canonical form of Qiskit Aer.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtools.compile.inputs.hdf5 import HDF5_MAGIC, hdf5_numbers
from qtools.compile.mps import MPS
from qtools.compile.output.mps_formats import checked_mps, mps_of, state_arrays
from qtools.errors import BadInputError
from qtools.runs.array_file import MAX_BYTES
from qtools.runs.untrusted import read_bytes

_NORM_ATOL = 1e-6
_PICKLED = (".pkl", ".pickle", ".dmp", ".joblib")


def read_state(path: Path) -> MPS:
    """The normalised state in the file ``path``.

    Raises:
        BadInputError: when the file cannot be read or holds none of the three forms, when bonds of
            neighbours differ, or when the state is not normalised.
        MissingDependencyError: for HDF5 without h5py.
    """
    if path.suffix in _PICKLED:
        raise BadInputError(
            f"{path} is a pickle, which could run code; save the arrays instead, for quimb with "
            "numpy.savez(path, *mps.arrays)"
        )
    if read_bytes(path, what="state", max_bytes=MAX_BYTES).startswith(HDF5_MAGIC):
        arrays = hdf5_numbers(path)
    else:
        arrays = state_arrays(path)
    return _normalised(_from_arrays(arrays, path), str(path))


def from_aer(state: tuple[Sequence[Any], Sequence[Any]]) -> MPS:
    """The state that Aer's ``save_matrix_product_state`` gives: ``(gammas, lambdas)``.

    Args:
        state: per site a pair of matrices, the rows of bit 0 and of bit 1; per inner bond its
            Schmidt values.
    """
    gammas, lambdas = state
    arrays = {f"gamma_{site}": np.asarray(pair) for site, pair in enumerate(gammas)}
    arrays |= {f"lambda_{bond}": np.asarray(values) for bond, values in enumerate(lambdas)}
    return _normalised(_from_gamma_lambda(arrays, "the Aer state"), "the Aer state")


def _from_arrays(arrays: dict[str, NDArray[Any]], path: Path) -> MPS:
    if "tensor_0" in arrays:
        return mps_of(arrays, path)
    if "gamma_0" in arrays:
        return _from_gamma_lambda(arrays, str(path))
    if "arr_0" in arrays:
        return _from_quimb_arrays(arrays, str(path))
    raise BadInputError(
        f"{path} holds no state: expected arrays tensor_0 ... (qtools), arr_0 ... (quimb) or "
        f"gamma_0 ... and lambda_0 ... (Aer), got {', '.join(sorted(arrays)[:5]) or 'nothing'}"
    )


def _from_quimb_arrays(arrays: dict[str, NDArray[Any]], source: str) -> MPS:
    count = len(arrays)
    tensors = []
    for site in range(count):
        array = _taken(arrays, f"arr_{site}", source)
        if array.ndim == 2 and site == 0:
            array = array[None]
        elif array.ndim == 2 and site == count - 1:
            array = array[:, None]
        if array.ndim != 3:
            raise BadInputError(
                f"{source}: arr_{site} has the shape {array.shape}; expected (left, right, 2)"
            )
        tensors.append(np.ascontiguousarray(array.transpose(0, 2, 1)))
    return checked_mps(tensors, source)


def _from_gamma_lambda(arrays: dict[str, NDArray[Any]], source: str) -> MPS:
    count = sum(name.startswith("gamma_") for name in arrays)
    tensors = []
    for site in range(count):
        gamma = _taken(arrays, f"gamma_{site}", source)
        if gamma.ndim != 3 or gamma.shape[0] != 2:
            raise BadInputError(
                f"{source}: gamma_{site} has the shape {gamma.shape}; expected (2, left, right)"
            )
        tensor = gamma.transpose(1, 0, 2)
        if site < count - 1:
            values = _taken(arrays, f"lambda_{site}", source).ravel()
            if len(values) != tensor.shape[2]:
                raise BadInputError(
                    f"{source}: lambda_{site} has {len(values)} values, but gamma_{site} has the "
                    f"right bond {tensor.shape[2]}"
                )
            tensor = tensor * values
        tensors.append(np.ascontiguousarray(tensor))
    return checked_mps(tensors, source)


def _taken(arrays: dict[str, NDArray[Any]], name: str, source: str) -> NDArray[Any]:
    if name not in arrays:
        raise BadInputError(f"{source} lacks the array {name}")
    array = arrays[name]
    if array.dtype.kind not in "fciu":
        raise BadInputError(f"{source}: {name} has the dtype {array.dtype}; expected numbers")
    return array.astype(np.complex128)


def _normalised(mps: MPS, source: str) -> MPS:
    # Numbers that are too large give a norm that is none, which is refused.
    with np.errstate(over="ignore", invalid="ignore"):
        norm = mps.norm()
    if not abs(norm - 1.0) <= _NORM_ATOL:
        raise BadInputError(f"{source} has norm {norm:.9g}; expected a normalised state")
    return mps.scaled(1.0 / norm)
