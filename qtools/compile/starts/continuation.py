"""Continuation: a circuit for a short time, or of few layers, becomes one for the whole problem."""

from dataclasses import replace
from typing import TypeGuard

import numpy as np

from qtools.compile.ansatz import Ansatz, circuit_terms, trotter_ansatz
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.mps import MPS
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.state_problem import Problem
from qtools.compile.starts.following import followed, roughly_fitted
from qtools.compile.target.evolve import evolve

_PARTS = 32  # of the evolution time, in which strides are counted
_FIRST = 8  # parts that the first circuit is made for
# Exactness of the states on the way, which only lead to the last one.
_TOLERANCE = 1e-4
_LAYERS_AT_ONCE = 2


def time_continued(problem: EvolutionProblem, layers: int, sitting: Sitting) -> Ansatz:
    """The circuit for a quarter of the time, followed to the whole of it."""

    def at(part: int) -> EvolutionProblem:
        return replace(problem, time=problem.time * part / _PARTS)

    def state_at(part: int) -> MPS:
        max_bond = sitting.settings.max_bond
        return evolve(at(part), tolerance=_TOLERANCE, max_bond=max_bond).mps

    first = trotter_ansatz(at(_FIRST), layers)
    first = roughly_fitted(first, state_at(_FIRST), sitting)
    return followed(first, state_at, _PARTS, sitting, at=_FIRST, what="the evolution")


def depth_continued(
    problem: EvolutionProblem, layers: int, target: MPS, sitting: Sitting
) -> Ansatz:
    """A shallow circuit, fitted and given idle layers in turn until it has ``layers`` of them.

    Args:
        problem: what to prepare.
        layers: brick layers of the result.
        target: the state.
        sitting: limits and listener of the compilation.
    """
    depth = shallowest(layers)
    ansatz = trotter_ansatz(problem, depth)
    while depth < layers:
        sitting.tell(f"fitting {depth} of {layers} layers", depth / layers)
        ansatz = roughly_fitted(ansatz, target, sitting)
        for _ in range(min(_LAYERS_AT_ONCE, layers - depth)):
            ansatz = deepened(problem, ansatz, depth) or ansatz
            depth += 1
    return ansatz


def shallowest(layers: int) -> int:
    """Brick layers to begin with: about half of them."""
    return max(1, layers - _LAYERS_AT_ONCE * (layers // (2 * _LAYERS_AT_ONCE)))


def _has_layers_of_its_own(problem: Problem) -> TypeGuard[EvolutionProblem]:
    """Whether its brick layers are those of a Hamiltonian that couples more than neighbours."""
    if not isinstance(problem, EvolutionProblem) or problem.hamiltonian.strings:
        return False
    return not circuit_terms(problem).is_chain


def deepened(problem: Problem, ansatz: Ansatz, layers: int) -> Ansatz | None:
    """A circuit of ``layers`` brick layers with an idle one behind it.

    None where the circuit does not end with a brick layer of the right kind.
    """
    if _has_layers_of_its_own(problem):
        usual = trotter_ansatz(problem, layers + 1)
        count = ansatz.num_blocks
        if usual.pairs[:count] != ansatz.pairs or usual.frozen != ansatz.frozen:
            return None
        idle = np.tile(np.eye(4, dtype=complex), (usual.num_blocks - count, 1, 1))
        return usual.with_gates(np.concatenate([ansatz.gates, idle]))
    parity = layers % 2
    bonds = tuple(range(parity, ansatz.num_qubits - 1, 2))
    last = {ansatz.bonds[-1] % 2} if ansatz.bonds else set()
    if last == {parity} or not bonds:
        return None
    idle = np.tile(np.eye(4, dtype=complex), (len(bonds), 1, 1))
    return replace(ansatz, bonds=ansatz.bonds + bonds, gates=np.concatenate([ansatz.gates, idle]))
