"""What a compiler sees: two-qubit overhead and depth after transpiling to two kinds of device.

Every circuit is transpiled with all-to-all coupling and to the smallest heavy-hex and grid device
that holds it, at two optimisation levels; figures are ratios of the two.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import wasserstein_distance

from qtools.circuits.normal import NormalCircuit
from qtools.circuits.qiskit_io import to_qiskit
from qtools.errors import BadInputError
from qtools.generate.verify import checks
from qtools.generate.verify.checks import Answers, Check
from qtools.generate.verify.circuits import Circuit, Program, parse
from qtools.generate.verify.statistics import Estimate, bootstrap, spread
from qtools.runs.campaign import Failure
from qtools.runs.typed import typed

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import CouplingMap

_BASIS = ("cz", "rz", "sx", "x")
_SEED = 7
DEVICES = ("heavy-hex", "grid")
LEVELS = (1, 3)


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """One circuit on one device.

    Attributes:
        device: one of :data:`DEVICES`, the smallest that holds the circuit.
        level: optimisation level of Qiskit's transpiler.
        two_qubit_ratio: two-qubit gates on the device over those with all-to-all coupling.
        depth_ratio: the same for the two-qubit depth.
    """

    device: str
    level: int
    two_qubit_ratio: float
    depth_ratio: float


@dataclass(frozen=True, kw_only=True)
class DeviceReport:
    """The circuits of a set on one device at one level.

    Attributes:
        device, level: as in :class:`Compiled`.
        two_qubit, depth: mean ratios, with bootstrap intervals.
        two_qubit_ratios, depth_ratios: of every circuit.
    """

    device: str
    level: int
    two_qubit: Estimate
    depth: Estimate
    two_qubit_ratios: tuple[float, ...]
    depth_ratios: tuple[float, ...]


def verify_behaviour(
    circuits: Sequence[Circuit],
    *,
    most: int | None = None,
    seed: int = 0,
    answers: Answers | None = None,
) -> tuple[DeviceReport, ...]:
    """Distributions over a set, per device and level.

    Args:
        circuits: the set.
        most: transpile only so many, evenly spread; all when None.
        seed: of the bootstrap.
        answers: to :func:`behaviour_checks` of these circuits; found here when None.

    Raises:
        BadInputError: a circuit could not be transpiled.
    """
    asked = behaviour_checks(circuits, most)
    answers = answers or checks.answered(asked)
    found = [one for check in asked for one in _figures(check, answers)]
    rng = np.random.default_rng(seed)
    reports = []
    for device in DEVICES:
        for level in LEVELS:
            there = [one for one in found if (one.device, one.level) == (device, level)]
            pairs = tuple(one.two_qubit_ratio for one in there)
            depths = tuple(one.depth_ratio for one in there)
            if there:
                reports.append(
                    DeviceReport(
                        device=device,
                        level=level,
                        two_qubit=_mean(pairs, rng),
                        depth=_mean(depths, rng),
                        two_qubit_ratios=pairs,
                        depth_ratios=depths,
                    )
                )
    return tuple(reports)


def behaviour_checks(circuits: Sequence[Circuit], most: int | None) -> list[Check]:
    """What :func:`verify_behaviour` must know."""
    programs = [circuits[place].program for place in spread(len(circuits), most)]
    return [
        Check(name="compile", function=compile_program, program=program) for program in programs
    ]


def _figures(check: Check, answers: Answers) -> list[Compiled]:
    answer = answers.of(check)
    if isinstance(answer, Failure):
        raise BadInputError(
            f"expected a circuit that Qiskit can transpile, and {check.program.name} is none "
            f"({answer.message}); take it out of the set"
        )
    return [typed(Compiled, figures, source=check.program.name) for figures in answer]


def overhead_distance(a: DeviceReport, b: DeviceReport) -> float:
    """Wasserstein distance between the two-qubit ratios of two sets."""
    return float(wasserstein_distance(a.two_qubit_ratios, b.two_qubit_ratios))


def _mean(values: Sequence[float], rng: np.random.Generator) -> Estimate:
    array = np.array(values)
    return bootstrap(lambda picked: float(array[picked].mean()), len(array), rng)


def compile_program(program: Program) -> list[dict[str, Any]]:
    """The figures of a circuit as JSON values."""
    return [asdict(figures) for figures in compile_circuit(parse(program).normal)]


def compile_circuit(circuit: NormalCircuit) -> list[Compiled]:
    """The figures of a circuit on every device and level; none for one without two-qubit gates or
    with conditions, whose ratios mean nothing."""
    if any(op.condition is not None for op in circuit.operations):
        return []
    loaded = to_qiskit(circuit)
    found = []
    for level in LEVELS:
        free = _two_qubit(loaded, None, level)
        if not free[0]:
            return []
        for device in DEVICES:
            mapped = _two_qubit(loaded, _coupling(device, circuit.num_qubits), level)
            found.append(
                Compiled(
                    device=device,
                    level=level,
                    two_qubit_ratio=mapped[0] / free[0],
                    depth_ratio=mapped[1] / free[1],
                )
            )
    return found


def _two_qubit(
    circuit: "QuantumCircuit", coupling: "CouplingMap | None", level: int
) -> tuple[int, int]:
    """Number of two-qubit gates and two-qubit depth after transpiling."""
    from qiskit import transpile

    made = transpile(
        circuit,
        coupling_map=coupling,
        basis_gates=list(_BASIS),
        optimization_level=level,
        seed_transpiler=_SEED,
    )
    pairs = made.depth(lambda step: step.operation.num_qubits == 2 and step.name != "barrier")
    return made.count_ops().get("cz", 0), pairs


@cache
def _coupling(device: str, num_qubits: int) -> "CouplingMap":
    from qiskit.transpiler import CouplingMap

    size = 1
    while True:
        # Heavy-hex lattices have odd distances.
        made = (
            CouplingMap.from_grid(size, size)
            if device == "grid"
            else CouplingMap.from_heavy_hex(2 * size - 1)
        )
        if made.size() >= num_qubits:
            return made
        size += 1
