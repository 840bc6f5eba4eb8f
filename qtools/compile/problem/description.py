"""Problems in words and numbers that a person recognises, for records and reports."""

from typing import Any

import numpy as np

from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import NAMED_STATES, InitialState
from qtools.compile.problem.state_problem import Problem

_MOST_BITS = 64


def described(problem: Problem) -> dict[str, Any]:
    """A problem as JSON values: its name, or its Hamiltonian and initial state."""
    if not isinstance(problem, EvolutionProblem):
        return {"name": problem.name}
    return {
        "hamiltonian": described_hamiltonian(problem.hamiltonian.relabelled(problem.order)),
        "initial": described_state(problem.initial.relabelled(problem.order)),
    }


def described_hamiltonian(hamiltonian: ChainHamiltonian) -> list[dict[str, Any]]:
    """Per Pauli label, how many terms there are and between which coefficients."""
    coefficients: dict[str, list[float]] = {}
    for term in hamiltonian.terms:
        coefficients.setdefault(term.label, []).append(term.coefficient)
    return [
        {"label": label, "terms": len(found), "least": min(found), "most": max(found)}
        for label, found in sorted(coefficients.items(), key=lambda item: (-len(item[0]), item[0]))
    ]


def described_state(state: InitialState) -> str:
    """The name of a state, its bits, or what kind of state it is."""
    if state.preparation:
        return f"prepared by {len(state.preparation)} two-qubit gates"
    if not np.allclose(np.abs(state.vectors).max(axis=1), 1.0):
        return "a product state"
    bits = np.abs(state.vectors).argmax(axis=1)
    for name, bit_of in NAMED_STATES.items():
        if all(bit_of(site, len(bits)) == bit for site, bit in enumerate(bits)):
            return name
    text = "".join(map(str, bits))
    return text if len(text) <= _MOST_BITS else "a basis state"
