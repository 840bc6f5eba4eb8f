"""What one task of each kind costs, and what merging and publishing a million of them costs.

    python -m benchmarks.scaling [--records 1000000]      # writes docs/scaling.md as well

Costs are CPU seconds, so that other work on the machine matters less. The records of the simulation
are made up, but read, checked, deduplicated and split by the code that does it in earnest.
"""

import argparse
import json
import resource
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import machine, write_results
from benchmarks.scaling_page import write_page
from qtools.compile.sweep.point import PointPayload, compile_point
from qtools.datasets.generate import make_rows
from qtools.datasets.plan import plan_tasks
from qtools.datasets.publish import RowKey
from qtools.datasets.recipe import Recipe, SourcePlan, SplitRules
from qtools.datasets.splits import SplitKeys, assign_splits
from qtools.datasets.wild.importer import rows_of_file
from qtools.generate.grammar.request import Request
from qtools.generate.language.rows import decode_rows
from qtools.generate.sampling.draw import USUAL
from qtools.generate.sampling.generator import CircuitGenerator, sample_in_worker
from qtools.generate.sampling.group import Drawn
from qtools.generate.verify.behaviour import compile_program
from qtools.generate.verify.circuits import Program, as_circuit
from qtools.generate.verify.execution import load_and_transpile
from qtools.generate.verify.simulation import simulate as simulate_shots
from qtools.runs.store import Records, Store
from qtools.runs.tasks import content_id

_APPENDED = 10_000
_GROUP = 64  # circuits that are sampled in one task
_ID = slice(7, 39)  # of a line


def cpu(work: Callable[[], Any], repeats: int = 1) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - began) / repeats


def _point(sites: int, layers: int) -> PointPayload:
    tables = {
        "hamiltonian": {"model": "heisenberg", "sites": sites, "coupling": -0.25},
        "evolution": {"initial": "neel", "time": 1.2},
        "ansatz": {"layers": layers},
    }
    return PointPayload(arguments={"point": tables, "observables": []}, directory=Path())


