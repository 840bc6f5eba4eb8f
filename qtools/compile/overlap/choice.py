"""Which engine to take, by predicted time and memory of one evaluation.

See :mod:`qtools.compile.overlap.cost` for what the predictions are made of.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS
from qtools.compile.overlap.arrays import DOUBLE, Arrays
from qtools.compile.overlap.cost import (
    DENSE_RATES,
    EXACT_RATES,
    TRUNCATED_RATES,
    Rates,
    Work,
    dense_work,
    exact_work,
    truncated_work,
)
from qtools.compile.overlap.dense import DenseOverlap
from qtools.compile.overlap.engine import OverlapEngine
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.layers import layers_of
from qtools.compile.overlap.routed import RoutedOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.errors import CapacityError

# What truncation does to a value is second order in the angle it causes: this fraction of the angle
# measured makes the infidelity exact to about a percent. The rough angle is what it is first
# measured with.
_PRECISION = 0.1
_FINEST_ANGLE = 1e-5
_ROUGH_ANGLE = 0.05

_LARGEST_DENSE = 26  # bits of a statevector beyond which it is out of the question
_DEEPEST_PLAN = 40  # layers; deeper ones need not be planned to know that they do not fit


class Engine(StrEnum):
    """The engines, and ``auto`` for the one predicted to be fastest."""

    AUTO = "auto"
    DENSE = "dense"
    EXACT = "exact"
    TRUNCATED = "truncated"


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What one value with all derivatives will take.

    Attributes:
        engine: which.
        seconds: predicted time.
        memory: predicted bytes.
        others: what the engines not taken would need.
    """

    engine: Engine
    seconds: float
    memory: int
    others: "tuple[Prediction, ...]" = ()

    @classmethod
    def of(cls, engine: Engine, work: Work, rates: Rates) -> "Prediction":
        """Of an engine that has ``work`` to do at ``rates``."""
        return cls(engine=engine, seconds=work.seconds(rates), memory=work.memory)

    @property
    def reason(self) -> str:
        """Which engine was taken, and instead of what."""
        return "; ".join([f"{self}", *(f"not {other}" for other in self.others)])

    def __str__(self) -> str:
        return f"{self.engine} ({self.seconds:.2g} s, {readable_bytes(self.memory)} per evaluation)"


def predict_exact(ansatz: Ansatz, target: MPS) -> Prediction | None:
    """The cost of exact contraction; None for circuits far too deep for it."""
    if widest_cut(ansatz) > _DEEPEST_PLAN:
        return None
    return Prediction.of(Engine.EXACT, exact_work(ansatz, target), EXACT_RATES)


def predict_dense(ansatz: Ansatz) -> Prediction | None:
    """The cost of whole statevectors; None for far too many qubits."""
    if ansatz.num_qubits * (2 if ansatz.is_operator else 1) > _LARGEST_DENSE:
        return None
    return Prediction.of(Engine.DENSE, dense_work(ansatz), DENSE_RATES)


def predict_truncated(ansatz: Ansatz, target: MPS) -> Prediction:
    """The cost of truncated layer states, if their bonds grow to about the target's."""
    return Prediction.of(Engine.TRUNCATED, truncated_work(ansatz, target), TRUNCATED_RATES)


