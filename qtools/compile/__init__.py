"""Time-evolved states in, short circuits out.

Importing this package loads nothing heavy; the names below load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
