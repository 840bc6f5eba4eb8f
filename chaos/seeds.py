"""The readers of qtools, each with valid files to begin from."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_QASM2 = (
    b'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncreg c[3];\nh q[0];\ncx q[0],q[1];\n'
    b"rz(pi/4) q[2];\nu3(0.1,0.2,0.3) q[1];\nbarrier q;\nmeasure q -> c;\n"
)
_QASM2_GATES = (
    b'OPENQASM 2.0;\ninclude "qelib1.inc";\ngate mine(a,b) x,y { rx(a) x; cx x,y; rz(b/2) y; }\n'
    b"qreg q[4];\nmine(0.3,pi) q[0],q[1];\nmine(1,2) q[2],q[3];\ncz q[1],q[2];\n"
)
_QASM3 = (
    b'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\nh q[0];\ncx q[0], q[1];\n'
    b"rz(pi/3) q[2];\nif (c[0]) { x q[1]; }\nc[0] = measure q[0];\n"
)
_HAMILTONIAN = (
    b'{"num_qubits": 4, "terms": [["XX", [0, 1], 0.25], ["ZZ", [1, 2], -1.5], ["Z", [3], 0.1]]}'
)
_PROBLEM = b"""
[hamiltonian]
model = "xyz"
sites = 6
coupling = [-0.25, 0.5, 1.0]
disorder = [0.1, 0.2]
seed = 3
[evolution]
initial = "neel"
time = 1.2
[ansatz]
layers = 5
[optimize]
fidelity = 0.9995
basis = ["cx", "rz", "sx", "x"]
"""
_GRID = _PROBLEM + b'[sweep]\nevolution.time = "0.2:0.4:0.2"\nansatz.layers = [2, 3]\n'
_RECIPE = b"""
name = "tiny"
seed = 5
max_qubits = 8
[splits]
validation = 0.1
held_out_sizes = [5]
[[sources]]
name = "mqt_bench"
instances = 4
families = ["ghz", "bv"]
"""
_TRAINING = b"""
name = "x"
steps = 10
precision = "no"
[model]
width = 32
heads = 2
"""
_OPENFERMION = b"(0.25+0j) [X0 X1] + (1+0j) [Z0] + (-0.5+0j) [Y1 Y2]"


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
    from qtools.generate.recipe import load_recipe

    _ = load_recipe(str(_file(folder, "r.toml", data))).id


def _read_manifest(folder: Path, data: bytes) -> None:
    from qtools.datasets.corpus import Corpus

    _file(folder, "manifest.json", data)
    Corpus.open(folder)


def _read_parquet(folder: Path, data: bytes) -> None:
    from qtools.generate.verify.circuits import read_programs

    _file(folder, "data/train-00000.parquet", data)
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
    from qtools.generate.pretrained import load_pretrained

    for other, content in small_model().items():
        _file(folder, other, content)
    _file(folder, name, data)
    load_pretrained(folder)


@cache
def small_model() -> dict[str, bytes]:
    """The files of a very small model."""
    import tempfile

    import torch

    from qtools.generate.conditions import ConditionNames
    from qtools.generate.model import CircuitConfig, CircuitModel
    from qtools.generate.pretrained import save_pretrained
    from qtools.generate.request import ConditionTable

    torch.set_num_threads(1)
    names = ConditionNames(families=("ghz",), gate_sets=("universal",), levels=("alg",))
    sizes = CircuitConfig(
        condition_sizes=names.sizes(), width=16, layers=1, heads=1, inner=16, pointer=8
    )
    table = ConditionTable(
        names=names,
        gates_of={"universal": ("cx", "h")},
        ids=np.array([[1, 1, 1, 3, 5, 4]]),
        counts=np.array([2]),
    )
    with tempfile.TemporaryDirectory() as name:
        save_pretrained(Path(name), CircuitModel(sizes), table, "")
        return {
            path.name: path.read_bytes()
            for path in Path(name).iterdir()
            if path.name in ("config.json", "conditions.json", "model.safetensors")
        }


def _npz_seeds() -> tuple[bytes, ...]:
    tensors = [np.zeros((1, 2, 2), dtype=complex), np.zeros((2, 2, 1), dtype=complex)]
    tensors[0][0, 0, 0] = tensors[1][0, 0, 0] = 1
    ours, quimbs, aers = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(ours, format=1, num_sites=2, tensor_0=tensors[0], tensor_1=tensors[1])
    np.savez(quimbs, tensors[0][0].T, tensors[1][:, :, 0])
    np.savez(
        aers,
        gamma_0=np.ones((2, 1, 1)) / 2**0.5,
        lambda_0=np.ones(1),
        gamma_1=np.ones((2, 1, 1)) / 2**0.5,
    )
    return ours.getvalue(), quimbs.getvalue(), aers.getvalue()


def _checkpoint_seeds() -> tuple[bytes, ...]:
    import tempfile

    from qtools.runs.array_file import write_arrays

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.npz"
        write_arrays(path, {"gates": np.ones((2, 4, 4)), "run_id": np.array("abc")})
        return (path.read_bytes(),)


def _hdf5_seeds() -> tuple[bytes, ...]:
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["chain"] = _OPENFERMION.decode()
        file["other"] = np.arange(3.0)
    return (stream.getvalue(),)


def _hdf5_state_seeds() -> tuple[bytes, ...]:
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file, np.load(io.BytesIO(_npz_seeds()[2])) as arrays:
        for name in arrays.files:
            file[name] = arrays[name]
    return (stream.getvalue(),)


def _zip_seeds() -> tuple[bytes, ...]:
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("h.hdf5", _hdf5_seeds()[0])
        made.append(stream.getvalue())
    return tuple(made)


def _qpy_seeds() -> tuple[bytes, ...]:
    from qiskit import QuantumCircuit, qpy

    circuit = QuantumCircuit(3, 2)
    circuit.h(0)
    circuit.rz(0.5, 1)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    stream = io.BytesIO()
    qpy.dump(circuit, stream)
    return (stream.getvalue(),)


def _parquet_seeds() -> tuple[bytes, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    row = {"id": "a", "qasm": _QASM2.decode(), "family": "x", "num_qubits": 3}
    pq.write_table(pa.Table.from_pylist([row, row]), stream)
    return (stream.getvalue(),)


def _manifest_seeds() -> tuple[bytes, ...]:
    from dataclasses import asdict

    from qtools.datasets.manifest import Manifest, SourceEntry
    from qtools.datasets.schema import FORMAT
    from qtools.datasets.shards import Shard

    shard = Shard(path="data/train-a-0.parquet", split="train", rows=1, bytes=10, sha256="00")
    entry = SourceEntry(
        name="a",
        license="MIT",
        origin="o",
        copyright="c",
        generator="file",
        released=True,
        circuits={"train": 1},
        rejected={"duplicate": 2},
        candidates=3,
        families={"x": 1},
        shards=(shard,),
        notices=("LICENSES/a-LICENSE",),
    )
    made = Manifest(
        name="a",
        seed=0,
        recipe=None,
        recipe_id="",
        versions={"numpy": "2"},
        splits={"validation": 0.05},
        sources=(entry,),
    )
    record = {"format": FORMAT, "circuits": made.circuits(), **asdict(made)}
    return (json.dumps(record, indent=1).encode(),)


def _record_seeds() -> tuple[bytes, ...]:
    import tempfile

    from qtools.runs.store import Store
    from qtools.runs.tasks import content_id

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "records.jsonl"
        with Store(path) as store:
            for number in range(4):
                store.append(content_id(number), {"x": [number]}, cost={"seconds": 0.5})
        return (path.read_bytes(),)


def _result_seeds() -> tuple[bytes, ...]:
    record = {
        "time": 1.0,
        "source": "evolution",
        "certificate": {"fidelity": 1.0},
        "settings": {"optimizer": "lbfgs"},
    }
    return (json.dumps(record).encode(),)


READERS: dict[str, Reader] = {
    "circuit, OpenQASM 2": Reader(
        seeds=lambda: (_QASM2, _QASM2_GATES), read=_read_circuit, weight=6
    ),
    "circuit, OpenQASM 3": Reader(
        seeds=lambda: (_QASM3,), read=_read_circuit, weight=2, sandboxed=True
    ),
    "circuit, QPY": Reader(seeds=_qpy_seeds, read=_read_circuit, weight=2, sandboxed=True),
    "import": Reader(
        seeds=lambda: (_QASM2, _QASM2_GATES, _QASM3, *_qpy_seeds()),
        read=_read_wild,
        weight=4,
        sandboxed=True,
    ),
    "state, npz": Reader(seeds=_npz_seeds, read=_read_state, weight=4),
    "checkpoint, npz": Reader(seeds=_checkpoint_seeds, read=_read_checkpoint, weight=2),
    "state, HDF5": Reader(seeds=_hdf5_state_seeds, read=_read_state, weight=2, sandboxed=True),
    "Hamiltonian, JSON": Reader(seeds=lambda: (_HAMILTONIAN,), read=_read_hamiltonian, weight=8),
    "Hamiltonian, HDF5": Reader(seeds=_hdf5_seeds, read=_read_hamlib, weight=2, sandboxed=True),
    "Hamiltonian, zip": Reader(seeds=_zip_seeds, read=_read_archive, weight=2, sandboxed=True),
    "Hamiltonian, OpenFermion": Reader(
        seeds=lambda: (_OPENFERMION,), read=_read_openfermion, weight=8
    ),
    "problem, TOML": Reader(seeds=lambda: (_PROBLEM,), read=_read_problem, weight=6),
    "grid, TOML": Reader(seeds=lambda: (_GRID,), read=_read_grid, weight=4),
    "result, JSON": Reader(seeds=_result_seeds, read=_read_result, weight=6),
    "corpus recipe, TOML": Reader(seeds=lambda: (_RECIPE,), read=_read_recipe, weight=6),
    "training recipe, TOML": Reader(seeds=lambda: (_TRAINING,), read=_read_training, weight=6),
    "manifest, JSON": Reader(seeds=_manifest_seeds, read=_read_manifest, weight=6),
    "circuits, Parquet": Reader(seeds=_parquet_seeds, read=_read_parquet, weight=4),
    "records, JSON lines": Reader(seeds=_record_seeds, read=_read_records, weight=8),
    "model conditions, JSON": Reader(
        seeds=lambda: (small_model()["conditions.json"],), read=_read_conditions, weight=2
    ),
    "model configuration, JSON": Reader(
        seeds=lambda: (small_model()["config.json"],), read=_read_config, weight=2
    ),
    "model weights, safetensors": Reader(
        seeds=lambda: (small_model()["model.safetensors"],), read=_read_weights, weight=2
    ),
}
