"""The readers of qtools: every way in for a file from outside, as the commands take it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos import seeds


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A way in.

    Attributes:
        seeds: valid files.
        read: given an empty folder and the content of a file, reads it as the commands do.
        weight: how many of the inputs it gets, relative to others.
        sandboxed: commands read it in a process of its own, which may die.
    """

    seeds: Callable[[], tuple[bytes, ...]]
    read: Callable[[Path, bytes], Any]
    weight: float = 1.0
    sandboxed: bool = False


def _file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _read_circuit(folder: Path, data: bytes) -> None:
    from qtools.compile.output.circuit_files import read_circuit

    read_circuit(_file(folder, "in.qasm", data))


def _read_wild(folder: Path, data: bytes) -> None:
    from qtools.datasets.wild.read import read_file

    read_file(_file(folder, "in.qasm", data))


def _read_state(folder: Path, data: bytes) -> None:
    from qtools.compile.inputs.mps_input import read_state

    read_state(_file(folder, "in.npz", data))


def _read_checkpoint(folder: Path, data: bytes) -> None:
    from qtools.runs.array_file import read_arrays

    read_arrays(_file(folder, "fit.npz", data), what="checkpoint")


def _read_hamiltonian(folder: Path, data: bytes) -> None:
    from qtools.compile.inputs.hamiltonian_file import read_hamiltonian

    read_hamiltonian(_file(folder, "h.json", data))


def _read_hamlib(folder: Path, data: bytes) -> None:
    from qtools.compile.inputs.hamlib import read_hamlib

    read_hamlib(Path(f"{_file(folder, 'h.hdf5', data)}::chain"))


def _read_archive(folder: Path, data: bytes) -> None:
    from qtools.compile.inputs.hamlib import read_hamlib

    read_hamlib(Path(f"{_file(folder, 'h.zip', data)}::chain"))


def _read_openfermion(folder: Path, data: bytes) -> None:
    from qtools.compile.inputs.hamlib import parse_openfermion

    parse_openfermion(data.decode("utf-8", errors="replace"))


def _read_problem(folder: Path, data: bytes) -> None:
    from qtools.compile.inputs.problem_file import read_problem_file

    request = read_problem_file(_file(folder, "p.toml", data))
    request.problem()
    request.settings()


def _read_grid(folder: Path, data: bytes) -> None:
    from qtools.compile.sweep.grid import read_grid

    read_grid(_file(folder, "g.toml", data)).tasks()


def _read_result(folder: Path, data: bytes) -> None:
    from qtools.compile.output.citations import citations

    _file(folder, "result.json", data)
    citations(folder)


def _read_recipe(folder: Path, data: bytes) -> None:
    from qtools.datasets.recipe import load_recipe

    _ = load_recipe(str(_file(folder, "r.toml", data))).id


def _read_training(folder: Path, data: bytes) -> None:
    from qtools.generate.training.recipe import load_recipe

    _ = load_recipe(str(_file(folder, "r.toml", data))).id


def _read_manifest(folder: Path, data: bytes) -> None:
    from qtools.datasets.corpus import Corpus

    _file(folder, "manifest.json", data)
    Corpus.open(folder)


def _read_parquet(folder: Path, data: bytes) -> None:
    from qtools.generate.verify.circuits import read_programs

    _file(folder, "data/train-00000.parquet", data)
    read_programs(folder)


def _read_index(folder: Path, data: bytes) -> None:
    from qtools.generate.sampling.write import written
    from qtools.generate.verify.circuits import read_programs

    _file(folder, "index.json", data)
    _file(folder, "in.qasm", seeds.QASM2)
    written(folder, "0" * 32)
    read_programs(folder)


def _read_records(folder: Path, data: bytes) -> None:
    from qtools.runs.store import Records

    records = Records([_file(folder, "records.jsonl", data)])
    for task_id in records:
        records.read(task_id)


def _read_conditions(folder: Path, data: bytes) -> None:
    _read_model_file(folder, "conditions.json", data)


def _read_config(folder: Path, data: bytes) -> None:
    _read_model_file(folder, "config.json", data)


def _read_weights(folder: Path, data: bytes) -> None:
    _read_model_file(folder, "model.safetensors", data)


def _read_model_file(folder: Path, name: str, data: bytes) -> None:
    from qtools.generate.model.pretrained import load_pretrained

    for other, content in seeds.small_model().items():
        _file(folder, other, content)
    _file(folder, name, data)
    load_pretrained(folder)


READERS: dict[str, Reader] = {
    "circuit, OpenQASM 2": Reader(
        seeds=lambda: (seeds.QASM2, seeds.QASM2_GATES), read=_read_circuit, weight=6
    ),
    "circuit, OpenQASM 3": Reader(
        seeds=lambda: (seeds.QASM3,), read=_read_circuit, weight=2, sandboxed=True
    ),
    "circuit, QPY": Reader(seeds=seeds.qpy_files, read=_read_circuit, weight=2, sandboxed=True),
    "import": Reader(
        seeds=lambda: (seeds.QASM2, seeds.QASM2_GATES, seeds.QASM3, *seeds.qpy_files()),
        read=_read_wild,
        weight=4,
        sandboxed=True,
    ),
    "state, npz": Reader(seeds=seeds.npz_files, read=_read_state, weight=4),
    "checkpoint, npz": Reader(seeds=seeds.checkpoint_files, read=_read_checkpoint, weight=2),
    "state, HDF5": Reader(seeds=seeds.hdf5_state_files, read=_read_state, weight=2, sandboxed=True),
    "Hamiltonian, JSON": Reader(
        seeds=lambda: (seeds.HAMILTONIAN,), read=_read_hamiltonian, weight=8
    ),
    "Hamiltonian, HDF5": Reader(
        seeds=seeds.hdf5_files, read=_read_hamlib, weight=2, sandboxed=True
    ),
    "Hamiltonian, zip": Reader(seeds=seeds.zip_files, read=_read_archive, weight=2, sandboxed=True),
    "Hamiltonian, OpenFermion": Reader(
        seeds=lambda: (seeds.OPENFERMION,), read=_read_openfermion, weight=8
    ),
    "problem, TOML": Reader(seeds=lambda: (seeds.PROBLEM,), read=_read_problem, weight=6),
    "grid, TOML": Reader(seeds=lambda: (seeds.GRID,), read=_read_grid, weight=4),
    "result, JSON": Reader(seeds=seeds.result_files, read=_read_result, weight=6),
    "corpus recipe, TOML": Reader(seeds=lambda: (seeds.RECIPE,), read=_read_recipe, weight=6),
    "training recipe, TOML": Reader(seeds=lambda: (seeds.TRAINING,), read=_read_training, weight=6),
    "manifest, JSON": Reader(seeds=seeds.manifest_files, read=_read_manifest, weight=6),
    "circuits, Parquet": Reader(seeds=seeds.parquet_files, read=_read_parquet, weight=4),
    "index of samples, JSON": Reader(seeds=seeds.index_files, read=_read_index, weight=4),
    "records, JSON lines": Reader(seeds=seeds.record_files, read=_read_records, weight=8),
    "model conditions, JSON": Reader(
        seeds=lambda: (seeds.small_model()["conditions.json"],), read=_read_conditions, weight=2
    ),
    "model configuration, JSON": Reader(
        seeds=lambda: (seeds.small_model()["config.json"],), read=_read_config, weight=2
    ),
    "model weights, safetensors": Reader(
        seeds=lambda: (seeds.small_model()["model.safetensors"],), read=_read_weights, weight=2
    ),
}