def choose(
    ansatz: Ansatz, target: MPS, *, engine: Engine = Engine.AUTO, max_memory: int
) -> Prediction:
    """The engine to take.

    Raises:
        CapacityError: when none that may be taken fits into ``max_memory`` bytes; nothing has been
            allocated then.
    """
    asked = {engine} if engine is not Engine.AUTO else set(Engine)
    exact = predict_exact(ansatz, target) if Engine.EXACT in asked else None
    truncated = predict_truncated(ansatz, target) if Engine.TRUNCATED in asked else None
    dense = predict_dense(ansatz) if Engine.DENSE in asked else None
    predictions = [p for p in (exact, truncated, dense) if p is not None]
    fitting = [p for p in predictions if p.memory <= max_memory]
    if not predictions:
        if engine is Engine.DENSE:
            raise CapacityError(
                f"{ansatz.num_qubits} qubits are too many for whole statevectors; use the exact or "
                "the truncated engine"
            )
        raise CapacityError(
            f"{depth_of(ansatz)} layers are too deep for exact contraction; use at "
            f"most {_DEEPEST_PLAN}, or the truncated engine"
        )
    if not fitting:
        raise CapacityError(
            f"the contraction needs {' or '.join(map(str, predictions))} for "
            f"{depth_of(ansatz)} layers and a target of bond {target.max_bond}, but "
            f"only {readable_bytes(max_memory)} is allowed; use fewer layers, a larger tolerance "
            "of the target or more memory"
        )
    best = min(fitting, key=lambda prediction: prediction.seconds)
    return replace(best, others=tuple(p for p in predictions if p is not best))


def build(
    prediction: Prediction,
    ansatz: Ansatz,
    target: MPS,
    *,
    max_angle: float,
    arrays: Arrays = DOUBLE,
) -> OverlapEngine:
    """The chosen engine.

    Args:
        prediction: of :func:`choose`.
        ansatz: the circuit; its gates are the reference of a truncated engine.
        target: what it is compared with.
        max_angle: how far a truncated engine may put the state off, in radians.
        arrays: where to compute, for the engines that contract networks.
    """
    if prediction.engine is Engine.EXACT:
        return ExactOverlap(ansatz, target, arrays=arrays)
    if prediction.engine is Engine.DENSE:
        return DenseOverlap(ansatz, target)

    def truncated(circuit: Ansatz) -> TruncatedOverlap:
        return TruncatedOverlap(circuit, target, max_angle=max_angle, arrays=arrays)

    return truncated(ansatz) if ansatz.rights is None else RoutedOverlap(ansatz, truncated)


def precise_overlap(
    ansatz: Ansatz,
    target: MPS,
    *,
    engine: Engine = Engine.AUTO,
    max_memory: int,
    infidelity: float | None = None,
) -> complex:
    """``<target|V|0>`` against the whole target, its infidelity exact to about a percent.

    Args:
        ansatz: the circuit.
        target: what it is compared with.
        engine: contracts the overlap.
        max_memory: bytes that it may take.
        infidelity: about what it will be, where that is known, which saves a rough first look.
    """
    prediction = choose(ansatz, target, engine=engine, max_memory=max_memory)
    if prediction.engine is not Engine.TRUNCATED or infidelity is None:
        rough = build(prediction, ansatz, target, max_angle=_ROUGH_ANGLE).value(ansatz.gates)
        if prediction.engine is not Engine.TRUNCATED:
            return rough
        infidelity = max(0.0, 1.0 - abs(rough) ** 2)
    angle = float(np.arcsin(np.sqrt(infidelity)))
    finest = max(_FINEST_ANGLE, _PRECISION * angle)
    return build(prediction, ansatz, target, max_angle=finest).value(ansatz.gates)


def widest_cut(ansatz: Ansatz) -> int:
    """Wires that blocks send over one cut of the chain, at most: about the layers of a brickwork.

    A staircase is as deep as the chain is long, and yet it sends one block over each cut.
    """
    blocks = np.zeros(ansatz.num_qubits + 1, dtype=int)
    for left, right in ansatz.pairs:
        blocks[left + 1] += 1
        blocks[right + 1] -= 1
    return 2 * int(np.max(np.cumsum(blocks)))


def depth_of(ansatz: Ansatz) -> int:
    """How many layers of disjoint blocks the circuit has."""
    return len(layers_of(ansatz.bonds, ansatz.rights))


def readable_bytes(size: float) -> str:
    """``size`` bytes in the unit that fits; sizes may be integers too large for a float."""
    if size >= 2**70:
        return f"2^{int(size).bit_length() - 31} GiB"
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} GiB"
