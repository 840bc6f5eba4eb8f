"""What families of blocks cost and save: parameters, CX and fidelity at equal brick layers.

The AQCtensor authors' Heisenberg chain with general, two-CX and number-conserving blocks, and a
transverse-field Ising chain with general blocks and matchgates.

    python -m benchmarks.block_families
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from benchmarks.measure import RESULTS, machine, write_results
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the families asked for, keep the others' rows, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", nargs="+", default=sorted({case[2] for case in CASES}))
    chosen = parser.parse_args(arguments).blocks
    measured_on = machine()
    kept = {_key(row): row for row in _kept()}
    for name, hamiltonian, blocks, depths in CASES:
        for layers in depths if blocks in chosen else ():
            row = measure(name, hamiltonian, blocks, layers)
            kept[_key(row)] = row
            print(row, flush=True)
    order = [(name, blocks, layers) for name, _, blocks, depths in CASES for layers in depths]
    notes = f"{SITES} qubits, t = {TIME}, Neel state; at most {ITERATIONS} iterations."
    rows = [kept[key] for key in order if key in kept]
    write_results("block_families", rows, measured_on=measured_on, notes=notes)


def _key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["chain"], row["blocks"], row["layers"]


def _kept() -> list[dict[str, Any]]:
    path = RESULTS / "block_families.json"
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


if __name__ == "__main__":
    main()
