"""The directory that a compilation leaves behind.

============== =====================================================================
circuit.qasm   the circuit (circuit.qpy for QPY)
result.json    everything that is known about it
target.npz     the state that it approximates
history.jsonl  one line per iteration of the optimiser
ansatz.npz     the circuit as two-qubit blocks
device.qasm    the circuit on a device's qubits, where one was named (device.qpy for QPY)
report.html    all of it as one page to look at
checkpoint/    where an unfinished run stands; gone when it is finished
============== =====================================================================

Every file is written whole or not at all, ``result.json`` last; it names the problem, so that no
other problem's result is overwritten by accident, and the request, so that a finished run is
recognised and left alone.
"""

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qtools import __version__
from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.checkpoint import FOLDER, INTERVAL, Checkpoints, run_id
from qtools.compile.output.circuit_files import read_circuit, write_circuit
from qtools.compile.output.circuit_format import CircuitFormat
from qtools.compile.output.mps_formats import save_mps
from qtools.compile.problem.description import described
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.state_problem import CircuitProblem
from qtools.compile.synthesis.circuit_metrics import gate_counts
from qtools.errors import BadInputError, OutputExistsError
from qtools.runs.array_file import read_arrays, write_arrays
from qtools.runs.files import write_text
from qtools.runs.provenance import versions
from qtools.runs.untrusted import read_json

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qtools.compile.problem.state_problem import Problem
    from qtools.compile.result import CompilationResult
    from qtools.compile.settings import CompileSettings

RESULT = "result.json"
TARGET = "target.npz"
HISTORY = "history.jsonl"
ANSATZ = "ansatz.npz"
#: What a report says of the files beside it.
REPORTED = {
    "circuit": "the circuit",
    RESULT: "everything that is known about it",
    TARGET: "the state that it approximates",
    HISTORY: "one line per iteration",
    ANSATZ: "the circuit as two-qubit blocks",
}
_CIRCUITS = ("circuit.qasm", "circuit.qpy")
_PACKAGES = ("numpy", "scipy", "qiskit", "quimb", "qiskit-aer", "numba")


@dataclass(frozen=True, kw_only=True)
class RunDirectory:
    """Where a compilation is written.

    Attributes:
        path: the directory; it is made on the first write.
        circuit_format: format of the circuit file.
    """

    path: Path
    circuit_format: CircuitFormat = CircuitFormat.QASM2

    @property
    def circuit_path(self) -> Path:
        """The circuit file."""
        return self.path / f"circuit{self.circuit_format.suffix}"

    @property
    def result_path(self) -> Path:
        """The file with everything that is known about the circuit."""
        return self.path / RESULT

    def refuse_unusable(self) -> None:
        """Raise :class:`BadInputError` when nothing can be written to the path."""
        for place in (self.path, *self.path.absolute().parents):
            try:
                is_directory = stat.S_ISDIR(place.stat().st_mode)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise BadInputError(f"cannot write to {self.path}: {error.strerror}") from None
            if not is_directory:
                raise BadInputError(f"{place} is not a directory; choose another output directory")
            if not os.access(place, os.W_OK):
                raise BadInputError(
                    f"cannot write to {place}: permission denied; choose another output directory"
                )
            return

    def checkpoints(
        self,
        problem: "Problem",
        settings: "CompileSettings",
        *,
        start: str = "",
        interval: float = INTERVAL,
    ) -> Checkpoints:
        """The checkpoints of a run in this directory; ``start`` as in :func:`run_id`."""
        problem_id = problem.content_id()
        return Checkpoints(
            folder=self.path / FOLDER,
            problem_id=problem_id,
            run_id=run_id(problem_id, settings, start),
            interval=interval,
        )

    def record(self) -> dict[str, Any]:
        """What ``result.json`` holds."""
        record: dict[str, Any] = json.loads(self.result_path.read_text(encoding="utf-8"))
        return record

    def finished_record(self, request: str) -> dict[str, Any] | None:
        """The record of a finished run of ``request``, when that is what lies here."""
        record = _record(self.result_path)
        if record is None or record.get("request_id") != request or not record.get("certificate"):
            return None
        circuit = record.get("circuit")
        try:
            digest = hashlib.sha256(self.circuit_path.read_bytes()).hexdigest()
        except OSError:
            return None
        same = circuit == {"file": self.circuit_path.name, "sha256": digest}
        return record if same and record.get("outcome") != "interrupted" else None

    def refuse_foreign(self, problem: "Problem", checkpoints: Checkpoints) -> None:
        """Refuse a directory that holds anything under our names but a run of ``problem``.

        Raises:
            OutputExistsError: when it does.
            BadInputError: when a checkpoint in it is damaged.
        """
        foreign = checkpoints.foreign()
        if foreign is not None:
            raise OutputExistsError(
                f"{self.path} holds another problem's checkpoint {foreign.name}; choose another "
                "output directory or overwrite it with --force"
            )
        names = (RESULT, TARGET, HISTORY, ANSATZ, *_CIRCUITS)
        held = [name for name in names if (self.path / name).exists()]
        ours = _problem_id(self.result_path) == problem.content_id() or (
            checkpoints.exist() and not self.result_path.exists()
        )
        if held and not ours:
            raise OutputExistsError(
                f"{self.path} holds another problem's {held[0]}; choose another output directory "
                "or overwrite it with --force"
            )

    def write(self, result: "CompilationResult", *, request: str = "") -> None:
        """Write all files; ``request`` as in :func:`request_id`."""
        write_circuit(
            self.circuit_path,
            result.whole_circuit,
            circuit_format=self.circuit_format,
            provenance=provenance(result),
        )
        for name in _CIRCUITS:
            if name != self.circuit_path.name:
                (self.path / name).unlink(missing_ok=True)
        save_mps(self.path / TARGET, result.target.mps)
        lines = [json.dumps(asdict(entry), allow_nan=False) + "\n" for entry in result.history]
        write_text(self.path / HISTORY, "".join(lines))
        ansatz = result.blocks
        layout = {
            "pairs": np.array(ansatz.pairs, dtype=int).reshape(-1, 2),
            "frozen": np.array(ansatz.frozen),
        }
        arrays = {"initial": ansatz.initial, "gates": ansatz.gates, **layout}
        write_arrays(self.path / ANSATZ, arrays)
        self.write_result(result, request=request)

    def write_on_device(self, result: "CompilationResult") -> None:
        """Write the circuit on the device's qubits."""
        assert result.hardware is not None
        write_circuit(
            self.path / f"device{self.circuit_format.suffix}",
            result.hardware.circuit,
            circuit_format=self.circuit_format,
            provenance={**provenance(result), "device": result.hardware.placement.device.name},
        )

    def read_ansatz(self) -> Ansatz:
        """The blocks of the compiled circuit."""
        arrays = read_arrays(self.path / ANSATZ, what="file")
        left, right = arrays["pairs"].T.tolist()
        return Ansatz(
            initial=arrays["initial"],
            bonds=tuple(left),
            rights=tuple(right),
            gates=arrays["gates"],
            frozen=int(arrays["frozen"]),
        )

    def write_result(self, result: "CompilationResult", *, request: str = "") -> None:
        """Write ``result.json`` for the circuit file that is there."""
        digest = hashlib.sha256(self.circuit_path.read_bytes()).hexdigest()
        record = result_record(result)
        record["request_id"] = request
        record["blocks_sha256"] = hashlib.sha256((self.path / ANSATZ).read_bytes()).hexdigest()
        record["circuit"] = {"file": self.circuit_path.name, "sha256": digest}
        write_text(self.result_path, json.dumps(record, indent=2, allow_nan=False) + "\n")

    def read_circuit(self) -> "QuantumCircuit":
        """The circuit as its file has it."""
        return read_circuit(self.circuit_path)


