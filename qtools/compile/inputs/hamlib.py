"""Hamiltonians in HamLib's form (arXiv 2306.13126): OpenFermion text in HDF5, often zipped.

A file is named with its key, ``chains.hdf5::graph-1D-grid-nonpbc-qubitnodes_Lx-10_h-2``; a data set
holds text such as ``(1+0j) [X0 X1] + (0.5+0j) [Z0]``. The width is the largest site plus one.
"""

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.errors import BadInputError, MissingDependencyError

SEPARATOR = "::"
_SUFFIXES = (".hdf5", ".h5", ".zip")
_MOST_BYTES = 2**31  # of an archive member; a larger one is no Hamiltonian of a chain
_SHOWN_KEYS = 4

_TERM = re.compile(r"\s*\+?\s*(\([^()\[\]]*\)|[^\s()\[\]]+)\s*\[([^\]]*)\]")
_FACTOR = re.compile(r"([XYZ])(\d{1,9})")

Triple = tuple[str, list[int], complex]


def names_hamlib(path: Path) -> bool:
    """Whether ``path`` names an HDF5 or zip file, with or without a key."""
    return Path(str(path).split(SEPARATOR)[0]).suffix.lower() in _SUFFIXES


def read_hamlib(path: Path) -> ChainHamiltonian:
    """The Hamiltonian at ``FILE::KEY``; the key may be left out of a file that has only one.

    Raises:
        BadInputError: when the file cannot be read, has no such key (the nearest are listed), or
            holds no neighbour chain.
        MissingDependencyError: without h5py.
    """
    name, _, key = str(path).partition(SEPARATOR)
    texts = _texts(Path(name), key)
    source = f"{name}{SEPARATOR}{key}" if key else name
    triples = parse_openfermion(texts, source=source)
    width = max((site for _, sites, _ in triples for site in sites), default=-1) + 1
    try:
        return ChainHamiltonian.from_terms(triples, num_qubits=width)
    except BadInputError as error:
        raise BadInputError(f"{source}: {error}") from None


def parse_openfermion(text: str, *, source: str = "the operator") -> list[Triple]:
    """Terms ``(label, sites, coefficient)`` of OpenFermion's text of a qubit operator.

    Raises:
        BadInputError: for anything else, with the beginning of what could not be read.
    """
    triples: list[Triple] = []
    at = 0
    while text[at:].strip():
        match = _TERM.match(text, at)
        if match is None or (triples and "+" not in text[at : match.start(1)]):
            shown = text[at:].strip()[:30]
            raise BadInputError(
                f"{source} is no OpenFermion text at {shown!r}; expected terms such as "
                "(0.5+0j) [X0 X1]"
            )
        factors = match[2].split()
        found = [_FACTOR.fullmatch(factor) for factor in factors]
        if not all(found):
            raise BadInputError(
                f"{source} has the term [{match[2][:30]}]; expected Pauli letters with their "
                "sites such as [X0 X1]"
            )
        label = "".join(f[1] for f in found if f is not None)
        triples.append((label, [int(f[2]) for f in found if f is not None], _number(match[1])))
        at = match.end()
    return triples


def _number(text: str) -> complex:
    try:
        return complex(text.strip("()").replace(" ", ""))
    except ValueError:
        raise BadInputError(f"expected a coefficient such as (0.5+0j), got {text[:30]!r}") from None


def _texts(path: Path, key: str) -> str:
    """The text at ``key``."""
    try:
        import h5py
    except ImportError:
        raise MissingDependencyError.of("h5py", extra="hdf5") from None
    try:
        with h5py.File(_stream(path), "r") as file:
            keys = _keys(file, h5py.Dataset)
            if not key and len(keys) == 1:
                key = keys[0]
            if key not in keys:
                raise _no_such_key(path, key, keys)
            value: Any = file[key][()]
    except (OSError, RuntimeError) as error:
        raise BadInputError(f"cannot read {path} as HDF5: {error}") from None
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if not isinstance(value, str):
        raise BadInputError(f"{path}{SEPARATOR}{key} holds no text; expected OpenFermion's")
    return value


def _keys(file: Any, dataset: type) -> list[str]:
    keys: list[str] = []
    file.visititems(lambda name, item: keys.append(name) if isinstance(item, dataset) else None)
    return keys


def _no_such_key(path: Path, key: str, keys: list[str]) -> BadInputError:
    import difflib

    close = difflib.get_close_matches(key, keys, n=_SHOWN_KEYS, cutoff=0.0) if key else keys
    shown = ", ".join(close[:_SHOWN_KEYS]) or "none"
    what = f"has no key {key!r}" if key else f"holds {len(keys)} keys; name one with FILE::KEY"
    return BadInputError(f"{path} {what}; the nearest keys are: {shown}")


def _stream(path: Path) -> Any:
    """The HDF5 file itself, out of its zip archive where it is in one."""
    if path.suffix.lower() != ".zip":
        return path
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith((".hdf5", ".h5"))]
            if len(members) != 1:
                raise BadInputError(f"expected one HDF5 file in {path}, got {len(members)}")
            if members[0].file_size > _MOST_BYTES:
                raise BadInputError(
                    f"{members[0].filename} in {path} unpacks to more than {_MOST_BYTES} bytes"
                )
            return io.BytesIO(archive.read(members[0]))
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise BadInputError(f"cannot read the archive {path}: {error}") from None
