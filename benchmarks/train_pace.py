"""How long the recipe ``default`` trains here, and what large memory pages buy.

    python -m benchmarks.train_pace --corpus corpus/ --minutes 2

``qtools generate train`` for some minutes as a user would start it, and again with the small pages
that torch takes when nobody asks for large ones. The first steps stand for all: every step has the
same number of rows.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, machine, write_results
from qtools.errors import StoppedEarlyError
from qtools.generate.training.checkpoint import STATE
from qtools.generate.training.recipe import load_recipe
from qtools.generate.training.train import STATE_FOLDER

_RECIPE = "default"


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=2.0, help="of training, twice")
    given = parser.parse_args()
    steps = load_recipe(_RECIPE).steps
    rows: list[dict[str, Any]] = []
    for pages, environment in (("large", {}), ("small", {"THP_MEM_ALLOC_ENABLE": "0"})):
        load = os.getloadavg()[0]
        with tempfile.TemporaryDirectory() as folder:
            pace = _seconds_per_step(given.corpus, Path(folder), given.minutes, environment)
        rows.append(
            {
                "pages": pages,
                "seconds per step": pace,
                "hours of the whole recipe": pace * steps / 3600,
                "load before": load,
            }
        )
        print(rows[-1], flush=True)
    ratio = rows[1]["seconds per step"] / rows[0]["seconds per step"]
    write_results(
        "train_pace",
        rows,
        measured_on=machine(),
        notes=f"The recipe has {steps} steps; with large pages {ratio:.2f} times as fast.",
    )


def _seconds_per_step(
    corpus: Path, out: Path, minutes: float, environment: dict[str, str]
) -> float:
    command = [sys.executable, "-m", "qtools", "generate", "train", "--corpus", str(corpus)]
    command += ["--out", str(out), "--recipe", _RECIPE, "--max-minutes", str(minutes), "--quiet"]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)
    if ended.returncode != StoppedEarlyError.exit_code:
        raise subprocess.CalledProcessError(ended.returncode, command)
    progress = json.loads((out / STATE_FOLDER / STATE).read_text(encoding="utf-8"))
    return float(progress["seconds"] / progress["step"])


if __name__ == "__main__":
    main()
