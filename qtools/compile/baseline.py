"""Plain Trotter circuits for the same problem: what a compiled circuit is measured against."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qtools.compile.ansatz import Ansatz, trotter_circuit
from qtools.compile.mps import overlap
from qtools.compile.overlap.dense import DenseOverlap
from qtools.compile.overlap.layers import layers_of
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.result import Baseline, TrotterPoint
from qtools.compile.settings import CompileSettings
from qtools.compile.starts.circuit_start import circuit_ansatz
from qtools.compile.synthesis.circuit import synthesize
from qtools.compile.synthesis.circuit_metrics import gate_counts, two_qubit_depth
from qtools.compile.target.dense_evolution import MOST_QUBITS
from qtools.compile.target.evolve import Target, trotter_state
from qtools.compile.target.integrators import STRANG

_MAX_STEPS = 400
_ROUNDING = 1e-12  # infidelities below this are not worth steps

# How exactly Trotter states are evolved, as a fraction of the angle they are compared at.
_PRECISION = 0.1


def trotter_baseline(
    problem: EvolutionProblem,
    target: Target,
    settings: CompileSettings,
    *,
    same_depth_fidelity: float,
    fidelity: float,
) -> Baseline:
    """Compare a circuit of this ``fidelity`` with plain second-order Trotter circuits.

    The Trotter circuits are synthesised like the compiled one, with as few two-qubit gates per
    block as it allows, so that their depth is the best that Trotter can do in this basis.
    """

    # Trotter's own circuits have their blocks where the Hamiltonian couples.
    plain = replace(problem, circuit_pairs=None)

    is_dense = target.order == 0 and problem.num_qubits <= MOST_QUBITS

    def infidelity(steps: int) -> float:
        angle = _PRECISION * float(np.arccos(np.sqrt(min(fidelity, 1.0 - 1e-12))))
        if is_dense:
            ansatz = trotter_circuit(plain, steps)
            reached = abs(DenseOverlap(ansatz, target.mps).value(ansatz.gates)) ** 2
        else:
            state = trotter_state(plain, STRANG, steps, max_angle=angle)
            reached = abs(overlap(target.mps, state.mps)) ** 2 / state.mps.norm() ** 2
        looked_at[steps] = float(min(1.0, reached))
        return max(0.0, 1.0 - reached)

    looked_at: dict[int, float] = {}
    steps = _fewest_steps(infidelity, max(_ROUNDING, 1.0 - fidelity))
    depth = gates = None
    if steps is not None:
        ansatz = trotter_circuit(plain, steps)
        circuit = synthesize(ansatz, basis=settings.basis, qubits=plain.qubits)
        depth, gates = two_qubit_depth(circuit), gate_counts(circuit)
    return Baseline(
        trotter_same_depth_fidelity=same_depth_fidelity,
        trotter_same_fidelity_two_qubit_depth=depth,
        trotter_same_fidelity_steps=steps,
        trotter_same_fidelity_gates=gates,
        trotter_points=tuple(
            TrotterPoint(steps=tried, fidelity=looked_at[tried]) for tried in sorted(looked_at)
        ),
    )


def deepest_trotter_circuit(problem: EvolutionProblem, layers: int) -> Ansatz:
    """The most Trotter steps within ``layers`` layers of blocks, or none: the initial state."""
    best = trotter_circuit(problem, 1)
    if len(layers_of(best.bonds, best.rights)) > layers:
        return circuit_ansatz(problem.initial)
    for steps in range(2, _MAX_STEPS):
        ansatz = trotter_circuit(problem, steps)
        if len(layers_of(ansatz.bonds, ansatz.rights)) > layers:
            break
        best = ansatz
    return best


def _fewest_steps(infidelity: Callable[[int], float], allowed: float) -> int | None:
    """The smallest number of steps whose infidelity is at most ``allowed``.

    The infidelity of an order-2 method falls as ``steps ** -4``, which gives the next guess; the
    answer is pinned between a number that fails and the next one, which does not.
    """
    fails, suffices = 0, None
    steps = 1
    while suffices is None or suffices - fails > 1:
        found = infidelity(steps)
        if found <= allowed:
            suffices = steps
        else:
            fails = steps
        if fails >= _MAX_STEPS:
            return None
        guess = max(1, math.floor(steps * (found / allowed) ** 0.25))
        if suffices is None:
            steps = min(_MAX_STEPS, max(fails + 1, guess))
        else:
            steps = min(suffices - 1, max(fails + 1, guess))
    return suffices
