"""Time-evolved states in, short circuits out.

Importing this package loads nothing heavy; the names below load on first use.
"""

from typing import TYPE_CHECKING

from qtools.lazy_names import lazy_names

if TYPE_CHECKING:
    from qtools.compile.compiler import certified, compile_problem
    from qtools.compile.evolution import compile_evolution
    from qtools.compile.mps import MPS
    from qtools.compile.problem.evolution_problem import EvolutionProblem
    from qtools.compile.problem.hamiltonians import ChainHamiltonian
    from qtools.compile.problem.initial_state import InitialState
    from qtools.compile.result import CompilationResult, Outcome
    from qtools.compile.settings import CompileSettings

__all__ = [
    "MPS",
    "ChainHamiltonian",
    "CompilationResult",
    "CompileSettings",
    "EvolutionProblem",
    "InitialState",
    "Outcome",
    "certified",
    "compile_evolution",
    "compile_problem",
]

_HOMES = {
    "MPS": "mps",
    "ChainHamiltonian": "problem.hamiltonians",
    "CompilationResult": "result",
    "CompileSettings": "settings",
    "EvolutionProblem": "problem.evolution_problem",
    "InitialState": "problem.initial_state",
    "Outcome": "result",
    "certified": "compiler",
    "compile_evolution": "evolution",
    "compile_problem": "compiler",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
