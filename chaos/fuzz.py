"""Mutated files for every reader: each becomes a result or one of our own errors.

    python -m chaos.fuzz [--inputs 200000] [--seconds 10] [--workers 2] [--readers "a;b"]

Every reader has seed files, made here, and a function that reads one. Input number ``i`` is made of
a seed by random edits that ``i`` alone decides, so a finding is repeated by its number; findings
are kept in ``tests/chaos/findings/`` and stay in the tests. A call may take ``--seconds`` and 2 GiB
of address space beyond what its libraries map. Prints one JSON line per reader.
"""

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from chaos.inputs import read_numbered
from chaos.readers import READERS
from qtools.runs.calls import Ending, Limits, Outcome
from qtools.runs.executors import Processes, run_all
from qtools.runs.sandbox import limits_of

_MEMORY_BYTES = 2 << 30
_TRIES = 3
_ENDS_OF_A_SANDBOX = (Ending.TIMEOUT, Ending.MEMORY, Ending.DIED)


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    """What became of the inputs of one reader.

    Attributes:
        reader: its name.
        inputs: how many it was given.
        results: read without an error.
        refused: with one of our own errors.
        stopped: where the library that reads them hung, crashed or took all memory, in the process
            of its own that commands read such files in; they then refuse the file.
        findings: numbers of inputs that ended otherwise, with how.
        slowest: seconds of the slowest call.
        peak_mib: largest resident memory of a worker.
        seconds: of all.
    """

    reader: str
    inputs: int
    results: int
    refused: int
    stopped: int
    findings: dict[str, str]
    slowest: float
    peak_mib: int
    seconds: float


def fuzz(reader: str, numbers: range, *, workers: int, seconds: float) -> Fuzzed:
    """Read inputs in limited workers."""
    sandboxed = READERS[reader].sandboxed
    limits = Limits(seconds=seconds, memory_bytes=_MEMORY_BYTES)
    if sandboxed:
        limits = replace(limits_of(0), memory_bytes=_MEMORY_BYTES)
    found: Counter[str] = Counter()
    findings: dict[str, str] = {}
    slowest, peak, began = 0.0, 0, time.monotonic()
    for number, outcome in _outcomes(reader, numbers, Processes(count=workers), limits):
        slowest, peak = max(slowest, outcome.seconds), max(peak, outcome.peak_bytes)
        if outcome.ending is Ending.DONE and outcome.value is not None:
            found[outcome.value] += 1
        elif sandboxed and outcome.ending in _ENDS_OF_A_SANDBOX:
            # Commands read this in a process of its own, whose end becomes a sentence.
            found["stopped"] += 1
        else:
            findings[str(number)] = f"{outcome.reason}: {outcome.message}"[:300]
    return Fuzzed(
        reader=reader,
        inputs=len(numbers),
        results=found["result"],
        refused=found["refused"],
        stopped=found["stopped"],
        findings=findings,
        slowest=round(slowest, 2),
        peak_mib=peak >> 20,
        seconds=round(time.monotonic() - began, 1),
    )


def _outcomes(
    reader: str, numbers: Sequence[int], executor: Processes, limits: Limits
) -> Iterator[tuple[int, Outcome[str]]]:
    """Outcomes with their numbers.

    A call that took too long by the clock on the wall is made again, twice at most: on a machine
    that is busy or paused that clock says little once, and a call that hangs will hang again.
    """
    tries = _TRIES if math.isinf(limits.cpu_seconds) else 1
    for turn in range(tries):
        late = []
        arguments = [(reader, number) for number in numbers]
        for outcome in run_all(read_numbered, arguments, executor=executor, limits=limits):
            if outcome.ending is Ending.TIMEOUT and turn + 1 < tries:
                late.append(numbers[outcome.index])
            else:
                yield numbers[outcome.index], outcome
        numbers = late


def fuzz_all(
    inputs: int,
    *,
    readers: list[str],
    workers: int,
    seconds: float,
    tell: Callable[[Fuzzed], None],
    first: int = 0,
) -> list[Fuzzed]:
    """Spread at least so many inputs over the readers by their weights."""
    weights = {reader: READERS[reader].weight for reader in readers}
    made = []
    for reader in readers:
        count = math.ceil(inputs * weights[reader] / sum(weights.values()))
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
    parser.add_argument("--readers", default=";".join(READERS))
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
