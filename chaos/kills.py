"""Long jobs that are killed at random moments, with all their processes, and run again.

    python -m chaos.kills [--kills 100] [--jobs compile,build,import,train,sample] [--seed 0]

Each job is a command line. It runs once undisturbed; then it is started, killed with SIGKILL at a
random moment, and started again until it ends. Its files must be those of the undisturbed run, byte
for byte, apart from what names a time. Prints one JSON line per job.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.grids import write_grid

_PATIENCE = 3000.0
_RECIPE = """
name = "tiny"
seed = 5
max_qubits = 6
max_gates = 80
[splits]
validation = 0.4
[[sources]]
name = "mqt_bench"
instances = 3
variants = 1
fixed_variants = 1
families = ["ghz", "wstate", "bv", "qft"]
[[sources]]
name = "trotter"
instances = 3
variants = 1
families = ["trotter_ising"]
"""
_TRAINING = """
name = "chaos"
rows_per_batch = 256
steps = 40
warmup = 2
evaluate_every = 20
checkpoint_every = 4
validation_documents = 8
[model]
width = 32
layers = 1
heads = 2
inner = 32
pointer = 16
"""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command whose output is compared.

    Attributes:
        command: its command line, with ``{out}`` for the output directory.
        files: those that must be equal, as patterns below the output directory.
    """

    command: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """What became of one job.

    Attributes:
        job: its name.
        kills: how often it was killed.
        runs: that ended after kills.
        equal: how many of them ended with the undisturbed files.
    """

    job: str
    kills: int
    runs: int
    equal: int


def _compile(folder: Path) -> Job:
    options = ("--model", "heisenberg", "--sites", "10", "--coupling", "-0.25", "--time", "1.5")
    more = ("--initial", "neel", "--layers", "7", "--tolerance", "1e-7", "--quiet")
    limits = ("--max-iterations", "250", "--checkpoint-seconds", "0.05")
    return Job(
        command=("compile", "evolution", *options, *more, *limits, "--out", "{out}"),
        files=("circuit.qasm", "target.npz", "ansatz.npz"),
    )


def _sweep(folder: Path) -> Job:
    grid = write_grid(folder / "grid.toml", 24)
    command = ("compile", "sweep", str(grid), "--executor", "processes:2", "--quiet")
    return Job(
        command=(*command, "--out", "{out}"), files=("results.jsonl", "sweep.json", "circuits/*")
    )


def _build(folder: Path) -> Job:
    recipe = folder / "tiny.toml"
    recipe.write_text(_RECIPE, encoding="utf-8")
    command = ("datasets", "build", "--recipe", str(recipe), "--executor", "processes:2")
    return Job(command=(*command, "--quiet", "--out", "{out}"), files=("**/*",))


def _import(folder: Path) -> Job:
    files = folder / "files"
    files.mkdir(exist_ok=True)
    for number in range(60):
        gates = "".join(f"h q[{i % 3}]; cx q[{i % 3}],q[{(i + 1) % 3}];\n" for i in range(number))
        head = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\n'
        (files / f"c{number}.qasm").write_text(head + gates, encoding="utf-8")
    command = ("datasets", "import", str(files), "--source", "mine", "--license", "MIT")
    return Job(
        command=(*command, "--executor", "processes:2", "--quiet", "--out", "{out}"),
        files=("**/*",),
    )


def _train(folder: Path) -> Job:
    recipe = folder / "chaos.toml"
    recipe.write_text(_TRAINING, encoding="utf-8")
    command = ("generate", "train", "--corpus", str(_corpus(folder)), "--recipe", str(recipe))
    return Job(
        command=(*command, "--threads", "1", "--quiet", "--out", "{out}"),
        files=("model.safetensors", "config.json", "conditions.json"),
    )


def _sample(folder: Path) -> Job:
    model = folder / "model"
    if not model.exists():
        job = _train(folder)
        _run([part.format(out=model) for part in job.command])
    command = ("generate", "sample", "--model", str(model), "-n", "128", "--seed", "3")
    return Job(
        command=(*command, "--gates", "5:40", "--quiet", "--out", "{out}"),
        files=("*.qasm", "index.json"),
    )


def _corpus(folder: Path) -> Path:
    corpus = folder / "corpus"
    if not corpus.exists():
        job = _build(folder)
        _run([part.format(out=corpus) for part in job.command])
    return corpus


JOBS: dict[str, Callable[[Path], Job]] = {
    "compile": _compile,
    "sweep": _sweep,
    "build": _build,
    "import": _import,
    "train": _train,
    "sample": _sample,
}


def kill_and_resume(name: str, folder: Path, *, kills: int, seed: int) -> Resumed:
    """Kill one job so many times, over as many runs as it takes."""
    job = JOBS[name](folder)
    began = time.monotonic()
    whole = folder / f"{name}-whole"
    _run([part.format(out=whole) for part in job.command])
    seconds = time.monotonic() - began
    expected = _contents(whole, job)
    assert expected, f"the undisturbed {name} made no files"
    rng = random.Random(f"{name} {seed}")
    done = runs = equal = 0
    while done < kills:
        out = folder / f"{name}-{runs}"
        command = [part.format(out=out) for part in job.command]
        # At most six kills per run: one that is never let live would never end.
        for _ in range(min(6, kills - done)):
            if not _killed(command, rng.uniform(0.1, 1.0) * seconds):
                break
            done += 1
        _run(command)
        runs += 1
        equal += _contents(out, job) == expected
        shutil.rmtree(out)
    return Resumed(job=name, kills=done, runs=runs, equal=equal)


def _contents(out: Path, job: Job) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for pattern in job.files
        for path in sorted(out.glob(pattern))
        if path.is_file() and ".tasks" not in path.parts and path.name != "report.html"
    }


def _command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "qtools", *arguments]


def _run(arguments: list[str]) -> None:
    done = subprocess.run(
        _command(arguments), capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode:
        raise SystemExit(f"{arguments} ended with {done.returncode}: {done.stderr[-2000:]}")


def _killed(arguments: list[str], seconds: float) -> bool:
    """Start a job and kill it after a while; False when it ended before."""
    with subprocess.Popen(
        _command(arguments),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
    return False


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    names = given.jobs.split(",")
    with tempfile.TemporaryDirectory() as folder:
        for place, name in enumerate(names):
            share = given.kills * (place + 1) // len(names) - given.kills * place // len(names)
            found = kill_and_resume(name, Path(folder), kills=share, seed=given.seed)
            print(json.dumps(asdict(found)), flush=True)


if __name__ == "__main__":
    main()
