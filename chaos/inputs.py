"""Mutated inputs by their numbers, and what becomes of one."""

import os
import random
import tempfile
from functools import cache
from pathlib import Path

# Loaded before workers are forked, so that no call pays for an import.
import h5py  # noqa: F401
import openqasm3.parser  # noqa: F401
import pyarrow.parquet  # noqa: F401
import qiskit_qasm3_import  # noqa: F401

import qtools.compile.sweep.grid
import qtools.datasets.wild.read
import qtools.generate.model.pretrained
import qtools.generate.verify.circuits  # noqa: F401
from chaos.mutate import mutated
from chaos.readers import READERS
from qtools.errors import QtoolsError

# In memory where there is such a place: making folders on a disk takes longer than reading.
_FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@cache
def _valid_files(reader: str) -> tuple[bytes, ...]:
    return READERS[reader].seeds()


def input_of(reader: str, number: int) -> bytes:
    """The input of a number."""
    rng = random.Random(f"{reader} {number}")
    return mutated(rng.choice(_valid_files(reader)), rng)


def read_numbered(argument: tuple[str, int]) -> str:
    """Make an input and read it; ``result`` or ``refused``."""
    reader, number = argument
    return read_bytes_with(reader, input_of(reader, number))


def read_bytes_with(reader: str, data: bytes) -> str:
    """Read one input with a reader; ``result``, or ``refused`` with one of our own errors.

    Raises:
        AssertionError: refused with a message that is no single line of printable text.
    """
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        try:
            READERS[reader].read(Path(folder), data)
        except QtoolsError as error:
            # What is shown is made printable; line breaks would still make several sentences.
            if "\n" in str(error).strip():
                raise AssertionError(f"a message of several lines: {error}") from error
            return "refused"
    return "result"
