"""Fuzz the importer: mutated OpenQASM files, every one must become a circuit or a reason.

    python -m benchmarks.datasets_fuzz SEED_FOLDER [--files 20000] [--seconds 10]

Prints how many files ended how, and the largest resident memory that a worker had. Limits of a
worker: --seconds per file, 2 GiB of address space.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.measure import machine, write_results
from qtools.datasets.wild.importer import rows_of_file
from qtools.runs.calls import Ending, Limits
from qtools.runs.executors import Processes, run_all

_SNIPPETS = (
    "qreg q[1000000000];",
    "creg c[99999999999999999999];",
    "gate g a { g a; }",
    "if(c==1) ",
    "measure q -> c;",
    'include "qelib1.inc";',
    'include "../secret";',
    "rx(1/0) q[0];",
    "rx(sqrt(-1)) q[0];",
    "rx(2^99999) q[0];",
    "ccx q[0],q[1],q[0];",
    "opaque o a;",
    "barrier q;",
    "sx q[0];",
    "OPENQASM 3.0;",
    "\x00",
    "((((((((((((((((",
    "// ünïcode\n",
)


_MEANINGS = {
    "DONE": "circuits",
    "FAILED": "records with a reason",
    "TIMEOUT": "records: stopped at the time limit",
    "MEMORY": "records: stopped at the memory limit",
    "DIED": "workers that crashed",
}


def mutate(text: str, rng: random.Random) -> str:
    """One to four random edits of characters, lines, numbers, or known troublemakers."""
    for _ in range(rng.randint(1, 4)):
        lines = text.split("\n")
        place = rng.randrange(len(text) + 1)
        line = rng.randrange(len(lines))
        kind = rng.randrange(7)
        if kind == 0:
            text = text[:place] + text[place + rng.randint(1, 20) :]
        elif kind == 1:
            text = text[:place] + chr(rng.randint(1, 255)) + text[place:]
        elif kind == 2:
            text = text[:place] + rng.choice(_SNIPPETS) + text[place:]
        elif kind == 3:
            lines.insert(line, rng.choice(lines))
            text = "\n".join(lines)
        elif kind == 4:
            del lines[line]
            text = "\n".join(lines)
        elif kind == 5:
            text = text[:place]
        else:
            digits = [i for i, c in enumerate(text) if c.isdigit()]
            if digits:
                i = rng.choice(digits)
                text = text[:i] + str(rng.choice([0, 7, 10**6, 10**30])) + text[i + 1 :]
    return text


def main() -> None:
    """Make the files, import them in workers, print the account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    measured_on = machine()
    seeds = [p.read_text() for p in sorted(given.seeds.glob("*.qasm")) if p.stat().st_size < 8_000]
    limits = Limits(seconds=given.seconds, memory_bytes=2 << 30)
    endings: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        arguments = []
        for number in range(given.files):
            rng = random.Random(number)
            path = Path(folder) / f"{number}.qasm"
            path.write_text(mutate(rng.choice(seeds), rng), encoding="utf-8")
            arguments.append((str(path), path.name, "fuzz", "unknown"))
        start = time.perf_counter()
        peak = 0
        workers = Processes(count=given.workers)
        for outcome in run_all(rows_of_file, arguments, executor=workers, limits=limits):
            endings[outcome.ending.name] += 1
            peak = max(peak, outcome.peak_bytes)
            if endings.total() % 500 == 0:
                spent = time.perf_counter() - start
                print(f"{endings.total()} files, {spent:.0f} s: {dict(endings)}", flush=True)
            if outcome.ending is not Ending.DONE:
                reasons[outcome.reason] += 1
        seconds = time.perf_counter() - start
    rows = [{"outcome": name, "files": endings[ending]} for ending, name in _MEANINGS.items()]
    rows += [{"outcome": f"reason: {name}", "files": n} for name, n in reasons.most_common()]
    write_results(
        "datasets_fuzz",
        rows,
        measured_on=measured_on,
        columns={"outcome": "outcome", "files": "files"},
        notes=f"{given.files} mutated files from {len(seeds)} seeds in {seconds:.0f} s; at most "
        f"{given.seconds:g} s and 2 GiB each; largest resident memory of a worker "
        f"{peak / 2**20:.0f} MiB.",
    )
    print(f"{given.files} files from {len(seeds)} seeds in {seconds:.0f} s: {dict(endings)}")
    print(f"reasons: {dict(reasons.most_common())}")
    print(f"accounted for: {endings.total()}; largest resident memory of a worker:")
    print(f"{peak / 2**20:.0f} MiB (none may map more than 2 GiB: RLIMIT_AS);")
    print(f"none ran longer than {given.seconds:g} s on one file before it was stopped")


if __name__ == "__main__":
    main()