def task_costs() -> Iterator[dict[str, Any]]:
    """CPU seconds of one task of each kind, imports and first calls apart."""
    compile_point(_point(6, 3))
    for sites, layers in ((12, 3), (50, 5), (100, 5)):
        kind = f"sweep point, {sites} qubits, {layers} layers"
        yield {"kind": kind, "cpu_seconds": cpu(partial(compile_point, _point(sites, layers)))}
    plan = SourcePlan(name="mqt_bench", instances=4, variants=3, fixed_variants=3)
    recipe = Recipe(name="x", seed=1, max_qubits=20, max_gates=400, sources=(plan,))
    tasks = plan_tasks(recipe)[::9]
    make_rows(tasks[0].arguments)
    rows = 0

    def build() -> None:
        nonlocal rows
        rows = sum(len(make_rows(task.arguments)["rows"]) for task in tasks)

    seconds = cpu(build)
    yield {
        "kind": "corpus instance (4 circuits), up to 20 qubits",
        "cpu_seconds": seconds / len(tasks),
    }
    yield {"kind": "corpus circuit, of these", "cpu_seconds": seconds / max(1, rows)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.qasm"
        gates = "".join(
            f"cx q[{i % 9}],q[{i % 9 + 1}];\nrz(0.{i}) q[{i % 9}];\n" for i in range(50)
        )
        path.write_text(f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[10];\n{gates}')
        argument = (str(path), "a.qasm", "x", "MIT")
        rows_of_file(argument)
        yield {
            "kind": "imported file of 100 gates",
            "cpu_seconds": cpu(lambda: rows_of_file(argument), repeats=20),
        }


def generation_costs() -> Iterator[dict[str, Any]]:
    """The same of sampling with the bundled model, and of verifying what came."""
    generator = CircuitGenerator.from_pretrained("default")
    table = generator.pretrained.table
    (group,) = generator.groups(table.orders(Request(num_qubits=(5, 12)), range(_GROUP), seed=1))
    sample_in_worker("default", group[:1], 1, USUAL)
    drawn: list[Drawn] = []
    seconds = cpu(lambda: drawn.extend(sample_in_worker("default", group, 1, USUAL)))
    programs = [as_circuit(decode_rows(one.rows), str(one.index)).program for one in drawn]
    gates = sum(program.text.count("\n") for program in programs) // _GROUP
    yield {
        "kind": f"sampled circuit of 5 to 12 qubits, {gates} lines on average",
        "cpu_seconds": seconds / _GROUP,
    }
    checked = programs[::8]
    whole = 0.0
    for kind, check in (
        ("loaded and transpiled", load_and_transpile),
        ("simulated", simulate_shots),
        ("compiled to devices", compile_program),
    ):
        check(checked[0])
        seconds = cpu(partial(_all, check, checked)) / len(checked)
        whole += seconds
        yield {"kind": f"one of these {kind}", "cpu_seconds": seconds}
    yield {"kind": "verification of one of these, all checks", "cpu_seconds": whole}


def _all(check: Callable[[Program], Any], programs: list[Program]) -> None:
    for program in programs:
        check(program)


def simulate(count: int) -> Iterator[dict[str, Any]]:
    """Merge and publish made-up records of a finished campaign."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield {
            "kind": f"append {_APPENDED} records of 0.5 KB",
            "cpu_seconds": cpu(lambda: _append(folder / "appended.jsonl", _APPENDED)),
        }
        paths = list(_shards(folder, folder / "appended.jsonl", count))
        size = sum(path.stat().st_size for path in paths)
        held: list[Records] = []
        seconds = cpu(lambda: held.append(Records(paths)))
        assert len(held[0]) == count
        files = f"{size >> 20} MiB, {len(paths)} files"
        yield {"kind": f"open {count} records ({files})", "cpu_seconds": seconds}
        seconds = cpu(lambda: _table(held[0], folder / "results.jsonl"))
        yield {"kind": f"read them and write a table of {count} lines", "cpu_seconds": seconds}
        held.clear()
    yield {"kind": f"split {count} rows without leaks", "cpu_seconds": cpu(lambda: split(count))}
    yield {
        "kind": "largest resident memory of all this",
        "cpu_seconds": None,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def _append(path: Path, count: int) -> None:
    with Store(path) as store:
        for i in range(count):
            value = {"value": {"fidelity": i / count, "layers": 5, "qasm": "h q[0];" * 50}}
            store.append(content_id(i), value, cost={"seconds": 1.0, "peak_bytes": 200 << 20})


def _shards(folder: Path, pattern: Path, count: int) -> Iterator[Path]:
    """Record files of 10,000 lines each, as long as those of a pattern, with ids of their own."""
    rests = [line[_ID.stop :] for line in pattern.read_bytes().splitlines(keepends=True)]
    cut = len(b'","crc32":"00000000",')
    for shard in range(count // _APPENDED):
        path = folder / f"records-{shard + 1}-of-{count // _APPENDED}.jsonl"
        with path.open("wb") as out:
            for i, rest in enumerate(rests):
                task_id = f"{shard * _APPENDED + i:032x}".encode()
                checked = zlib.crc32(task_id + rest[cut:])
                out.write(b'{"id":"' + task_id + b'","crc32":"%08x",' % checked + rest[cut:])
        yield path


def _table(records: Records, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        for task_id in records:
            value = records.read(task_id)["value"]
            out.write(json.dumps({"id": task_id, "fidelity": value["fidelity"]}) + "\n")


def split(count: int) -> None:
    """Keys of made-up rows (four per instance, some sharing structures), deduplicated and split."""
    rng = np.random.default_rng(0)
    structures = rng.integers(0, 3 * count // 4, size=count)
    keys = [
        RowKey(
            place=(i // 4, i % 4),
            id=f"{i:032x}",
            fingerprint=f"{i:032x}",
            split_keys=SplitKeys(
                structure=f"s{structures[i]}", group=f"g{i // 4}", family="x", num_qubits=i % 40
            ),
        )
        for i in range(count)
    ]
    seen: dict[str, str] = {}
    fresh = [key for key in keys if seen.setdefault(key.fingerprint, key.id) == key.id]
    given = assign_splits([key.split_keys for key in fresh], SplitRules(), seed=0, taken={})
    assert len(given) == count


def main() -> None:
    """Measure, print, write ``results/scaling`` and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    given = parser.parse_args()
    rows = []
    for row in chain(simulate(given.records), task_costs(), generation_costs()):
        print(json.dumps(row), flush=True)
        rows.append(row)
    columns = {"kind": "what", "cpu_seconds": "CPU seconds", "mib": "MiB"}
    write_results("scaling", rows, measured_on=machine(), columns=columns)
    write_page()


if __name__ == "__main__":
    main()
