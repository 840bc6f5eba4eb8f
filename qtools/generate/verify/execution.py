"""Does a circuit run? Strict loading by two parsers, transpilation, simulation.

A step is tried on every circuit that passed the steps before; the report gives the fraction that
passed each. Loading is strict: Qiskit's OpenQASM 2 parser in its strict mode (OpenQASM 3 through
its importer), pytket's OpenQASM 2 reader, and Qiskit's OpenQASM 3 importer on Qiskit's export.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from qtools.circuits import qasm2
from qtools.errors import MissingDependencyError, QtoolsError
from qtools.generate.verify.circuits import Program
from qtools.generate.verify.loading import load_in_tket, load_strictly
from qtools.generate.verify.simulation import ran, simulate_all
from qtools.generate.verify.statistics import Rate
from qtools.runs.calls import Ending, attempt

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_SEED = 11
LOADED, SECOND, AGAIN = "qiskit, strict", "pytket, OpenQASM 2", "qiskit, OpenQASM 3"
TRANSPILED, SIMULATED = "transpiled to a grid", "simulated"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A step that a circuit did not pass."""

    circuit: str
    step: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ExecutionReport:
    """Fractions of the circuits that passed each step, and why others did not.

    Attributes:
        rates: step -> fraction of those it was tried on.
        failures: all of them.
    """

    rates: dict[str, Rate]
    failures: tuple[Failure, ...]


def verify_execution(
    programs: Sequence[Program], *, simulate: int | None = None
) -> ExecutionReport:
    """Try the steps on all programs.

    Args:
        programs: to verify.
        simulate: go beyond the two parsers with only so many of them (evenly spread); with all
            when None.

    Raises:
        MissingDependencyError: pytket or Qiskit Aer is not installed.
    """
    passed: dict[str, list[int]] = {}
    failures: list[Failure] = []
    ready: list[Program] = []
    for number, program in enumerate(programs):
        whole = _is_picked(number, len(programs), simulate)
        failure = _first_failure(program, _STEPS if whole else _STEPS[:2], passed)
        failures += [failure] if failure else []
        ready += [program] if whole and not failure else []
    outcomes = simulate_all(ready) if ready else []
    if outcomes:
        passed[SIMULATED] = [sum(map(ran, outcomes)), len(outcomes)]
    failures += [
        Failure(circuit=program.name, step=SIMULATED, message=outcome.message)
        for program, outcome in zip(ready, outcomes, strict=True)
        if not ran(outcome)
    ]
    rates = {step: Rate(count=c, total=t) for step, (c, t) in passed.items()}
    return ExecutionReport(rates=rates, failures=tuple(failures))


def _is_picked(number: int, total: int, wanted: int | None) -> bool:
    """Whether a place is among ``wanted`` evenly spread ones."""
    if wanted is None or wanted >= total:
        return True
    return (number * wanted) // total != ((number + 1) * wanted) // total


def _first_failure(
    program: Program, steps: "Sequence[tuple[str, _Step]]", passed: dict[str, list[int]]
) -> Failure | None:
    """Try steps until one fails, counting."""
    made: Any = program
    for step, function in steps:
        outcome = attempt(partial(function, program), 0, made)
        counts = passed.setdefault(step, [0, 0])
        counts[1] += 1
        if outcome.ending is not Ending.DONE:
            if outcome.reason == "missing-dependency":
                raise MissingDependencyError(outcome.message)
            return Failure(circuit=program.name, step=step, message=outcome.message)
        counts[0] += 1
        made = outcome.value
    return None


def _load(program: Program, _: Program) -> "QuantumCircuit":
    return load_strictly(program)


def _load_in_tket(program: Program, loaded: "QuantumCircuit") -> "QuantumCircuit":
    text = program.text
    if program.version == 3:
        from qtools.circuits.qiskit_io import from_qiskit

        # pytket reads no OpenQASM 3; it gets the same circuit as OpenQASM 2.
        text = qasm2.dumps(from_qiskit(loaded))
    load_in_tket(text)
    return loaded


def _load_again(program: Program, loaded: "QuantumCircuit") -> "QuantumCircuit":
    from qiskit import qasm3

    again = qasm3.loads(qasm3.dumps(loaded))
    if again.num_qubits != loaded.num_qubits or again.size() != loaded.size():
        raise QtoolsError("expected the same circuit after OpenQASM 3, got another")
    return loaded


def _transpile(program: Program, loaded: "QuantumCircuit") -> "QuantumCircuit":
    from qiskit import transpile
    from qiskit.transpiler import CouplingMap

    side = 1
    while side * side < loaded.num_qubits:
        side += 1
    transpile(
        loaded,
        coupling_map=CouplingMap.from_grid(side, side),
        basis_gates=["cz", "rz", "sx", "x"],
        optimization_level=1,
        seed_transpiler=_SEED,
    )
    return loaded


#: Gets the program and what the step before made.
_Step = Callable[[Program, Any], Any]
_STEPS: tuple[tuple[str, _Step], ...] = (
    (LOADED, _load),
    (SECOND, _load_in_tket),
    (AGAIN, _load_again),
    (TRANSPILED, _transpile),
)
