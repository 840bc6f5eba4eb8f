"""The compile pipeline, from a problem to a certified circuit; read it from top to bottom.

::

    EvolutionProblem -> Target (evolve) -> Ansatz (trotter_ansatz) -> Fit (fit)
        -> QuantumCircuit (synthesize) -> Baseline (trotter_baseline) -> CompilationResult
        -> Certificate (certify)
"""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.baseline import trotter_baseline
from qtools.compile.certify import certify
from qtools.compile.evolve import Target, evolve
from qtools.compile.fit import Fit, StopRules, fit
from qtools.compile.mps import MPS
from qtools.compile.overlap.choice import choose, precise_overlap
from qtools.compile.problem import EvolutionProblem
from qtools.compile.result import CompilationResult, Outcome
from qtools.compile.settings import CompileSettings
from qtools.compile.synthesis import synthesize
from qtools.compile.threads import single_threaded_blas
from qtools.console import Ticker

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def compile_problem(
    problem: EvolutionProblem, settings: CompileSettings, *, on_progress: Ticker | None = None
) -> CompilationResult:
    """Compile the evolved state of ``problem`` into a circuit of ``settings.layers`` brick layers.

    Ctrl-C during the optimisation ends it and gives the best circuit so far.

    Args:
        problem: Hamiltonian, initial state, time.
        settings: depth, stop rules, exactness of the target, native gates.
        on_progress: is told what goes on.

    Returns:
        The result without a certificate; see :func:`certified`.

    Raises:
        CapacityError: when the contraction would take more memory than allowed.
    """
    tell = on_progress or silent
    with single_threaded_blas():
        began = time.perf_counter()
        ansatz = trotter_ansatz(problem, settings.layers)
        # Before any work: what does not even fit with a product state as target never will.
        choose(ansatz, MPS.product(ansatz.initial), max_memory=settings.max_memory)
        tell("evolving the target")
        target = evolve(problem, tolerance=settings.tolerance, max_bond=settings.max_bond)
        start_fidelity = (
            abs(precise_overlap(ansatz, target.mps, max_memory=settings.max_memory)) ** 2
        )
        ended = fitted(ansatz, target, settings, began, 1.0 - start_fidelity, tell)
        compiled = ansatz.with_gates(ended.state.gates)
        overlap = precise_overlap(compiled, target.mps, max_memory=settings.max_memory)
        phase = float(np.angle(overlap))
        tell("writing the circuit")
        circuit = synthesize(compiled, basis=settings.basis, phase=-phase)
        seconds = time.perf_counter() - began
        tell("comparing with plain Trotter")
        fidelity = min(1.0, abs(overlap) ** 2)
        baseline = trotter_baseline(
            problem, target, settings, same_depth_fidelity=start_fidelity, fidelity=fidelity
        )
    assert ended.outcome is not None
    return CompilationResult(
        problem=problem,
        settings=settings,
        circuit=circuit,
        ansatz=compiled,
        fidelity=fidelity,
        phase=phase,
        target=target,
        baseline=baseline,
        outcome=ended.outcome,
        history=ended.history,
        evaluations=ended.state.evaluations,
        seconds=seconds,
    )


def certified(
    result: CompilationResult, circuit: "QuantumCircuit | None" = None
) -> CompilationResult:
    """The result with a certificate: the circuit simulated by another engine.

    Args:
        result: of :func:`compile_problem`.
        circuit: the circuit as read back from its file; the one in memory by default.
    """
    with single_threaded_blas():
        certificate = certify(
            circuit or result.circuit, result.target.mps, target_angle=result.target.angle
        )
    return replace(result, certificate=certificate)


def fitted(
    ansatz: Ansatz,
    target: Target,
    settings: CompileSettings,
    began: float,
    infidelity: float,
    tell: Ticker,
) -> Fit:
    """The last state of the fit, or the best so far when interrupted."""
    limit = settings.max_seconds
    rules = StopRules(
        fidelity=settings.fidelity,
        max_iterations=settings.max_iterations,
        deadline=None if limit is None else began + limit,
    )
    latest = None
    try:
        for latest in fit(
            ansatz,
            target.mps,
            rules,
            infidelity=infidelity,
            began=began,
            max_memory=settings.max_memory,
        ):
            entry = latest.history[-1]
            tell(
                f"iteration {entry.iteration}: infidelity {entry.infidelity:.2e}, "
                f"target bond {entry.target_bond}",
                entry.iteration / settings.max_iterations,
            )
    except KeyboardInterrupt:
        if latest is None:
            raise
        return replace(latest, outcome=Outcome.INTERRUPTED)
    assert latest is not None
    return latest


def silent(text: str, fraction: float | None = None) -> None:
    """Tell nobody."""
