"""A circuit led along a path of states to the last of them, the overlap never lost on the way."""

import time
from collections.abc import Callable

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.fit import StopRules, fit
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.mps import MPS
from qtools.compile.overlap.choice import precise_overlap

# A stride is taken when the overlap survives it this well ...
_LEAST_FIDELITY = 0.4
# ... and ends when the circuit follows this well, or after so many iterations.
_FOLLOWED = 0.99
_ITERATIONS = 40


def followed(
    ansatz: Ansatz,
    state_at: Callable[[int], MPS],
    length: int,
    sitting: Sitting,
    *,
    at: int = 0,
    what: str,
) -> Ansatz:
    """``ansatz`` led from about the state at ``at`` to about the state at ``length``.

    The last state is only come near to: the fit proper goes on from there.

    Args:
        ansatz: close to the state at the beginning.
        state_at: the states on the way, ``0 < position <= length``.
        length: of the path.
        sitting: limits and listener of the compilation.
        at: position to begin with.
        what: is followed, for people.
    """
    stride = max(1, length // 4)
    while at < length:
        ahead = min(stride, length - at)
        target = state_at(at + ahead)
        memory = sitting.settings.max_memory
        fidelity = abs(precise_overlap(ansatz, target, max_memory=memory)) ** 2
        if fidelity < _LEAST_FIDELITY and ahead > 1:
            stride = ahead // 2
            continue
        at, stride = at + ahead, 2 * ahead
        sitting.tell(f"following {what}: {at} of {length}", at / length)
        if at < length and fidelity < _FOLLOWED:
            ansatz = roughly_fitted(ansatz, target, sitting, fidelity=_FOLLOWED)
    return ansatz


def roughly_fitted(
    ansatz: Ansatz,
    target: MPS,
    sitting: Sitting,
    *,
    fidelity: float | None = None,
    iterations: int = _ITERATIONS,
    strategy: Strategy | None = None,
) -> Ansatz:
    """``ansatz`` after some iterations, or once it has reached ``fidelity``.

    The strategy is by default that of the sitting's settings.
    """
    memory = sitting.settings.max_memory
    found = abs(precise_overlap(ansatz, target, max_memory=memory)) ** 2
    steps = fit(
        ansatz,
        target,
        StopRules(fidelity=fidelity, max_iterations=iterations, deadline=sitting.deadline),
        infidelity=max(0.0, 1.0 - found),
        began=time.perf_counter(),
        max_memory=memory,
        strategy=strategy or Strategy.of(sitting.settings),
    )
    gates = ansatz.gates
    for latest in steps:
        gates = latest.gates
    return ansatz.with_gates(gates)
