"""The surrogate cost of the AQCtensor authors, against flat landscapes.

::

    C = 1 - (1 - w) |h_0|^2 - w max_i |h_i|^2,     h_i = <0| X_i S^dagger V^dagger |target>

(arXiv 2301.08609; ``h_0`` without the flip, ``S`` prepares the initial product state.) Where the
fidelity ``|h_0|^2`` is flat, the amplitude on the state with one flipped qubit need not be. The
weight starts at 1 and follows ``w <- w + 0.1 (sqrt |C| - w)``, so that near the target the cost is
the fidelity alone; the leading flip is replaced only when another one is 1.1 times better. The
schedule moves once per step of the optimiser, whose line search needs a cost that holds still.

``-log(1 - C)`` is minimised: it has the same minima, and a gradient of the same size however small
all of these amplitudes are.

**All flips come with the environments of the plain overlap.** The overlap is linear in the initial
vector of each site, and the environment of the first block on a site, with that block put back, is
its derivative. So an evaluation takes two contractions, one for ``h_0`` with all ``|h_i|`` and one
for the gradient of the leading ``h_i``, not ``n + 1``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.evaluation import Evaluation, Part
from qtools.compile.fitting.objectives.log_infidelity import SMALLEST_FIDELITY
from qtools.compile.fitting.objectives.objective import without_frozen
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.accuracy import Accuracy
from qtools.compile.overlap.engine import OverlapEngine
from qtools.errors import BadInputError

_RATE = 0.1
_CLEARLY_BETTER = 1.1

BuildEngine = Callable[[Ansatz], OverlapEngine]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Where the surrogate stands between two steps.

    Attributes:
        weight: w, of the leading flip.
        lead: the site whose flip leads; None until there was an evaluation.
    """

    weight: float = 1.0
    lead: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Surrogate:
    """The surrogate cost; :func:`surrogate` makes one.

    Attributes:
        ansatz: the layout, with its initial vectors and frozen blocks.
        build: makes the engine of a layout.
        schedule: weight and leading flip; the lead is known.
        plain: engine of ``h_0``.
        flipped: engine of the leading ``h_i``.
    """

    ansatz: Ansatz
    build: BuildEngine
    schedule: Schedule
    plain: OverlapEngine
    flipped: OverlapEngine

    @property
    def accuracy(self) -> Accuracy:
        """That of the plain overlap, which the fidelity comes from."""
        return self.plain.accuracy

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at gates (num_blocks, 4, 4)."""
        overlap, environments = self.plain.value_and_environments(gates)
        flips = np.abs(flipped_overlaps(self.ansatz, gates, environments)) ** 2
        parts = (
            Part.of(overlap, environments, gates),
            Part.of(*self.flipped.value_and_environments(gates), gates),
        )
        return self._combined(parts, tuple(flips.tolist()))

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """``directions`` without those of frozen blocks."""
        return without_frozen(directions, self.ansatz.frozen)

    def after(
        self, gates: ComplexArray, evaluation: Evaluation
    ) -> tuple["Surrogate", Evaluation, int]:
        """The cost with the next weight; a new leading flip costs one evaluation more."""
        value = self._value(evaluation.parts)
        weight = self.schedule.weight
        weight += _RATE * (float(np.sqrt(abs(1.0 - value))) - weight)
        lead = self.schedule.lead
        best = int(np.argmax(evaluation.flips))
        assert lead is not None
        if evaluation.flips[best] > _CLEARLY_BETTER * evaluation.flips[lead]:
            changed = replace(
                self,
                schedule=Schedule(weight=weight, lead=best),
                flipped=self.build(with_flip(self.ansatz, best)),
            )
            return changed, changed(gates), 1
        same = replace(self, schedule=Schedule(weight=weight, lead=lead))
        return same, same._combined(evaluation.parts, evaluation.flips), 0

    def _value(self, parts: tuple[Part, ...]) -> float:
        """``1 - C``."""
        weight = self.schedule.weight
        return (1.0 - weight) * parts[0].fidelity + weight * parts[1].fidelity

    def _combined(self, parts: tuple[Part, ...], flips: tuple[float, ...]) -> Evaluation:
        weight, value = self.schedule.weight, max(self._value(parts), SMALLEST_FIDELITY)
        reduced = ((1.0 - weight) * parts[0].reduced + weight * parts[1].reduced) / value
        return Evaluation.of(
            parts[0].overlap,
            -float(np.log(value)),
            reduced,
            frozen=self.ansatz.frozen,
            parts=parts,
            flips=flips,
        )


def surrogate(
    ansatz: Ansatz, gates: ComplexArray, build: BuildEngine, schedule: Schedule | None = None
) -> Surrogate:
    """The surrogate cost of a layout, its leading flip found at ``gates`` unless it is given.

    The weight starts at 1 where a flip is better than none, as far from the target, and otherwise
    at ``sqrt (1 - |h_0|^2)``, where the schedule would leave it.

    Raises:
        BadInputError: for an operator, which has no initial state to flip a qubit of.
    """
    refuse_operator(ansatz)
    schedule = schedule or Schedule()
    plain = build(ansatz)
    if schedule.lead is None:
        overlap, environments = plain.value_and_environments(gates)
        flips = np.abs(flipped_overlaps(ansatz, gates, environments))
        lead, fidelity = int(np.argmax(flips)), abs(overlap) ** 2
        weight = schedule.weight
        if abs(overlap) > flips[lead]:
            weight = float(np.sqrt(max(0.0, 1.0 - fidelity)))
        schedule = Schedule(weight=weight, lead=lead)
    assert schedule.lead is not None
    return Surrogate(
        ansatz=ansatz,
        build=build,
        schedule=schedule,
        plain=plain,
        flipped=build(with_flip(ansatz, schedule.lead)),
    )


def refuse_operator(ansatz: Ansatz) -> None:
    """Raise :class:`BadInputError` for a target that is a unitary."""
    if ansatz.is_operator:
        raise BadInputError(
            "the surrogate objective flips qubits of an initial state, which a unitary does not "
            "have; use the global or the local objective"
        )


def with_flip(ansatz: Ansatz, site: int) -> Ansatz:
    """The same blocks on the product state with the qubit of ``site`` flipped."""
    initial = ansatz.initial.copy()
    initial[site] = flipped_vector(initial[site])
    return replace(ansatz, initial=initial)


def flipped_vector(vector: ComplexArray) -> ComplexArray:
    """``S X S^dagger`` of a qubit's state ``S|0>``, up to a phase: the state orthogonal to it."""
    return np.array([-vector[1].conj(), vector[0].conj()])


def flipped_overlaps(
    ansatz: Ansatz, gates: ComplexArray, environments: ComplexArray
) -> ComplexArray:
    """``<target| V X_i |0>`` for every site, up to a phase each.

    A site without blocks counts as zero: no block could undo its flip.

    Args:
        ansatz: a state's layout.
        gates: (num_blocks, 4, 4).
        environments: (num_blocks, 4, 4), of the overlap without a flip.

    Returns:
        (num_qubits,).
    """
    found = np.zeros(ansatz.num_qubits, dtype=complex)
    first: dict[int, int] = {}
    for block, pair in enumerate(ansatz.pairs):
        for site in pair:
            first.setdefault(site, block)
    for site, block in first.items():
        # Input legs with that of the site in front: (out, in of the site, in of the other).
        order = (0, 1, 2) if ansatz.bonds[block] == site else (0, 2, 1)
        gate = gates[block].reshape(4, 2, 2).transpose(order)
        environment = environments[block].reshape(4, 2, 2).transpose(order)
        vector = ansatz.initial[site]
        without = np.tensordot(vector.conj(), environment, axes=(0, 1))
        derivative = np.tensordot(gate, without, axes=((0, 2), (0, 1)))
        found[site] = derivative @ flipped_vector(vector)
    return found
