"""What families of blocks cost and save: parameters, CX and fidelity at equal brick layers.

The AQCtensor authors' Heisenberg chain with general, two-CX and number-conserving blocks, and a
transverse-field Ising chain with general blocks and matchgates.

    python -m benchmarks.block_families
"""

from typing import Any

from benchmarks.measure import machine, write_results
from qtools.compile.compiler import compile_problem
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg, tfim
from qtools.compile.settings import CompileSettings

SITES, TIME, ITERATIONS = 50, 1.2, 150

CASES: tuple[tuple[str, ChainHamiltonian, str, tuple[int, ...]], ...] = (
    ("Heisenberg", heisenberg(SITES, coupling=-0.25), "general", (4, 5)),
    ("Heisenberg", heisenberg(SITES, coupling=-0.25), "two-cx", (5, 6, 7)),
    ("Heisenberg", heisenberg(SITES, coupling=-0.25), "u1", (4, 5)),
    ("Ising", tfim(SITES, coupling=0.5, field=0.5), "general", (4, 5)),
    ("Ising", tfim(SITES, coupling=0.5, field=0.5), "matchgate", (4, 5, 6)),
)


def measure(name: str, hamiltonian: ChainHamiltonian, blocks: str, layers: int) -> dict[str, Any]:
    """One compilation."""
    problem = EvolutionProblem(
        hamiltonian=hamiltonian,
        initial=InitialState.named("neel", num_qubits=SITES),
        time=TIME,
    )
    settings = CompileSettings(layers=layers, blocks=blocks, max_iterations=ITERATIONS)
    result = compile_problem(problem, settings)
    return {
        "chain": name,
        "blocks": blocks,
        "layers": layers,
        "1 - F": 1.0 - result.fidelity,
        "parameters": result.num_parameters,
        "two-qubit gates": result.two_qubit_gates,
        "two-qubit depth": result.two_qubit_depth,
        "evaluations": result.evaluations,
        "seconds": result.seconds,
    }


def main() -> None:
    """Run all cases and write the table."""
    measured_on = machine()
    rows = []
    for name, hamiltonian, blocks, depths in CASES:
        for layers in depths:
            rows.append(measure(name, hamiltonian, blocks, layers))
            print(rows[-1], flush=True)
    notes = f"{SITES} qubits, t = {TIME}, Neel state; at most {ITERATIONS} iterations."
    write_results("block_families", rows, measured_on=measured_on, notes=notes)


if __name__ == "__main__":
    main()
