"""Files from outside: hostile until proven otherwise.

Every reader of qtools goes through these functions. They bound what is read before anything is
parsed, name the file in one sentence when it is refused, and keep every path that a file names
inside the directory that it belongs to.
"""

import json
import os
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

from qtools.errors import BadInputError

MAX_BYTES = 256 << 20
"""Of a text file, unless its reader allows more."""


def read_bytes(path: Path, *, what: str, max_bytes: int = MAX_BYTES) -> bytes:
    """The content of a regular file; ``what`` names it in errors.

    Raises:
        BadInputError: it cannot be read, is no regular file, or is larger than ``max_bytes``.
    """
    try:
        if path.exists() and not path.is_file():
            raise BadInputError(f"expected the {what} in {path}, which is no regular file")
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            # One more byte than there is: the size of a growing file cannot be trusted.
            data = stream.read(size + 1) if size <= max_bytes else bytes(0)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or error
        raise BadInputError(f"cannot read the {what} file {path}: {reason}") from None
    if max(size, len(data)) > max_bytes:
        raise BadInputError(
            f"expected at most {max_bytes} bytes in the {what} file {path}, which has more; "
            "split it"
        )
    return data


def read_text(path: Path, *, what: str, max_bytes: int = MAX_BYTES) -> str:
    """The UTF-8 text of a file; arguments and errors as in :func:`read_bytes`."""
    try:
        return read_bytes(path, what=what, max_bytes=max_bytes).decode("utf-8")
    except UnicodeDecodeError:
        raise BadInputError(f"the {what} file {path} is not UTF-8 text") from None


def read_json(path: Path, *, what: str, max_bytes: int = MAX_BYTES) -> Any:
    """The value in a JSON file; arguments and errors as in :func:`read_bytes`."""
    return parse_json(read_text(path, what=what, max_bytes=max_bytes), source=f"the {what} {path}")


def parse_json(text: str, *, source: str) -> Any:
    """The value of a JSON text, with finite numbers only.

    Raises:
        BadInputError: no JSON, nested too deep, or with NaN or infinities; names ``source``.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise BadInputError(f"{source} is not complete JSON (it is nested too deep)") from None
    except ValueError as error:
        raise BadInputError(f"{source} is not complete JSON ({error})") from None


def read_toml(path: Path, *, what: str) -> dict[str, Any]:
    """The tables of a TOML file; arguments and errors as in :func:`read_bytes`."""
    text = read_text(path, what=what, max_bytes=16 << 20)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadInputError(f"{path} is not complete TOML: it is nested too deep") from None
    except ValueError as error:  # TOMLDecodeError, and dates that are none
        raise BadInputError(f"{path} is not complete TOML: {error}") from None


def inside(directory: Path, name: object) -> Path:
    """The path of a file that a manifest names, which must lie in its directory.

    Raises:
        BadInputError: an absolute path, one that climbs out, or one that a symbolic link leads
            out of the directory.
    """
    wrong = BadInputError(
        f"expected paths inside {directory}, got {str(name)[:200]!r}; do not trust this directory"
    )
    if not isinstance(name, str) or not name or "\0" in name or "\\" in name:
        raise wrong
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        raise wrong
    path = directory / parts
    try:
        leads_out = not path.resolve().is_relative_to(directory.resolve())
    except (OSError, RuntimeError):  # a name too long, a loop of links
        raise wrong from None
    if leads_out:
        raise wrong
    return path


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} where a finite real number was expected")
