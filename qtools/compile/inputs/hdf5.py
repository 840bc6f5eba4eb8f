"""HDF5 files, read in a process that may die: the library is not made for hostile files.

A file can point out of itself: to other files by external links, external storage and virtual data
sets. None of them is followed. What is read is plain data, bounded before it is allocated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtools.errors import BadInputError, MissingDependencyError
from qtools.runs.sandbox import sandboxed

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_MAX_BYTES = 2 << 30  # of one data set
_MAX_KEYS = 100_000
# What h5py raises on damaged files.
_ERRORS = (
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    NotImplementedError,
)


def hdf5_numbers(path: Path) -> dict[str, NDArray[Any]]:
    """All data sets of numbers at the root of a file.

    Raises:
        BadInputError: it cannot be read, or points out of itself.
        MissingDependencyError: h5py is not installed.
    """
    _refuse_without_h5py()
    return sandboxed(_read_numbers, path, source=str(path), size=_size(path))


def hdf5_keys(path: Path) -> list[str]:
    """Names of all data sets of a file; errors as in :func:`hdf5_numbers`."""
    _refuse_without_h5py()
    return sandboxed(_read_keys, path, source=str(path), size=_size(path))


def hdf5_text(path: Path, key: str) -> str:
    """The text in a data set; errors as in :func:`hdf5_numbers`, and when it holds no text."""
    _refuse_without_h5py()
    return sandboxed(_read_text, (path, key), source=f"{path}::{key}", size=_size(path))


def _size(path: Path) -> int:
    """In bytes; 0 for a file that is not there, which the reader will say."""
    return path.stat().st_size if path.is_file() else 0


def _refuse_without_h5py() -> None:
    import importlib.util

    if importlib.util.find_spec("h5py") is None:
        raise MissingDependencyError.of("h5py", extra="hdf5")


def _read_numbers(path: Path) -> dict[str, NDArray[Any]]:
    import h5py

    with _opened(path) as file:
        found = {}
        for name in file:
            # A link is looked at before it is followed.
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                continue
            item = file[name]
            if isinstance(item, h5py.Dataset) and item.dtype.kind in "fciu":
                found[str(name)] = np.asarray(_plain(item, path)[()])
        return found


def _read_keys(path: Path) -> list[str]:
    import h5py

    keys: list[str] = []

    def visit(name: str, item: Any) -> bool | None:
        if isinstance(item, h5py.Dataset):
            keys.append(str(name))
        return True if len(keys) > _MAX_KEYS else None

    with _opened(path) as file:
        # Follows hard links only.
        if file.visititems(visit):
            raise BadInputError(f"{path} has more than {_MAX_KEYS} keys; expected fewer")
    return keys


def _read_text(place: tuple[Path, str]) -> str:
    path, key = place
    with _opened(path) as file:
        value = _plain(file[key], path)[()]
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if not isinstance(value, str):
        raise BadInputError(f"{path}::{key} holds no text; expected OpenFermion's")
    return value


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except BadInputError:
        raise
    except _ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadInputError(f"cannot read {path}, which is damaged HDF5 ({reason})") from None


def _plain(item: Any, path: Path) -> Any:
    """The data set, if its data lies in the file and is small enough."""
    if item.is_virtual or item.external:
        raise BadInputError(
            f"{path} takes the data of {item.name} from other files; expected all data in one file"
        )
    if item.size is not None and item.size * item.dtype.itemsize > _MAX_BYTES:
        raise BadInputError(f"{item.name} in {path} has more than {_MAX_BYTES >> 20} MiB")
    return item
