"""Mutated files for every reader: each becomes a result or one of our own errors.

    python -m chaos.fuzz [--inputs 200000] [--seconds 10] [--workers 2] [--readers "a;b"]

Every reader has seed files, made here, and a function that reads one. Input number ``i`` is made of
a seed by random edits that ``i`` alone decides, so a finding is repeated by its number; findings
are kept in ``tests/chaos/findings/`` and stay in the tests. A call may take ``--seconds`` and 2 GiB
of address space beyond what its libraries map. Prints one JSON line per reader.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

# Loaded before workers are forked, so that no call pays for an import.
import h5py  # noqa: F401
import openqasm3.parser  # noqa: F401
import pyarrow.parquet  # noqa: F401
import qiskit_qasm3_import  # noqa: F401

import qtools.compile.sweep.grid
import qtools.datasets.wild.read
import qtools.generate.pretrained
import qtools.generate.verify.circuits  # noqa: F401
from chaos import seeds
from qtools.errors import QtoolsError
from qtools.runs.executors import Ending, Limits, Processes, run_all

_MEMORY_BYTES = 2 << 30
_SNIPPETS = (
    b"qreg q[1000000000];",
    b"creg c[99999999999999999999];",
    b"gate g a { g a; }",
    b'include "../secret";',
    b"rx(1/0) q[0];",
    b"rx(2^99999) q[0];",
    b"ccx q[0],q[1],q[0];",
    b"OPENQASM 3.0;",
    b"\x00",
    b"((((((((((((((((",
    b"[[[[[[[[[[[[[[[[",
    b'{"a":' * 40,
    b"1e999",
    b"NaN",
    b"-1",
    b"null",
    b"true",
    b'"../../../etc/passwd"',
    b"\xff\xfe\xfd",
    b"\x1b[2J",
    b"9" * 40,
    "ünïcode".encode(),
)


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    """What became of the inputs of one reader.

    Attributes:
        reader: its name.
        inputs: how many it was given.
        results: read without an error.
        refused: with one of our own errors.
        findings: numbers of inputs that ended otherwise, with how.
        slowest: seconds of the slowest call.
        peak_mib: largest resident memory of a worker.
        seconds: of all.
    """

    reader: str
    inputs: int
    results: int
    refused: int
    findings: dict[str, str]
    slowest: float
    peak_mib: int
    seconds: float


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to four random edits: cut, flip, insert, repeat, swap, or known troublemakers."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        place = rng.randrange(len(data) + 1)
        kind = rng.randrange(8)
        if kind == 0:
            data = data[:place] + data[place + rng.randint(1, 20) :]
        elif kind == 1:
            data = data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
        elif kind == 2:
            data = data[:place] + rng.choice(_SNIPPETS) + data[place:]
        elif kind == 3:
            end = place + rng.randint(1, 200)
            data = data[:end] + data[place:end] * rng.randint(1, 3) + data[end:]
        elif kind == 4:
            data = data[:place]
        elif kind == 5:
            data = data[:place] + rng.randbytes(rng.randint(1, 8)) + data[place:]
        elif kind == 6:
            data = _other_number(data, rng)
        else:
            lines = data.split(b"\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            data = b"\n".join(lines)
    return data


def _other_number(data: bytes, rng: random.Random) -> bytes:
    digits = [i for i, byte in enumerate(data[:100_000]) if 48 <= byte < 58]
    if not digits:
        return data
    place = rng.choice(digits)
    number = rng.choice([b"0", b"7", b"1000000", b"-3", b"1" + b"0" * 30, b"1e400"])
    return data[:place] + number + data[place + 1 :]


@cache
def _seeds(reader: str) -> tuple[bytes, ...]:
    return seeds.READERS[reader].seeds()


def input_of(reader: str, number: int) -> bytes:
    """The input of a number."""
    rng = random.Random(f"{reader} {number}")
    return mutated(rng.choice(_seeds(reader)), rng)


def read_numbered(argument: tuple[str, int]) -> str:
    """Make an input and read it; ``result`` or ``refused``."""
    reader, number = argument
    return read_bytes_with(reader, input_of(reader, number))


def read_bytes_with(reader: str, data: bytes) -> str:
    """Read one input with a reader; ``result``, or ``refused`` with one of our own errors.

    Raises:
        AssertionError: refused with a message that is no single line of printable text.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            seeds.READERS[reader].read(Path(folder), data)
        except QtoolsError as error:
            # What is shown is made printable; line breaks would still make several sentences.
            if "\n" in str(error).strip():
                raise AssertionError(f"a message of several lines: {error}") from error
            return "refused"
    return "result"


def fuzz(reader: str, numbers: range, *, workers: int, seconds: float) -> Fuzzed:
    """Read inputs in limited workers."""
    limits = Limits(seconds=seconds, memory_bytes=_MEMORY_BYTES)
    found: Counter[str] = Counter()
    findings: dict[str, str] = {}
    slowest, peak, began = 0.0, 0, time.monotonic()
    arguments: Iterator[tuple[str, int]] = ((reader, number) for number in numbers)
    outcomes = run_all(read_numbered, arguments, executor=Processes(count=workers), limits=limits)
    for outcome in outcomes:
        slowest, peak = max(slowest, outcome.seconds), max(peak, outcome.peak_bytes)
        if outcome.ending is Ending.DONE and outcome.value is not None:
            found[outcome.value] += 1
        elif seeds.READERS[reader].sandboxed and outcome.ending in (Ending.MEMORY, Ending.DIED):
            # Commands read this in a process of its own, whose end becomes a sentence.
            found["refused"] += 1
        else:
            number = numbers[outcome.index]
            findings[str(number)] = f"{outcome.reason}: {outcome.message}"[:300]
    return Fuzzed(
        reader=reader,
        inputs=len(numbers),
        results=found["result"],
        refused=found["refused"],
        findings=findings,
        slowest=round(slowest, 2),
        peak_mib=peak >> 20,
        seconds=round(time.monotonic() - began, 1),
    )


def fuzz_all(
    inputs: int,
    *,
    readers: list[str],
    workers: int,
    seconds: float,
    tell: Callable[[Fuzzed], None],
    first: int = 0,
) -> list[Fuzzed]:
    """Spread inputs over the readers by their weights."""
    weights = {reader: seeds.READERS[reader].weight for reader in readers}
    made = []
    for reader in readers:
        count = max(1, round(inputs * weights[reader] / sum(weights.values())))
        one = fuzz(reader, range(first, first + count), workers=workers, seconds=seconds)
        tell(one)
        made.append(one)
    return made


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--readers", default=";".join(seeds.READERS))
    given = parser.parse_args()
    fuzz_all(
        given.inputs,
        readers=given.readers.split(";"),
        workers=given.workers,
        seconds=given.seconds,
        tell=lambda one: print(json.dumps(asdict(one)), flush=True),
        first=given.first,
    )


if __name__ == "__main__":
    main()
