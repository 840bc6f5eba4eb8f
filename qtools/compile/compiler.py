"""The compile pipeline, from a problem to a certified circuit; read it from top to bottom.

::

    EvolutionProblem -> Target (evolve) -> Ansatz (trotter_ansatz) -> Fit (fit)
        -> QuantumCircuit (synthesize) -> Baseline, Certificate -> CompilationResult
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.baseline import trotter_baseline
from qtools.compile.certify import certify
from qtools.compile.evolve import Target, evolve
from qtools.compile.fit import Fit, StopRules, fit
from qtools.compile.mps import MPS
from qtools.compile.overlap.exact import ExactOverlap, check_memory
from qtools.compile.problem import EvolutionProblem
from qtools.compile.result import CompilationResult, Outcome
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis import synthesize
from qtools.compile.threads import single_threaded_blas
from qtools.console import Ticker

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def compile_problem(
    problem: EvolutionProblem,
    settings: CompileSettings,
    *,
    on_progress: Ticker | None = None,
    with_certificate: bool = True,
) -> CompilationResult:
    """Compile the evolved state of ``problem`` into a circuit of ``settings.layers`` brick layers.

    Ctrl-C during the optimisation ends it and gives the best circuit so far.

    Args:
        problem: Hamiltonian, initial state, time.
        settings: depth, stop rules, exactness of the target, native gates.
        on_progress: is told what goes on.
        with_certificate: also check the circuit with an independent engine.

    Raises:
        CapacityError: when the contraction would take more memory than allowed.
    """
    tell = on_progress or _silent
    with single_threaded_blas():
        began = time.perf_counter()
        check_memory(
            trotter_bonds(problem, settings.layers), settings.max_memory
        )
        tell("evolving the target", None)
        target = evolve(problem, tolerance=settings.tolerance, max_bond=settings.max_bond)
        ansatz = trotter_ansatz(problem, settings.layers)
        engine = ExactOverlap(ansatz, target.mps, max_memory=settings.max_memory)
        start_fidelity = abs(engine.value(ansatz.gates)) ** 2
        ended = _optimized(ansatz, target, settings, 1.0 - start_fidelity, began, tell)
        overlap = engine.value(ended.state.gates)
        phase = float(np.angle(overlap))
        tell("writing the circuit", None)
        compiled = ansatz.with_gates(ended.state.gates)
        circuit = synthesize(compiled, basis=settings.basis, phase=-phase)
        seconds = time.perf_counter() - began
        tell("comparing with Trotter", None)
        baseline = trotter_baseline(
            problem,
            target,
            settings,
            same_depth_fidelity=start_fidelity,
            fidelity=abs(overlap) ** 2,
        )
'''
