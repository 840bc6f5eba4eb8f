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
from qtools.generate.verify import checks
from qtools.generate.verify.checks import Answers, Check
from qtools.generate.verify.circuits import Program
from qtools.generate.verify.loading import load_in_tket, load_strictly
from qtools.generate.verify.simulation import simulate
from qtools.generate.verify.statistics import Rate, spread
from qtools.runs.calls import Ending, attempt
from qtools.runs.campaign import Failure as NoAnswer

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
    programs: Sequence[Program], *, simulate: int | None = None, answers: Answers | None = None
) -> ExecutionReport:
    """Try the steps on all programs.

    Args:
        programs: to verify.
        simulate: go beyond the two parsers with only so many of them (evenly spread); with all
            when None.
        answers: to :func:`execution_checks` of these programs; found here when None.

    Raises:
        MissingDependencyError: pytket or Qiskit Aer is not installed.
    """
    found = answers or checks.answered(execution_checks(programs, simulate))
    passed: dict[str, list[int]] = {}
    failures: list[Failure] = []
    for program, whole in _picked(programs, simulate):
        steps = [*_NAMES, SIMULATED] if whole else _NAMES[:2]
        number, message = _steps_passed(program, whole, found)
        for place, step in enumerate(steps[: number + 1]):
            counts = passed.setdefault(step, [0, 0])
            counts[0] += place < number
            counts[1] += 1
        if number < len(steps):
            failures.append(Failure(circuit=program.name, step=steps[number], message=message))
    rates = {step: Rate(count=c, total=t) for step, (c, t) in passed.items()}
    return ExecutionReport(rates=rates, failures=tuple(failures))


def execution_checks(programs: Sequence[Program], simulate: int | None) -> list[Check]:
    """What :func:`verify_execution` must know."""
    made = []
    for program, whole in _picked(programs, simulate):
        made.append(_loading(program, whole=whole))
        made += [_simulation(program)] if whole else []
    return made


def _loading(program: Program, *, whole: bool) -> Check:
    if whole:
        return Check(name="load and transpile", function=load_and_transpile, program=program)
    return Check(name="load", function=load, program=program)


def _simulation(program: Program) -> Check:
    return Check(name="simulate", function=simulate, program=program)


def _picked(programs: Sequence[Program], wanted: int | None) -> list[tuple[Program, bool]]:
    """The programs, each with whether it is among ``wanted`` evenly spread ones."""
    chosen = set(spread(len(programs), wanted))
    return [(program, place in chosen) for place, program in enumerate(programs)]


def _steps_passed(program: Program, whole: bool, answers: Answers) -> tuple[int, str]:
    """How many steps a program passed, and why not the next.

    A worker that died or ran out of time failed at the first step that it was asked for.
    """
    loaded = answers.of(_loading(program, whole=whole))
    if isinstance(loaded, NoAnswer):
        return 0, loaded.message
    number, message = loaded["passed"], loaded["message"]
    if not whole or number < len(_NAMES):
        return number, message
    shots = answers.of(_simulation(program))
    return (number, shots.message) if isinstance(shots, NoAnswer) else (number + 1, "")


def load(program: Program) -> dict[str, Any]:
    """How many of the two parsers take a program one after the other, and why not the next."""
    return _tried(program, _STEPS[:2])


def load_and_transpile(program: Program) -> dict[str, Any]:
    """How many steps before simulation a program passes, and why not the next."""
    return _tried(program, _STEPS)


def _tried(program: Program, steps: "Sequence[tuple[str, _Step]]") -> dict[str, Any]:
    made: Any = program
    for number, (_, function) in enumerate(steps):
        outcome = attempt(partial(function, program), 0, made)
        if outcome.reason == "missing-dependency":
            raise MissingDependencyError(outcome.message)
        if outcome.ending is not Ending.DONE:
            return {"passed": number, "message": outcome.message}
        made = outcome.value
    return {"passed": len(steps), "message": ""}


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
_NAMES = [name for name, _ in _STEPS]
