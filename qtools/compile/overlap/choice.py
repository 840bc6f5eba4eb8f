"""Which engine to take, by predicted time and memory of one evaluation.

The predictions are for ordering the engines, not for promising anything: they count operations of
the dominant steps and divide by rates that a core of today reaches for them.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS
from qtools.compile.overlap.arrays import DOUBLE, Arrays
from qtools.compile.overlap.dense import BLOCKS_AT_ONCE, DenseOverlap, num_groups
from qtools.compile.overlap.engine import OverlapEngine
from qtools.compile.overlap.exact import ExactOverlap, plan_exact
from qtools.compile.overlap.layers import layers_of
from qtools.compile.overlap.routed import RoutedOverlap, on_neighbours
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.errors import CapacityError

_PRODUCT_RATE = 35e9  # real operations per second and core in products of mid-size matrices
_CALL_SECONDS = 1.5e-6  # overhead of one product
_THIN_SECONDS = 0.5e-9  # per d chi^3 of a QR decomposition (d chi, chi), one core
_GROWN_SHARE = 0.5  # mean of chi^3 over the states of all layers, as a share of the target's
_BYTES = 16
# Of a machine of today: a choice by the cores at hand would make circuits depend on the machine.
_CORES = 2
# What truncation does to a value is second order in the angle it causes: this fraction of the angle
# measured makes the infidelity exact to about a percent. The rough angle is what it is first
# measured with.
_PRECISION = 0.1
_FINEST_ANGLE = 1e-5
_ROUGH_ANGLE = 0.05

_COPY_SECONDS = 4e-9  # per entry of a statevector whose axes change places
_SMALL_PRODUCT_RATE = 60e9  # real operations per second in products with a 16 by 16 matrix
_GROUP_SECONDS = 40e-6  # overhead of one group of blocks of the dense engine, there and back
_DENSE_STATES = 6  # kept besides those before each group
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
    plan = plan_exact(ansatz, target)
    seconds = plan.flops / (_PRODUCT_RATE * _CORES) + 3 * _CALL_SECONDS * len(plan.steps)
    return Prediction(engine=Engine.EXACT, seconds=seconds, memory=plan.memory)


def predict_dense(ansatz: Ansatz) -> Prediction | None:
    """The cost of whole statevectors; None for far too many qubits."""
    bits = ansatz.num_qubits * (2 if ansatz.is_operator else 1)
    if bits > _LARGEST_DENSE:
        return None
    size, groups = 2**bits, num_groups(ansatz)
    arithmetic = 8 * 4**BLOCKS_AT_ONCE * size / _SMALL_PRODUCT_RATE
    seconds = groups * (2 * _COPY_SECONDS * size + 3 * arithmetic + _GROUP_SECONDS)
    return Prediction(
        engine=Engine.DENSE, seconds=seconds, memory=_BYTES * size * (groups + _DENSE_STATES)
    )


def predict_truncated(ansatz: Ansatz, target: MPS) -> Prediction:
    """The cost of truncated layer states, if their bonds grow to about the target's."""
    ansatz = on_neighbours(ansatz)
    chi, physical = target.max_bond, target.tensors[0].shape[1]
    depth, pairs = depth_of(ansatz), max(1, ansatz.num_qubits // 2)
    cubes = _GROWN_SHARE * chi**3 / _CORES
    products = 8 * 13 * physical**2 * cubes / _PRODUCT_RATE
    thin = 2 * _THIN_SECONDS * physical * cubes
    calls = 60 * _CALL_SECONDS
    memory = 2 * _BYTES * depth * ansatz.num_qubits * physical * chi**2
    return Prediction(
        engine=Engine.TRUNCATED,
        seconds=depth * pairs * (products + thin + calls),
        memory=memory,
    )


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
    ansatz: Ansatz, target: MPS, *, engine: Engine = Engine.AUTO, max_memory: int
) -> complex:
    """``<target|V|0>`` against the whole target, its infidelity exact to about a percent."""
    prediction = choose(ansatz, target, engine=engine, max_memory=max_memory)
    rough = build(prediction, ansatz, target, max_angle=_ROUGH_ANGLE).value(ansatz.gates)
    if prediction.engine is not Engine.TRUNCATED:
        return rough
    angle = float(np.arcsin(np.sqrt(max(0.0, 1.0 - abs(rough) ** 2))))
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
