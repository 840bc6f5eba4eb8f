"""The directory that a compilation leaves behind.

============== =====================================================================
circuit.qasm   the circuit (circuit.qpy for QPY)
result.json    everything that is known about it
target.npz     the state that it approximates
history.jsonl  one line per iteration of the optimiser
============== =====================================================================

Every file is written whole or not at all, ``result.json`` last; it names the problem, so that no
other problem's result is overwritten by accident.
"""

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtools import __version__
from qtools.compile.circuit_files import read_circuit, write_circuit
from qtools.compile.circuit_format import CircuitFormat
from qtools.compile.mps_formats import save_mps
from qtools.compile.problem import EvolutionProblem
from qtools.errors import BadInputError, OutputExistsError
from qtools.runs.files import write_text
from qtools.runs.provenance import versions

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qtools.compile.result import CompilationResult

RESULT = "result.json"
TARGET = "target.npz"
HISTORY = "history.jsonl"
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

    def refuse_foreign(self, problem: EvolutionProblem) -> None:
        """Refuse a directory that holds anything under our names but a result of ``problem``.

        Raises:
            OutputExistsError: when it does.
        """
        names = (RESULT, TARGET, HISTORY, *_CIRCUITS)
        held = [name for name in names if (self.path / name).exists()]
        if held and _problem_id(self.result_path) != problem.content_id():
            raise OutputExistsError(
                f"{self.path} holds another problem's {held[0]}; choose another output directory "
                "or overwrite it with --force"
            )

    def write(self, result: "CompilationResult") -> None:
        """Write all four files."""
        write_circuit(
            self.circuit_path,
            result.circuit,
            circuit_format=self.circuit_format,
            provenance=_provenance(result),
        )
        for name in _CIRCUITS:
            if name != self.circuit_path.name:
                (self.path / name).unlink(missing_ok=True)
        save_mps(self.path / TARGET, result.target.mps)
        lines = [json.dumps(asdict(entry), allow_nan=False) + "\n" for entry in result.history]
        write_text(self.path / HISTORY, "".join(lines))
        self.write_result(result)

    def write_result(self, result: "CompilationResult") -> None:
        """Write ``result.json`` for the circuit file that is there."""
        digest = hashlib.sha256(self.circuit_path.read_bytes()).hexdigest()
        record = result_record(result)
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
        "fidelity": result.fidelity,
        "fidelity_lower_bound": result.fidelity_lower_bound,
        "num_qubits": result.problem.num_qubits,
        "time": float(result.problem.time),
        "layers": result.settings.layers,
        "two_qubit_depth": result.two_qubit_depth,
        "two_qubit_gates": result.two_qubit_gates,
        "num_parameters": result.ansatz.num_parameters,
        "global_phase": float(result.circuit.global_phase),
        "seconds": result.seconds,
        "certificate_seconds": None if certificate is None else certificate.seconds,
        "evaluations": result.evaluations,
        "outcome": result.outcome.name.lower(),
        "advice": result.outcome.value,
        "target": {
            "max_bond": result.target.max_bond,
            "discarded_weight": result.target.discarded_weight,
            "trotter_error": result.target.trotter_error,
            "angle": result.target.angle,
        },
        "baseline": asdict(result.baseline),
        "certificate": None if certificate is None else asdict(certificate),
        "settings": asdict(result.settings),
        "seed": result.settings.seed,
        "versions": versions(*_PACKAGES),
    }


def _provenance(result: "CompilationResult") -> dict[str, str]:
    return {
        "version": __version__,
        "problem": result.problem.content_id(),
        "num_qubits": str(result.problem.num_qubits),
        "evolution time": repr(float(result.problem.time)),
        "brick layers": str(result.settings.layers),
        "fidelity to the target": f"{result.fidelity:.9f}",
        "seed": str(result.settings.seed),
    }


def _problem_id(path: Path) -> str | None:
    """The problem that a result file names; None when it cannot be read as one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    name = record.get("problem_id") if isinstance(record, dict) else None
    return name if isinstance(name, str) else None
