"""``python -m benchmarks`` lists the benchmarks; ``python -m benchmarks NAME...|all`` runs them.

Each runs in a process of its own and writes ``benchmarks/results/NAME.json`` and ``NAME.md``.
"""

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import run

NAMES = (
    "compile_vs_peer",
    "gradient_cost",
    "target_vs_quimb",
    "large_chain",
    "optimizers",
    "compile_as_used",
    "datasets_speed",
    "depth_headline",
    "flat_start",
    "block_families",
    "geometries",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: list, or run what is named."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=(*NAMES, "all", []), metavar="NAME")
    names = parser.parse_args(arguments).names
    if not names:
        print("\n".join(f"{name:16}  {_first_line(name)}" for name in NAMES))
        return
    for name in NAMES if "all" in names else names:
        run([sys.executable, "-m", f"benchmarks.{name}"])


def _first_line(name: str) -> str:
    """The first line of a benchmark's docstring, read without importing it."""
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
