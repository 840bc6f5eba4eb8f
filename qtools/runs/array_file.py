"""Named arrays in npz files that vouch for themselves: no pickle, and a checksum over everything.

A zip archive notices most damage, but not a member left out or exchanged with another file's; the
digest here covers the names, types, shapes and bytes of all arrays.
"""

import hashlib
import io
import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from qtools.errors import BadInputError
from qtools.runs.files import write_bytes
from qtools.runs.untrusted import read_bytes

Arrays = Mapping[str, NDArray[Any]]

_DIGEST = "sha256"

# What NumPy and zlib raise on bytes that are no npz, end too soon, or hold Python objects.
NPZ_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    MemoryError,
    TypeError,
    IndexError,
    OverflowError,
    AttributeError,
    SyntaxError,
    tokenize.TokenError,
    struct.error,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
)

MAX_BYTES = 4 << 30
"""Of all arrays of a file together."""


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write ``arrays`` to ``path``, whole or not at all."""
    stream = io.BytesIO()
    named: dict[str, Any] = {**arrays, _DIGEST: np.array(_digest(arrays))}
    np.savez(stream, **named)
    write_bytes(path, stream.getvalue())


def read_arrays(path: Path, *, what: str) -> dict[str, NDArray[Any]]:
    """The arrays in ``path``.

    Raises:
        BadInputError: when the file cannot be read, or is not exactly what was written.
    """
    try:
        arrays = plain_arrays(read_bytes(path, what=what, max_bytes=MAX_BYTES))
    except NPZ_ERRORS as error:
        raise damaged(path, what, str(error) or type(error).__name__) from None
    digest = arrays.pop(_DIGEST, None)
    if digest is None or str(digest) != _digest(arrays):
        raise damaged(path, what, "its checksum is wrong")
    return arrays


def plain_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an npz file of any origin; raises one of :data:`NPZ_ERRORS` when it is none.

    Nothing is unpickled, and a file that would unpack to more than :data:`MAX_BYTES` is refused
    before it is unpacked.
    """
    archive = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(archive, NpzFile):
        raise ValueError("it holds one array instead of an archive")
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        unpacked = sum(member.file_size for member in members.infolist())
    if unpacked > MAX_BYTES:
        raise ValueError(f"it unpacks to more than {MAX_BYTES >> 20} MiB")
    return {name: _array(archive, name) for name in archive.files}


def _array(archive: NpzFile, name: str) -> NDArray[Any]:
    array: object = archive[name]
    if not isinstance(array, np.ndarray):  # NumPy gives the bytes of a member that is no array
        raise ValueError(f"its member {name!r} is no array")
    return array


def damaged(path: Path, what: str, reason: str) -> BadInputError:
    """The error that names the damaged file."""
    return BadInputError(
        f"the {what} {path} is damaged ({reason}); delete it, or start anew with --force"
    )


def _digest(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {np.shape(arrays[name])};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
