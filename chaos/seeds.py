"""Valid files of every kind that qtools reads, to begin from."""

import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np

QASM2 = (
    b'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncreg c[3];\nh q[0];\ncx q[0],q[1];\n'
    b"rz(pi/4) q[2];\nu3(0.1,0.2,0.3) q[1];\nbarrier q;\nmeasure q -> c;\n"
)
QASM2_GATES = (
    b'OPENQASM 2.0;\ninclude "qelib1.inc";\ngate mine(a,b) x,y { rx(a) x; cx x,y; rz(b/2) y; }\n'
    b"qreg q[4];\nmine(0.3,pi) q[0],q[1];\nmine(1,2) q[2],q[3];\ncz q[1],q[2];\n"
)
QASM3 = (
    b'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\nh q[0];\ncx q[0], q[1];\n'
    b"rz(pi/3) q[2];\nif (c[0]) { x q[1]; }\nc[0] = measure q[0];\n"
)
HAMILTONIAN = (
    b'{"num_qubits": 4, "terms": [["XX", [0, 1], 0.25], ["ZZ", [1, 2], -1.5], ["Z", [3], 0.1]]}'
)
PROBLEM = b"""
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
GRID = PROBLEM + b'[sweep]\nevolution.time = "0.2:0.4:0.2"\nansatz.layers = [2, 3]\n'
RECIPE = b"""
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
TRAINING = b"""
name = "x"
steps = 10
precision = "no"
[model]
width = 32
heads = 2
"""
OPENFERMION = b"(0.25+0j) [X0 X1] + (1+0j) [Z0] + (-0.5+0j) [Y1 Y2]"


@cache
def small_model() -> dict[str, bytes]:
    """The files of a very small model."""
    import torch

    from qtools.generate.grammar.condition_table import ConditionTable
    from qtools.generate.language.conditions import ConditionNames
    from qtools.generate.model.network import CircuitConfig, CircuitModel
    from qtools.generate.model.pretrained import save_pretrained

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
        widths=frozenset({3}),
    )
    with tempfile.TemporaryDirectory() as name:
        save_pretrained(Path(name), CircuitModel(sizes), table, "")
        return {
            path.name: path.read_bytes()
            for path in Path(name).iterdir()
            if path.name in ("config.json", "conditions.json", "model.safetensors")
        }


def npz_files() -> tuple[bytes, ...]:
    """States: our own form, quimb's arrays, Aer's form."""
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


def checkpoint_files() -> tuple[bytes, ...]:
    """A checkpoint with its checksum."""
    from qtools.runs.array_file import write_arrays

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.npz"
        write_arrays(path, {"gates": np.ones((2, 4, 4)), "run_id": np.array("abc")})
        return (path.read_bytes(),)


def hdf5_files() -> tuple[bytes, ...]:
    """A Hamiltonian of HamLib's."""
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["chain"] = OPENFERMION.decode()
        file["other"] = np.arange(3.0)
    return (stream.getvalue(),)


def hdf5_state_files() -> tuple[bytes, ...]:
    """A state in Aer's form."""
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file, np.load(io.BytesIO(npz_files()[2])) as arrays:
        for name in arrays.files:
            file[name] = arrays[name]
    return (stream.getvalue(),)


def zip_files() -> tuple[bytes, ...]:
    """The Hamiltonian packed, stored and deflated."""
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("h.hdf5", hdf5_files()[0])
        made.append(stream.getvalue())
    return tuple(made)


def qpy_files() -> tuple[bytes, ...]:
    """A circuit of Qiskit's own form."""
    from qiskit import QuantumCircuit, qpy

    circuit = QuantumCircuit(3, 2)
    circuit.h(0)
    circuit.rz(0.5, 1)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    stream = io.BytesIO()
    qpy.dump(circuit, stream)
    return (stream.getvalue(),)


def parquet_files() -> tuple[bytes, ...]:
    """Rows of circuits."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    row = {"id": "a", "qasm": QASM2.decode(), "family": "x", "num_qubits": 3}
    pq.write_table(pa.Table.from_pylist([row, row]), stream)
    return (stream.getvalue(),)


def manifest_files() -> tuple[bytes, ...]:
    """The manifest of a corpus."""
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


def record_files() -> tuple[bytes, ...]:
    """Records of a campaign."""
    from qtools.runs.store import Store
    from qtools.runs.tasks import content_id

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "records.jsonl"
        with Store(path) as store:
            for number in range(4):
                store.append(content_id(number), {"x": [number]}, cost={"seconds": 0.5})
        return (path.read_bytes(),)


def index_files() -> tuple[bytes, ...]:
    """The index of sampled circuits."""
    record = {
        "id": "0" * 32,
        "summary": {"circuits": 1, "gates": 3, "removed_probability": 0.25},
        "seed": 1,
        "circuits": [{"file": "in.qasm", "conditions": {"family": "ghz"}, "num_gates": 3}],
    }
    return (json.dumps(record).encode(),)


def result_files() -> tuple[bytes, ...]:
    """The result of a compilation."""
    record = {
        "time": 1.0,
        "source": "evolution",
        "certificate": {"fidelity": 1.0},
        "settings": {"optimizer": "lbfgs"},
    }
    return (json.dumps(record).encode(),)
