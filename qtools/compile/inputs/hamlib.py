"""Hamiltonians in HamLib's form (arXiv 2306.13126): OpenFermion text in HDF5, often zipped.

A file is named with its key, ``chains.hdf5::graph-1D-grid-nonpbc-qubitnodes_Lx-10_h-2``; a data set
holds text such as ``(1+0j) [X0 X1] + (0.5+0j) [Z0]``. The width is the largest site plus one.
"""

import io
import lzma
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qtools.compile.inputs.hdf5 import hdf5_keys, hdf5_text
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.errors import BadInputError
from qtools.runs.untrusted import read_bytes

SEPARATOR = "::"
_SUFFIXES = (".hdf5", ".h5", ".zip")
_MOST_BYTES = 1 << 30  # of an archive member; a larger one is no Hamiltonian of a chain
_MOST_SITES = 1_000_000
_SHOWN_KEYS = 4

# What zipfile and its decompressors raise on bytes that are no archive.
ZIP_ERRORS = (
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    EOFError,
    KeyError,
    IndexError,
    MemoryError,
    struct.error,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
)

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
        MissingDependencyError: h5py is not installed.
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
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TERM.match(text, at)
        if match is None or (triples and "+" not in text[at : match.start(1)]):
            shown = text[at : at + 60].strip()[:30]
            raise BadInputError(
                f"{source} is no OpenFermion text at {shown!r}; expected terms such as "
                "(0.5+0j) [X0 X1]"
            )
        factors = match[2].split()
        found = [_FACTOR.fullmatch(factor) for factor in factors]
        if not all(found):
            term = " ".join(factors)[:30]
            raise BadInputError(
                f"{source} has the term [{term}]; expected Pauli letters with their sites such as "
                "[X0 X1]"
            )
        label = "".join(f[1] for f in found if f is not None)
        if any(int(f[2]) >= _MOST_SITES for f in found if f is not None):
            raise BadInputError(f"{source} names a site beyond {_MOST_SITES}; expected a chain")
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
    with _unpacked(path) as file:
        try:
            keys = hdf5_keys(file)
            if not key and len(keys) == 1:
                key = keys[0]
            if key not in keys:
                raise _no_such_key(path, key, keys)
            return hdf5_text(file, key)
        except BadInputError as error:
            raise BadInputError(str(error).replace(str(file), str(path))) from None


def _no_such_key(path: Path, key: str, keys: list[str]) -> BadInputError:
    import difflib

    close = difflib.get_close_matches(key, keys, n=_SHOWN_KEYS, cutoff=0.0) if key else keys
    shown = ", ".join(close[:_SHOWN_KEYS]) or "none"
    what = f"has no key {key!r}" if key else f"holds {len(keys)} keys; name one with FILE::KEY"
    return BadInputError(f"{path} {what}; the nearest keys are: {shown}")


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The HDF5 file itself, out of its zip archive where it is in one."""
    if path.suffix.lower() != ".zip":
        read_bytes(path, what="HDF5", max_bytes=_MOST_BYTES)
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        # The member's own name, which may lead anywhere, is not used.
        file = Path(folder) / "member.hdf5"
        file.write_bytes(_member(path))
        yield file


def _member(path: Path) -> bytes:
    """The only HDF5 file in an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path, what="archive"))) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith((".hdf5", ".h5"))]
            if len(members) != 1:
                raise BadInputError(f"expected one HDF5 file in {path}, got {len(members)}")
            if members[0].file_size > _MOST_BYTES:
                raise BadInputError(
                    f"{members[0].filename} in {path} unpacks to more than {_MOST_BYTES} bytes"
                )
            return archive.read(members[0])
    except ZIP_ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadInputError(f"cannot read the archive {path}: {reason}") from None
