"""Twenty kinds of hostile input, each made here and each refused in one sentence.

    python -m chaos.malicious [--json] [KIND ...]

Every kind is a function that writes its files into an empty folder and returns the command line
that would read them. :func:`attack` runs it as a user would, in a process with limits, and says
whether it was refused: exit code 2, 4 or 5, one line on stderr, no traceback, no file outside the
folder, nothing executed.
"""

import argparse
import io
import json
import os
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

Attack = Callable[[Path], list[str]]

_REFUSED = (2, 4, 5)
_SECONDS = 60.0
_MEMORY_BYTES = 4 << 30
_QASM = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
#: A file that only executed code would make.
PROOF = "executed"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one attack ended.

    Attributes:
        kind: of the attack.
        refused: whether it was refused as it must be.
        code: exit code; None when it took too long.
        sentence: what was printed.
    """

    kind: str
    refused: bool
    code: int | None
    sentence: str


def attack(kind: str, folder: Path) -> Verdict:
    """Run one attack in an empty folder."""
    arguments = ATTACKS[kind](folder)
    before = _files_around(folder)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _LIMITED, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "NO_COLOR": "1"},
        )
    except subprocess.TimeoutExpired:
        return Verdict(kind=kind, refused=False, code=None, sentence="took too long")
    said = done.stderr.strip()
    refused = (
        done.returncode in _REFUSED
        and said.startswith("error: ")
        and "\n" not in said
        and "Traceback" not in said
        and "\x1b" not in done.stderr + done.stdout
        and not (folder / PROOF).exists()
        and _files_around(folder) == before
    )
    return Verdict(kind=kind, refused=refused, code=done.returncode, sentence=said[:300])


_LIMITED = (
    "import resource, sys;"
    f"resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY_BYTES}, {_MEMORY_BYTES}));"
    "from qtools.cli import run; sys.exit(run(sys.argv[1:]))"
)


def _files_around(folder: Path) -> set[str]:
    """Names beside the folder, where a path that climbs out would write."""
    return {entry.name for entry in folder.parent.iterdir()}


def _circuit(folder: Path, text: str | bytes, name: str = "in.qasm") -> list[str]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return ["compile", "circuit", name, "--layers", "2", "--out", "out", "--quiet"]


def _state(folder: Path, data: bytes, name: str = "in.npz") -> list[str]:
    (folder / name).write_bytes(data)
    return ["compile", "mps", name, "--layers", "2", "--out", "out", "--quiet"]


def _hamiltonian(folder: Path, name: str, data: bytes) -> list[str]:
    (folder / name.split("::")[0]).write_bytes(data)
    options = ["--time", "0.1", "--layers", "2", "--out", "out", "--quiet"]
    return ["compile", "evolution", "--hamiltonian", name, *options]


class _Payload:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (PROOF, "w")


def _pickled_npz(folder: Path) -> list[str]:
    stream = io.BytesIO()
    np.savez(stream, tensor_0=np.array([_Payload()], dtype=object))
    return _state(folder, stream.getvalue())


def _pickle_file(folder: Path) -> list[str]:
    return _state(folder, pickle.dumps(_Payload()), "in.pkl")


def _declared_large(data: bytes, size: int) -> bytes:
    """A zip archive whose members of ``size`` bytes are said to unpack to 4 GiB each."""
    real, said = size.to_bytes(4, "little"), (0xFFFFFFF0).to_bytes(4, "little")
    assert real in data
    return data.replace(real, said)


def _npz_bomb(folder: Path) -> list[str]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(2):
            archive.writestr(f"tensor_{number}.npy", bytes(1_234_567))
    return _state(folder, _declared_large(stream.getvalue(), 1_234_567))


def _npz_giant_shape(folder: Path) -> list[str]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<c16", "fortran_order": False, "shape": (1 << 50,)}
        )
        archive.writestr("tensor_0.npy", header.getvalue())
    return _state(folder, stream.getvalue())


def _many_qubits(folder: Path) -> list[str]:
    return _circuit(folder, _QASM + "qreg q[1000000000];\nh q[0];\n")


def _gate_bomb(folder: Path) -> list[str]:
    levels = "".join(f"gate g{i + 1} a {{ g{i} a; g{i} a; }}\n" for i in range(60))
    return _circuit(folder, _QASM + "gate g0 a { h a; }\n" + levels + "qreg q[2];\ng60 q[0];\n")


def _broadcast_bomb(folder: Path) -> list[str]:
    return _circuit(folder, _QASM + "qreg q[90000];\n" + "h q;\n" * 20_000)


def _include_outside(folder: Path) -> list[str]:
    (folder / "secret.inc").write_text("gate secret a { h a; }\n")
    return _circuit(folder, 'OPENQASM 2.0;\ninclude "../secret.inc";\nqreg q[2];\nsecret q[0];\n')


def _qasm3_qubits(folder: Path) -> list[str]:
    return _circuit(folder, "OPENQASM 3.0;\nconst int n = 1000000000;\nqubit[n] q;\nU(0,0,0) q;\n")


def _qasm3_nested(folder: Path) -> list[str]:
    return _circuit(folder, "OPENQASM 3.0;\nqubit q;\nU(" + "(" * 100_000 + "0,0,0) q;\n")


def _script_in_a_name(folder: Path) -> list[str]:
    name = "<script>alert(1)</script>\x1b[2J\x07"
    return _circuit(folder, _QASM + f"qreg q[1];\n{name} q[0];\n")


def _escape_in_a_file_name(folder: Path) -> list[str]:
    return _circuit(folder, _QASM + "qreg q[1]; no_such q[0];\n", "\x1b]0;owned\x07.qasm")


def _old_qpy(folder: Path) -> list[str]:
    return _circuit(folder, b"QISKIT\x0a" + bytes(200), "in.qpy")


def _cut_qpy(folder: Path) -> list[str]:
    from qiskit import QuantumCircuit, qpy

    stream = io.BytesIO()
    circuit = QuantumCircuit(2)
    circuit.h(0)
    qpy.dump(circuit, stream)
    return _circuit(folder, stream.getvalue()[:-20], "in.qpy")


def _deep_json(folder: Path) -> list[str]:
    return _hamiltonian(folder, "h.json", b'{"num_qubits":' + b"[" * 200_000)


def _many_sites(folder: Path) -> list[str]:
    return _hamiltonian(folder, "h.json", b'{"num_qubits": 1000000000, "terms": [["X", [0], 1.0]]}')


def _deep_toml(folder: Path) -> list[str]:
    (folder / "in.toml").write_text("a = " + "[" * 100_000)
    return ["compile", "evolution", "in.toml", "--layers", "2", "--out", "out", "--quiet"]


def _zip_slip(folder: Path) -> list[str]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../escaped.hdf5", b"\x89HDF\r\n\x1a\n" + bytes(100))
    return _hamiltonian(folder, "h.zip::key", stream.getvalue())


def _zip_bomb(folder: Path) -> list[str]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("h.hdf5", bytes(1_234_567))
    return _hamiltonian(folder, "h.zip::key", _declared_large(stream.getvalue(), 1_234_567))


def _hdf5_elsewhere(folder: Path) -> list[str]:
    import h5py

    (folder / "secret").write_bytes(b"(1+0j) [X0]")
    with h5py.File(folder / "h.hdf5", "w") as file:
        kind = np.dtype("S11")
        file.create_dataset("key", (1,), kind, external=[(str(folder / "secret"), 0, 11)])
    return _hamiltonian(folder, "h.hdf5::key", (folder / "h.hdf5").read_bytes())


def _link_out(folder: Path) -> list[str]:
    (folder / "files").mkdir()
    (folder / "files" / "passwd.qasm").symlink_to("/etc/passwd")
    options = ["--source", "mine", "--license", "MIT", "--out", "out", "--quiet"]
    return ["datasets", "import", "files", *options]


def _corpus(folder: Path, **changes: object) -> Path:
    """A corpus that is sound but for some fields of its only source."""
    entry: dict[str, object] = {
        "name": "mine",
        "license": "MIT",
        "origin": "",
        "copyright": "",
        "generator": "file",
        "released": True,
        "circuits": {"train": 1},
        "rejected": {},
        "candidates": 1,
        "families": {"x": 1},
        "shards": [],
        "quarantine": "",
        "notices": [],
    }
    from qtools.datasets.schema import FORMAT

    record = {
        "format": FORMAT,
        "circuits": {},
        "name": "corpus",
        "seed": 0,
        "recipe": None,
        "recipe_id": "",
        "versions": {},
        "splits": {},
        "sources": [entry | changes],
    }
    (folder / "corpus").mkdir()
    (folder / "corpus" / "manifest.json").write_text(json.dumps(record))
    return folder / "corpus"


def _notice_outside(folder: Path) -> list[str]:
    _corpus(folder, notices=["../../../../../../etc/passwd"])
    return ["datasets", "export", "corpus", "--out", "out"]


def _shard_outside(folder: Path) -> list[str]:
    shard = {"path": "/etc/passwd", "split": "train", "rows": 1, "bytes": 1, "sha256": ""}
    _corpus(folder, shards=[shard])
    return ["datasets", "stats", "corpus"]


def _no_parquet(folder: Path) -> list[str]:
    path = "data/train-mine-00000.parquet"
    shard = {"path": path, "split": "train", "rows": 1, "bytes": 1, "sha256": ""}
    corpus = _corpus(folder, shards=[shard])
    (corpus / "data").mkdir()
    (corpus / path).write_bytes(b"PAR1" + bytes(100) + b"\xff\xff\xff\x7fPAR1")
    return ["datasets", "stats", "corpus"]


def _giant_model(folder: Path) -> list[str]:
    model = folder / "model"
    model.mkdir()
    sizes = dict.fromkeys(("width", "layers", "heads", "inner", "pointer"), 8192)
    config = {"model_type": "qtools-circuits", "condition_sizes": [1], **sizes}
    (model / "config.json").write_text(json.dumps(config))
    (model / "conditions.json").write_text("{}")
    (model / "model.safetensors").write_bytes((1 << 40).to_bytes(8, "little"))
    return ["generate", "sample", "--model", "model", "--out", "out", "-n", "1", "--quiet"]


def _recipe_of_wrong_types(folder: Path) -> list[str]:
    (folder / "r.toml").write_text('name = 1\nseed = "x"\n[[sources]]\nname = []\ninstances = -1\n')
    return ["datasets", "build", "--recipe", "r.toml", "--out", "out", "--quiet"]


def _campaign_of_others(folder: Path) -> list[str]:
    state = folder / "out" / ".tasks"
    state.mkdir(parents=True)
    request = {"paths": ["/etc"], "source": "../../x", "license": "MIT"}
    record = {"kind": "import", "id": "0" * 32, "request": request, "tasks": 1}
    (state / "campaign.json").write_text(json.dumps(record))
    return ["merge", "out"]


ATTACKS: dict[str, Attack] = {
    "pickle in npz": _pickled_npz,
    "pickle as a state": _pickle_file,
    "npz that unpacks to 8 GiB": _npz_bomb,
    "array of 2^50 numbers": _npz_giant_shape,
    "qreg[10^9]": _many_qubits,
    "gate-definition bomb": _gate_bomb,
    "statements on huge registers": _broadcast_bomb,
    "include from outside": _include_outside,
    "OpenQASM 3 constant of 10^9 qubits": _qasm3_qubits,
    "OpenQASM 3 nested 10^5 deep": _qasm3_nested,
    "script and escape codes in a gate's name": _script_in_a_name,
    "escape codes in a file's name": _escape_in_a_file_name,
    "QPY whose reader runs code": _old_qpy,
    "QPY cut short": _cut_qpy,
    "deep JSON": _deep_json,
    "Hamiltonian of 10^9 sites": _many_sites,
    "deep TOML": _deep_toml,
    "zip slip": _zip_slip,
    "zip that unpacks to 4 GiB": _zip_bomb,
    "HDF5 that reads another file": _hdf5_elsewhere,
    "symlink out of an imported folder": _link_out,
    "notice outside the corpus": _notice_outside,
    "shard outside the corpus": _shard_outside,
    "Parquet with a wrong footer": _no_parquet,
    "model larger than its weights": _giant_model,
    "recipe of wrong types": _recipe_of_wrong_types,
    "state of a campaign of others": _campaign_of_others,
}


def main() -> None:
    """Run attacks and print how each ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--json", action="store_true", help="one JSON line per kind")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for number, kind in enumerate(given.kinds or ATTACKS):
            folder = Path(name) / str(number) / "work"
            folder.mkdir(parents=True)
            verdict = attack(kind, folder)
            ending = "refused" if verdict.refused else "NOT REFUSED"
            text = f"{ending}: {kind}: {verdict.sentence}"
            print(json.dumps(asdict(verdict)) if given.json else text, flush=True)


if __name__ == "__main__":
    main()
