"""``python -m chaos [--long] [PART ...]``: run the parts, keep their results, write the page.

Each part runs in a process of its own and leaves ``chaos/results/PART.json``. Without parts all
run; ``--report`` only writes ``docs/reliability.md`` from the results that are there.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import machine
from chaos.page import RESULTS, write_page
from qtools.runs.files import write_text


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the proof: its module, and its arguments in the short and in the long form."""

    module: str
    short: tuple[str, ...]
    long: tuple[str, ...]

    def arguments(self, *, long: bool) -> list[str]:
        """The arguments of a form."""
        return list(self.long if long else self.short)


PARTS = {
    "malicious": Part(module="chaos.malicious", short=("--json",), long=("--json",)),
    "fuzz": Part(module="chaos.fuzz", short=("--inputs", "2000"), long=("--inputs", "200000")),
    "kills": Part(module="chaos.kills", short=("--kills", "12"), long=("--kills", "100")),
    "dask": Part(
        module="chaos.dask_sweep",
        short=("--points", "40", "--every", "10"),
        long=("--points", "200", "--every", "5"),
    ),
    "speed": Part(module="chaos.speed", short=("--points", "16"), long=("--points", "40")),
    "soak": Part(module="chaos.soak", short=("--minutes", "2"), long=("--minutes", "90")),
}


def run_part(name: str, arguments: list[str]) -> None:
    """Run one part and keep what it printed."""
    module = PARTS[name].module
    load, began = os.getloadavg()[0], time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    keep(name, arguments, done.stdout, seconds=time.monotonic() - began, load=load)


def keep(
    name: str, arguments: list[str], printed: str, *, seconds: float, load: float, note: str = ""
) -> None:
    """Write the result of a part from the JSON lines that it printed."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines() if line]
    record = {
        "command": f"python -m {PARTS[name].module} {' '.join(arguments)}".strip(),
        "machine": machine().line(),
        "load_before": round(load, 1),
        "seconds": round(seconds),
        "note": note,
        "rows": rows,
    }
    write_text(RESULTS / f"{name}.json", json.dumps(record, indent=1) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--long", action="store_true", help="the full size, hours long")
    parser.add_argument("--report", action="store_true", help="only write the page")
    parser.add_argument("--keep", type=Path, help="take what a part printed from a file")
    parser.add_argument("--arguments", help="that the part was run with, for --keep")
    parser.add_argument("--seconds", type=float, default=0.0, help="that it took, for --keep")
    parser.add_argument("--note", default="", help="on the run, for --keep")
    given = parser.parse_args()
    if given.keep is not None:
        (name,) = given.parts
        text = given.keep.read_text(encoding="utf-8")
        arguments, load = (given.arguments or "").split(), os.getloadavg()[0]
        keep(name, arguments, text, seconds=given.seconds, load=load, note=given.note)
    elif not given.report:
        for name in given.parts or PARTS:
            run_part(name, PARTS[name].arguments(long=given.long))
    write_page()


if __name__ == "__main__":
    main()
