"""The compile pipeline, from a problem to a certified circuit; read it from top to bottom.

::

    Problem -> Target (target_of) -> Ansatz (starting_ansatz) -> Fit (Sitting.fitted)
        -> QuantumCircuit (synthesize) -> Baseline (trotter_baseline) -> CompilationResult
        -> Certificate (certify)

A problem is a time evolution, or a state given as a circuit or as a matrix product state; see
:mod:`qtools.compile.starts.choose` for what each of them starts from.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from qtools import __version__
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.baseline import deepest_trotter_circuit, trotter_baseline
from qtools.compile.certify import certify
from qtools.compile.fitting.checkpoint import Checkpoints
from qtools.compile.fitting.fit import Fit
from qtools.compile.fitting.sitting import Sitting, silent
from qtools.compile.overlap.choice import precise_overlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.state_problem import CircuitProblem, Problem
from qtools.compile.result import CompilationResult
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.choose import better_start, refuse_hopeless, starting_ansatz, target_of
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.target.evolve import Target
from qtools.compile.threads import single_threaded_blas
from qtools.console import Ticker

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def compile_problem(
    problem: Problem,
    settings: CompileSettings,
    *,
    on_progress: Ticker | None = None,
    checkpoints: Checkpoints | None = None,
    start: Ansatz | None = None,
) -> CompilationResult:
    """Compile the state of ``problem`` into a circuit of ``settings.layers`` brick layers.

    Ctrl-C during the optimisation ends it and gives the best circuit so far.

    Args:
        problem: what to prepare.
        settings: depth, stop rules, exactness of the target, native gates.
        on_progress: is told what goes on.
        checkpoints: where to keep the state of the fit, and to go on from what is kept there.
        start: gates to start from if they are closer to the target than the usual start.

    Returns:
        The result without a certificate; see :func:`certified`.

    Raises:
        CapacityError: when the contraction would take more memory than allowed.
        BadInputError: when a checkpoint is damaged.
    """
    sitting = Sitting(settings=settings, tell=on_progress or silent, checkpoints=checkpoints)
    with single_threaded_blas():
        refuse_hopeless(problem, settings)
        target = target_of(problem, sitting)
        ansatz = starting_ansatz(problem, settings.layers, target, sitting)
        begin = better_start([ansatz] if start is None else [ansatz, start], target, settings)
        ended = sitting.fitted(begin.ansatz, target, begin.infidelity)
        compiled = begin.ansatz.with_gates(ended.gates)
        return finished(problem, sitting, compiled, target, ended)


def finished(
    problem: Problem, sitting: Sitting, compiled: Ansatz, target: Target, ended: Fit
) -> CompilationResult:
    """The circuit of a fit that has ended, compared with plain Trotter where there is such."""
    settings = sitting.settings
    overlap = precise_overlap(compiled, target.mps, max_memory=settings.max_memory)
    phase = float(np.angle(overlap))
    sitting.tell("writing the circuit")
    circuit = synthesize(compiled, basis=settings.basis, phase=-phase, qubits=problem.qubits)
    circuit.metadata = {
        "qtools": __version__,
        "problem": problem.content_id(),
        "fidelity": min(1.0, abs(overlap) ** 2),
        "layers": settings.layers,
        "seed": settings.seed,
    }
    seconds = sitting.seconds
    fidelity = min(1.0, abs(overlap) ** 2)
    baseline = None
    if isinstance(problem, EvolutionProblem):
        sitting.tell("comparing with plain Trotter")
        baseline = trotter_baseline(
            problem,
            target,
            settings,
            same_depth_fidelity=trotter_fidelity(problem, target, settings),
            fidelity=fidelity,
        )
    assert ended.outcome is not None
    return CompilationResult(
        problem=problem,
        settings=settings,
        circuit=circuit,
        blocks=compiled,
        fidelity=fidelity,
        phase=phase,
        target=target,
        baseline=baseline,
        outcome=ended.outcome,
        history=ended.history,
        evaluations=ended.state.evaluations,
        engine=ended.engine,
        seconds=seconds,
        rest=problem.rest if isinstance(problem, CircuitProblem) else None,
    )


def certified(
    result: CompilationResult,
    circuit: "QuantumCircuit | None" = None,
    *,
    second_opinion: bool = True,
) -> CompilationResult:
    """The result with a certificate: the circuit simulated by another engine.

    Args:
        result: of :func:`compile_problem`.
        circuit: the circuit as read back from its file; the one in memory by default. What follows
            the compiled part in it is left aside, since it changes no fidelity.
        second_opinion: as in :func:`qtools.compile.certify.certify`.
    """
    with single_threaded_blas():
        certificate = certify(
            result.circuit if circuit is None else result.compiled_part(circuit),
            result.target.mps,
            target_angle=result.target.angle,
            qubits=result.problem.qubits,
            second_opinion=second_opinion,
        )
    return replace(result, certificate=certificate)


def trotter_fidelity(problem: EvolutionProblem, target: Target, settings: CompileSettings) -> float:
    """Fidelity of the Trotter circuit with as many layers; of the initial state, if none has."""
    ansatz = trotter_ansatz(problem, settings.layers)
    if problem.hamiltonian.strings:
        ansatz = deepest_trotter_circuit(problem, settings.layers)
    return abs(precise_overlap(ansatz, target.mps, max_memory=settings.max_memory)) ** 2
