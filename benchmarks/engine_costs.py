"""What an evaluation costs in each engine, predicted and measured; the rates are fitted here.

A prediction is a count of work (``qtools/compile/overlap/cost.py``) times rates. For each engine,
non-negative least squares of the relative errors gives the rates that fit its shapes best; the
table has the rates shipped and the fitted ones beside each other. Processor seconds on one thread,
the best of several evaluations.

    python -m benchmarks.engine_costs
"""

import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.measure import machine, write_results
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.geometry.lattices import chain, ladder, ring, square
from qtools.compile.mps import MPS, compress
from qtools.compile.overlap.choice import Engine, build, choose, precise_overlap
from qtools.compile.overlap.cost import (
    DENSE_RATES,
    EXACT_RATES,
    TRUNCATED_RATES,
    Rates,
    Work,
    dense_work,
    exact_work,
    truncated_work,
)
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, tfim
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas
from qtools.compile.unitary import UnitaryProblem

PLENTY = 2**40
LEAST_SECONDS = 0.3  # of evaluations, the best sample of which counts
SAMPLE_SECONDS = 0.03  # of a sample, so that the clock's grain does not show
CUT, SHARP = 0.01, 0.3  # as the stages of a fit are made
SHIPPED = {
    Engine.EXACT: EXACT_RATES,
    Engine.DENSE: DENSE_RATES,
    Engine.TRUNCATED: TRUNCATED_RATES,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """A circuit and a target, as one stage of a fit has them.

    Attributes:
        name: of the problem, with its brick layers.
        ansatz: the circuit.
        target: cut as for ``infidelity``.
        infidelity: for which the stage is made.
        engines: to measure.
    """

    name: str
    ansatz: Ansatz
    target: MPS
    infidelity: float
    engines: tuple[Engine, ...]

    @property
    def angle(self) -> float:
        """How far an engine that truncates may be off."""
        return float(np.sqrt(SHARP * self.infidelity))

    def work(self, engine: Engine) -> Work:
        """Predicted."""
        match engine:
            case Engine.EXACT:
                return exact_work(self.ansatz, self.target)
            case Engine.DENSE:
                return dense_work(self.ansatz)
            case _:
                return truncated_work(self.ansatz, self.target)


def shapes() -> Iterator[Shape]:
    """What is measured: chains, other lattices, an operator."""
    along, whole = (Engine.EXACT, Engine.TRUNCATED), (Engine.DENSE,)
    for sites, total, layers, engines in (
        (50, 1.2, 5, along),
        (100, 1.2, 5, along),
        (50, 2.4, 9, along),
        (30, 3.6, 13, (Engine.TRUNCATED,)),
        (24, 4.8, 17, (Engine.TRUNCATED,)),
        (50, 4.8, 17, (Engine.TRUNCATED,)),
        (12, 2.4, 9, (*along, *whole)),
        (16, 2.4, 9, whole),
    ):
        line = EvolutionProblem(
            hamiltonian=heisenberg(chain(sites), coupling=-0.25),
            initial=InitialState.named("neel", num_qubits=sites),
            time=total,
        )
        for sharper in (1.0, 0.1):
            yield _shape(f"chain of {sites}", line, layers, sharper, engines)
    for name, lattice, layers, engines in (
        ("ring of 24", ring(24), 5, along),
        ("ladder 2x8", ladder(8), 7, (*along, *whole)),
        ("square 4x4", square(4, 4), 7, (Engine.TRUNCATED, *whole)),
    ):
        patch = EvolutionProblem.on_qubits(
            hamiltonian=tfim(lattice),
            initial=InitialState.named("zero", num_qubits=lattice.num_sites),
            time=0.6,
        )
        yield _shape(name, patch, layers, 1.0, engines)
    operator = UnitaryProblem(hamiltonian=tfim(20), time=0.6)
    yield _shape("operator of 20", operator, 5, 1.0, along)


def _shape(
    name: str, problem: Any, layers: int, sharper: float, engines: tuple[Engine, ...]
) -> Shape:
    target = evolve(problem, tolerance=1e-4).mps
    ansatz = trotter_ansatz(problem, layers)
    overlap = precise_overlap(ansatz, target, max_memory=PLENTY)
    infidelity = sharper * (1.0 - abs(overlap) ** 2)
    cut = compress(target, max_weight=CUT * infidelity / (target.num_sites - 1)).mps
    return Shape(
        name=f"{name}, {layers} layers",
        ansatz=ansatz,
        target=cut,
        infidelity=infidelity,
        engines=engines,
    )


def measured(shape: Shape, engine: Engine) -> float:
    """Processor seconds of one value with all derivatives."""
    prediction = choose(shape.ansatz, shape.target, engine=engine, max_memory=PLENTY)
    built = build(prediction, shape.ansatz, shape.target, max_angle=shape.angle)
    built.value_and_environments(shape.ansatz.gates)
    best, spent, count = np.inf, 0.0, 1
    while spent < LEAST_SECONDS:
        began = time.process_time()
        for _ in range(count):
            built.value_and_environments(shape.ansatz.gates)
        took = time.process_time() - began
        if took < SAMPLE_SECONDS:
            count *= 2
            continue
        best, spent = min(best, took / count), spent + took
    return float(best)


def fitted(works: list[Work], seconds: list[float]) -> Rates:
    """The rates with the smallest relative errors."""
    counts = np.array([[w.products, w.decompositions, w.moves, w.calls] for w in works])
    relative = counts / np.array(seconds)[:, None]
    scale = np.maximum(relative.max(axis=0), 1e-300)
    found, _ = nnls(relative / scale, np.ones(len(seconds)))
    names = [field.name for field in fields(Rates)]
    return Rates(**dict(zip(names, (found / scale).tolist(), strict=True)))


def main() -> None:
    """Measure every shape with each of its engines, fit, and write the table."""
    measured_on = machine()
    rows: list[dict[str, Any]] = []
    found: dict[Engine, tuple[list[Work], list[float]]] = {e: ([], []) for e in SHIPPED}
    with single_threaded_blas():
        for shape in shapes():
            for engine in shape.engines:
                load, seconds = os.getloadavg()[0], measured(shape, engine)
                work = shape.work(engine)
                found[engine][0].append(work)
                found[engine][1].append(seconds)
                predicted = replace(work, threads=1).seconds(SHIPPED[engine])
                rows.append(
                    {
                        "engine": str(engine),
                        "shape": shape.name,
                        "target bond": shape.target.max_bond,
                        "measured s": seconds,
                        "predicted s": predicted,
                        "predicted / measured": predicted / seconds,
                        "load": load,
                    }
                )
                print(rows[-1], flush=True)
    rates = [
        f"{engine}: {asdict(SHIPPED[engine])} shipped, {asdict(fitted(*found[engine]))} fitted here"
        for engine in SHIPPED
    ]
    write_results(
        "engine_costs",
        sorted(rows, key=lambda row: row["engine"]),
        measured_on=measured_on,
        notes="Processor seconds of one value with all derivatives, one thread. Seconds per unit "
        f"of work: {'; '.join(rates)}.",
    )


if __name__ == "__main__":
    main()
