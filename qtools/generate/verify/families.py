"""Is the family that was asked for the family that was written? A classifier says.

It sees a bag of words per circuit: each gate with the gates before it on its qubits, how far apart
its qubits are, its angles (as fractions of pi, else by size; whether they are those of the gates
before), and the first and last gates by their place.
Extremely randomised trees learn families from training circuits. What it gets right on held-out
real circuits bounds what it can say about generated ones: some families are hard to tell apart even
there, such as Trotter circuits of models that differ in one coefficient.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.normal import NormalCircuit, Operation
from qtools.errors import MissingDependencyError
from qtools.generate.verify.statistics import Rate

_WORDS = 2048
_ENDS = 12
_FAR = 6
_TREES = 200
_PER_SPLIT = 128
_DENOMINATORS = (1, 2, 4, 8, 16, 32)
_NOTHING = ("-", "-")
# Angles are written with a step of 2e-4 rad at most.
_EQUAL = 1e-4


@dataclass(frozen=True, kw_only=True)
class FamilyAgreement:
    """Agreement of a family classifier with what was asked.

    Attributes:
        real: its accuracy on held-out real circuits.
        generated: how often it names the family that was asked for.
        by_family: the same per family.
    """

    real: Rate
    generated: Rate
    by_family: dict[str, Rate]


class FamilyJudge:
    """Names the family of a circuit; make it with :meth:`fit`."""

    def __init__(self, trees: Any, families: frozenset[str]) -> None:
        self._trees = trees
        self.families = families

    @classmethod
    def fit(
        cls, circuits: Sequence[NormalCircuit], families: Sequence[str], *, seed: int = 0
    ) -> Self:
        """Learn from real circuits; equal seeds give equal judges.

        Raises:
            MissingDependencyError: scikit-learn is not installed.
        """
        try:
            from sklearn.ensemble import ExtraTreesClassifier
        except ModuleNotFoundError as error:
            raise MissingDependencyError.of("scikit-learn", extra="generate") from error
        trees = ExtraTreesClassifier(_TREES, max_features=_PER_SPLIT, random_state=seed)
        return cls(trees.fit(word_matrix(circuits), np.array(families)), frozenset(families))

    def names(self, circuits: Sequence[NormalCircuit]) -> list[str]:
        """The family of each circuit, as far as the judge can tell."""
        return [str(name) for name in self._trees.predict(word_matrix(circuits))]


def check_families(
    judge: FamilyJudge,
    held_out: tuple[Sequence[NormalCircuit], Sequence[str]],
    generated: tuple[Sequence[NormalCircuit], Sequence[str]],
) -> FamilyAgreement:
    """What the judge makes of real and of generated circuits.

    Args:
        judge: fitted to training circuits.
        held_out: real circuits with their families; families that it does not know are left out.
        generated: circuits with the families that were asked for.
    """
    known = [pair for pair in zip(*held_out, strict=True) if pair[1] in judge.families]
    found = judge.names([circuit for circuit, _ in known])
    real = [name == family for name, (_, family) in zip(found, known, strict=True)]
    hits: dict[str, list[bool]] = {}
    for name, family in zip(judge.names(generated[0]), generated[1], strict=True):
        hits.setdefault(family, []).append(name == family)
    return FamilyAgreement(
        real=_rate(real),
        generated=_rate([hit for some in hits.values() for hit in some]),
        by_family={family: _rate(some) for family, some in sorted(hits.items())},
    )


def word_matrix(circuits: Sequence[NormalCircuit]) -> NDArray[np.float32]:
    """(N, 2048) logarithms of the counts of hashed words, over that of their number."""
    made = np.zeros((len(circuits), _WORDS), dtype=np.float32)
    for line, circuit in zip(made, circuits, strict=True):
        for word in _words([op for op in circuit.operations if op.name != "barrier"]):
            line[zlib.crc32(word.encode()) % _WORDS] += 1
        line[:] = np.log1p(line) / np.log1p(max(1.0, float(line.sum())))
    return made


def _words(operations: Sequence[Operation]) -> Iterator[str]:
    history: dict[int, tuple[str, ...]] = {}
    angles = _Angles()
    for op in operations:
        before = sorted(history.get(qubit, _NOTHING) for qubit in op.qubits)
        yield f"{op.name} after {','.join(past[-1] for past in before)}"
        yield f"{op.name} after {','.join('.'.join(past) for past in before)}"
        if len(op.qubits) == 2:
            apart = op.qubits[1] - op.qubits[0]
            yield f"{op.name} by {max(-_FAR, min(_FAR, apart))}"
        yield from angles.words(op)
        for qubit in op.qubits:
            history[qubit] = (*history.get(qubit, _NOTHING), op.name)[-2:]
    for place, op in enumerate(operations[:_ENDS]):
        yield f"{op.name} first {place}"
    for place, op in enumerate(operations[: -_ENDS - 1 : -1]):
        yield f"{op.name} last {place}"


class _Angles:
    """Words about angles: what tells models apart that have the same gates in the same places."""

    def __init__(self) -> None:
        self._on_qubit: dict[int, tuple[str, float]] = {}
        self._of_gate: dict[tuple[str, int], float] = {}

    def words(self, op: Operation) -> Iterator[str]:
        """Words of the next operation."""
        for place, angle in enumerate(op.params):
            yield f"{op.name} at {_size(angle)}"
            last = self._on_qubit.get(op.qubits[-1])
            if last is not None:
                yield f"{op.name} {_likeness(angle, last[1])} {last[0]}"
            before = self._of_gate.get((op.name, place))
            if before is not None:
                yield f"{op.name} again {_likeness(angle, before)}"
            self._on_qubit[op.qubits[-1]] = (op.name, angle)
            self._of_gate[op.name, place] = angle


def _size(angle: float) -> str:
    """A fraction of pi, or else the sign and the half octave of the angle."""
    for denominator in _DENOMINATORS:
        times = angle / np.pi * denominator
        if abs(times - round(times)) < 1e-9:
            return f"{round(times)}/{denominator}"
    return f"free {np.sign(angle):+.0f} {math.floor(2 * math.log2(abs(angle)))}"


def _likeness(angle: float, other: float) -> str:
    if abs(angle - other) < _EQUAL:
        return "as"
    return "minus" if abs(angle + other) < _EQUAL else "unlike"


def _rate(hits: Sequence[bool]) -> Rate:
    return Rate(count=sum(hits), total=len(hits))
