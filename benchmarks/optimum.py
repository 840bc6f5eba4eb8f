"""Is the infidelity that the optimiser converges to the best that the depth allows?

From several kinds of starting points (plain Trotter, continuation in time from below and from
above, the compiled unitary, random moves away from these) the same chain is optimised to
convergence. Where all of them end at the same infidelity, no better optimum is in sight.

    python -m benchmarks.optimum
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.measure import machine, write_results
from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.fitting.optimizers.lbfgs import LBFGS
from qtools.compile.fitting.optimizers.optimizer import moved
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.target.evolve import Evolvable, evolve
from qtools.compile.threads import single_threaded_blas
from qtools.compile.unitary import UnitaryProblem

SITES, TIME, LAYERS = 16, 1.2, 5
TOLERANCE = 1e-8
ITERATIONS = 1000
MOVES = (0.1, 0.2, 0.3)


def problem(time: float) -> EvolutionProblem:
    """The suite's chain, shorter."""
    return EvolutionProblem(
        hamiltonian=heisenberg(SITES, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=SITES),
        time=time,
    )


def converged(
    evolvable: Evolvable, gates: ComplexArray, iterations: int = ITERATIONS
) -> tuple[ComplexArray, float]:
    """Optimised gates and their infidelity."""
    target = evolve(evolvable, tolerance=TOLERANCE).mps
    cost = LogInfidelity(engine=ExactOverlap(trotter_ansatz(evolvable, LAYERS), target))
    optimizer = LBFGS()
    state = optimizer.start(cost, gates)
    while state.iteration < iterations and not state.stalled:
        state = optimizer.advance(cost, state)
    return state.gates, state.evaluation.infidelity


def continued(times: np.ndarray) -> ComplexArray:
    """Gates carried along the times, each optimised from the one before."""
    gates = trotter_ansatz(problem(float(times[0])), LAYERS).gates
    for time in times:
        gates, _ = converged(problem(float(time)), gates, 300)
    return gates


def starts() -> Iterator[tuple[str, ComplexArray]]:
    """Named starting points."""
    rng = np.random.default_rng(1)
    trotter = trotter_ansatz(problem(TIME), LAYERS).gates
    yield "Trotter", trotter
    yield "continuation in time, from below", continued(np.arange(0.2, TIME, 0.1))
    yield "continuation in time, from above", continued(np.arange(2.0, TIME, -0.1))
    unitary = UnitaryProblem(hamiltonian=problem(TIME).hamiltonian, time=TIME)
    compiled, _ = converged(unitary, trotter_ansatz(unitary, LAYERS).gates, 300)
    yield "compiled unitary", compiled
    for size in MOVES:
        for name, gates in (("Trotter", trotter), ("compiled unitary", compiled)):
            raw: ComplexArray = rng.normal(size=(*gates.shape, 2)) @ np.array([1.0, 1.0j])
            yield f"{name}, moved by {size}", moved(gates, size * (raw - raw.conj().mT) / 2)


def main() -> None:
    """Run all starting points and write the table."""
    with single_threaded_blas():
        rows = [
            {"start": name, "infidelity": converged(problem(TIME), gates)[1]}
            for name, gates in starts()
        ]
    note = f"{SITES} sites, t = {TIME}, {LAYERS} brick layers, {ITERATIONS} iterations each."
    write_results("optimum", rows, measured_on=machine(), notes=note)


if __name__ == "__main__":
    main()
