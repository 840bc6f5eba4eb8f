"""The table of a model that writes circuits: what is asked, what was measured.

    python -m benchmarks.generate_table --model default --corpus corpus/ --work table-run/
    python -m benchmarks.generate_table --model model/ --corpus corpus/ --work try/ --quick

Runs in stages; each stage's figures are kept in the work folder, so that a run that was stopped
goes on where it was, and ``--only`` measures some. What does not depend on the model is kept once
for all models. Writes ``generate_table.json`` and ``.md`` into
``benchmarks/results`` (with ``--quick`` into the work folder) from all stages that are there.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.generate_bench import QUICK, Bench, Sizes
from benchmarks.generate_rows import must_show
from benchmarks.generate_stages import Record, stages, stages_without_model
from benchmarks.measure import RESULTS
from qtools.circuits import qasm2
from qtools.datasets.corpus import Corpus
from qtools.generate.sampling.draw import USUAL
from qtools.generate.sampling.generator import CircuitGenerator
from qtools.generate.verify.table import markdown, side_by_side
from qtools.runs.files import write_text
from qtools.runs.tasks import content_id


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing and write the table."""
    parser = argparse.ArgumentParser(prog="generate_table", description=__doc__)
    parser.add_argument("--model", default="default", help="bundled model or model directory")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder kept between runs")
    parser.add_argument("--only", default="", help="names of stages, separated by commas")
    parser.add_argument("--quick", action="store_true", help="small numbers, to try it out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    sizes = QUICK if given.quick else Sizes()
    generator = CircuitGenerator.from_pretrained(given.model)
    shards = sorted(shard.sha256 for shard in Corpus.open(given.corpus).manifest.shards())
    shared = content_id([shards, repr(sizes), given.seed, qasm2.HEADER])
    run = content_id([shared, generator.model_id, repr(USUAL)])
    bench = Bench(
        generator=generator,
        corpus=given.corpus,
        work=given.work / run[:16],
        shared=given.work / shared[:16],
        sizes=sizes,
        seed=given.seed,
        workers=given.workers,
    )
    found = measure(bench, [name for name in given.only.split(",") if name])
    out = given.work if given.quick else RESULTS
    facts = {"model": generator.model_id, "quick": given.quick, "seed": given.seed}
    write(out, found, facts | {"temper": vars(USUAL)})


def measure(bench: Bench, only: Sequence[str]) -> dict[str, Record]:
    """Stage -> its figures: kept ones, and those of the stages that were to be run."""
    known, without_model = stages(bench.sizes), stages_without_model()
    unknown = [name for name in only if name not in known]
    if unknown:
        raise SystemExit(f"expected stages among {', '.join(known)}, got {', '.join(unknown)}")
    found: dict[str, Record] = {}
    for name, stage in known.items():
        folder = bench.shared if name in without_model else bench.work
        path = folder / f"{name.replace(' ', '-')}.json"
        if not path.exists():
            if only and name not in only:
                continue
            started = time.perf_counter()
            record = stage(bench) | {"load": os.getloadavg()[0], "training": bench.training}
            record["seconds"] = time.perf_counter() - started
            write_text(path, json.dumps(record) + "\n")
            print(f"{name}: {record['seconds']:.0f} s", flush=True)
        found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(out: Path, found: dict[str, Record], facts: Record) -> None:
    """Write the table in both forms and print it."""
    rows = must_show(found)
    columns = ["what", "asked", "measured", "met"]
    table = markdown(columns, [[row[name] for name in columns] for row in rows])
    sets = {name[4:]: record["cells"] for name, record in found.items() if name[:4] == "set "}
    beside = markdown(*side_by_side(sets)) if sets else ""
    # The features of every circuit fill pages that belong to `qtools generate verify`.
    kept = {name: _without_circuits(record) for name, record in found.items()}
    record = {**facts, "rows": rows, "stages": kept}
    write_text(out / "generate_table.json", json.dumps(record, indent=1) + "\n")
    temper = ", ".join(f"{name} {value:g}" for name, value in facts["temper"].items())
    title = f"# A model that writes circuits\n\nModel {facts['model']}, sampled at {temper}."
    text = f"{title}\n\n{builds(found)}{table}\n{beside}"
    write_text(out / "generate_table.md", text)
    print(text)


def builds(found: dict[str, Record]) -> str:
    """Which stages saw which build of the corpus; nothing if all saw the same one.

    Builds of one recipe on two machines can differ by some circuits.
    """
    by_build: dict[int, list[str]] = {}
    for name, record in found.items():
        by_build.setdefault(record["training"], []).append(name)
    if len(by_build) < 2:
        return ""
    parts = (f"{count:,} training circuits for {', '.join(by_build[count])}" for count in by_build)
    return f"Builds of the corpus on two machines: {'; '.join(parts)}.\n\n"


def _without_circuits(record: Record) -> Record:
    inner = record.get("record")
    if not isinstance(inner, dict):
        return record
    long = ("features", "behaviour", "feature_names")
    kept = {name: value for name, value in inner.items() if name not in long}
    novelty = inner.get("novelty")
    if novelty:
        kept["novelty"] = {
            name: value
            for name, value in novelty.items()
            if name not in ("similarity", "nearest_place")
        }
    return record | {"record": kept}


if __name__ == "__main__":
    main()