def result_record(result: "CompilationResult") -> dict[str, Any]:
    """Everything known about a result, as JSON holds it; ``certificate`` is null without one."""
    certificate = result.certificate
    return {
        "problem_id": result.problem.content_id(),
        "problem": described(result.problem),
        "edge_layers": getattr(result.problem, "colours", None),
        "site_order": None if result.problem.qubits is None else list(result.problem.qubits),
        "fidelity": result.fidelity,
        "fidelity_lower_bound": result.fidelity_lower_bound,
        "num_qubits": result.problem.num_qubits,
        "time": _time(result.problem),
        "layers": result.settings.layers,
        "two_qubit_depth": result.two_qubit_depth,
        "two_qubit_gates": result.two_qubit_gates,
        "num_parameters": result.num_parameters,
        "global_phase": float(result.circuit.global_phase),
        "seconds": result.seconds,
        "certificate_seconds": None if certificate is None else certificate.seconds,
        "evaluations": result.evaluations,
        "engine": result.engine,
        "outcome": result.outcome.name.lower(),
        "advice": result.outcome.value,
        "target": {
            "max_bond": result.target.max_bond,
            "discarded_weight": result.target.discarded_weight,
            "trotter_error": result.target.trotter_error,
            "angle": result.target.angle,
        },
        "baseline": None if result.baseline is None else asdict(result.baseline),
        "certificate": None if certificate is None else asdict(certificate),
        "settings": asdict(result.settings),
        "original_two_qubit_depth": getattr(result.problem, "original_depth", None),
        "gates": {
            "compiled": gate_counts(result.circuit),
            "original": getattr(result.problem, "original_gates", None),
        },
        "source": _source(result.problem),
        "physics": {
            "target": None if result.target_physics is None else asdict(result.target_physics),
            "compiled": (
                None if result.compiled_physics is None else asdict(result.compiled_physics)
            ),
        },
        "hardware": None if result.hardware is None else result.hardware.record(),
        "trials": [asdict(trial) for trial in result.trials],
        "seed": result.settings.seed,
        "versions": versions(*_PACKAGES),
    }


def provenance(result: "CompilationResult") -> dict[str, str]:
    """Where the circuit of a result comes from, for the header of its file."""
    time = _time(result.problem)
    return {
        "version": __version__,
        "problem": result.problem.content_id(),
        "num_qubits": str(result.problem.num_qubits),
        **({} if time is None else {"evolution time": repr(time)}),
        "brick layers": str(result.settings.layers),
        "fidelity to the target": f"{result.fidelity:.9f}",
        "seed": str(result.settings.seed),
    }


def request_id(problem: "Problem", settings: "CompileSettings", start: str = "") -> str:
    """A hash of everything that was asked for, limits included; ``start`` as in :func:`run_id`."""
    text = json.dumps([problem.content_id(), asdict(settings), start], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _time(problem: "Problem") -> float | None:
    return float(problem.time) if isinstance(problem, EvolutionProblem) else None


def _source(problem: "Problem") -> str:
    """What kind of problem it is."""
    if isinstance(problem, EvolutionProblem):
        return "evolution"
    return "circuit" if isinstance(problem, CircuitProblem) else "mps"


def _record(path: Path) -> dict[str, Any] | None:
    """A result file; None when it cannot be read as one."""
    try:
        record = read_json(path, what="result")
    except BadInputError:
        return None
    return record if isinstance(record, dict) else None


def _problem_id(path: Path) -> str | None:
    """The problem that a result file names; None when it cannot be read as one."""
    name = (_record(path) or {}).get("problem_id")
    return name if isinstance(name, str) else None
