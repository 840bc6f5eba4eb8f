"""One token per source line, as in the KetGPT paper (arXiv:2402.13352), and what lines cost.

The vocabulary is the lines that occur at least twice in the training circuits, the most frequent
first; all others are *unknown*. A line's *structure* is the line with its angles left out. So that
bits per gate can be compared with models that can write any circuit, an unknown line is charged
the probability of ``unknown``, then its structure by how often unknown lines had it in training
(Witten and Bell's estimate; a structure never seen is spelled out), then 16 bits per angle, the
precision at which all models here are measured.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qtools.circuits import qasm2
from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import NormalCircuit
from qtools.generate.language.vocabulary import MAX_INDEX, NUM_OPS

#: Ids before those of lines.
UNKNOWN, BEGIN, END, FIRST_LINE = 0, 1, 2, 3
#: Bits of an angle in an unknown line.
ANGLE_BITS = 16
_CONDITION = re.compile(r"^(if\([^()]*\) )?(.*)$")
_ANGLES = re.compile(r"\(([^()]*)\)")
_INDEX = re.compile(r"\[\d+\]")
# Digits inside a name, as in cu3, name no integer.
_INTEGER = re.compile(r"(?<![A-Za-z_0-9])\d+")


def source_lines(circuit: NormalCircuit) -> list[str]:
    """The lines of a circuit's OpenQASM 2, from ``qreg`` on: all that differ between circuits."""
    lines = qasm2.dumps(circuit).splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.startswith("qreg")) :]


def program(lines: Sequence[str]) -> str:
    """The OpenQASM 2 text of lines, with the definitions of alphabet gates that they name."""
    body = "\n".join(lines)
    named = set(re.findall(r"[A-Za-z_]\w*", body))
    defined = [g.declaration() for g in ALPHABET.values() if g.definition and g.spelling in named]
    return qasm2.HEADER + "".join(f"{line}\n" for line in [*defined, *lines])


def structure_of(line: str) -> str:
    """The line with ``*`` for its angles."""
    condition, rest = _parts(line)
    return condition + _ANGLES.sub("(*)", rest, count=1)


def angles_in(line: str) -> int:
    """How many angles a line has."""
    found = _ANGLES.search(_parts(line)[1])
    return found[1].count(",") + 1 if found else 0


def _parts(line: str) -> tuple[str, str]:
    match = _CONDITION.match(line)
    return ("", line) if match is None else (match[1] or "", match[2])


@dataclass(frozen=True, kw_only=True)
class LineVocabulary:
    """Lines with tokens of their own; make it with :meth:`of`.

    Attributes:
        lines: known lines; the id of the first is :data:`FIRST_LINE`.
        unknown: structure -> how often unknown lines had it in training.
    """

    lines: tuple[str, ...]
    unknown: Counter[str]

    def __len__(self) -> int:
        return FIRST_LINE + len(self.lines)

    @classmethod
    def of(cls, documents: Iterable[Sequence[str]], *, most: int = 8192) -> "LineVocabulary":
        """Count the lines of training circuits and keep at most so many.

        Declarations are always kept: sampling starts from them.
        """
        counts = Counter(line for lines in documents for line in lines)
        heads = [line for line in counts if line.startswith(("qreg", "creg"))]
        often = [line for line, count in counts.most_common(most) if count > 1]
        known = dict.fromkeys([*heads, *often])
        unknown: Counter[str] = Counter()
        for line, count in counts.items():
            if line not in known:
                unknown[structure_of(line)] += count
        return cls(lines=tuple(known), unknown=unknown)

    def encode(self, lines: Sequence[str]) -> NDArray[np.int64]:
        """(lines + 2,) ids from ``BEGIN`` to ``END``."""
        ids = [self._ids.get(line, UNKNOWN) for line in lines]
        return np.array([BEGIN, *ids, END], dtype=np.int64)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {line: FIRST_LINE + place for place, line in enumerate(self.lines)}

    @cached_property
    def _alike(self) -> dict[str, NDArray[np.int64]]:
        """Structure -> ids of the known lines that have it."""
        found: dict[str, list[int]] = {}
        for line, place in self._ids.items():
            found.setdefault(structure_of(line), []).append(place)
        return {structure: np.array(ids) for structure, ids in found.items()}

    @cached_property
    def _all_unknown(self) -> int:
        """Unknown lines in all; counting them anew for every line would take most of the time."""
        return self.unknown.total()

    def line_bits(self, line: str, chances: NDArray[np.float64]) -> tuple[float, float]:
        """Bits of a line's structure and of its angles.

        Args:
            line: what comes next.
            chances: (len(self),) the model's probabilities for what comes next.
        """
        structure = structure_of(line)
        if structure not in self._alike:
            bits = -math.log2(chances[UNKNOWN]) + self.unknown_bits(structure)
            return bits, float(ANGLE_BITS * angles_in(line))
        by_unknown = float(chances[UNKNOWN]) * 2 ** -self.unknown_bits(structure)
        of_structure = -math.log2(float(chances[self._alike[structure]].sum()) + by_unknown)
        if line in self._ids:
            total = -math.log2(chances[self._ids[line]])
        else:
            total = -math.log2(by_unknown) + ANGLE_BITS * angles_in(line)
        return of_structure, total - of_structure

    def unknown_bits(self, structure: str) -> float:
        """Bits of an unknown line's structure."""
        seen, total, kinds = self.unknown[structure], self._all_unknown, len(self.unknown)
        if seen:
            return -math.log2(seen / (total + kinds))
        escape = -math.log2(max(kinds, 1) / max(total + kinds, 1))
        numbers = len(_INDEX.findall(structure)) + 2 * structure.startswith("if")
        return escape + math.log2(NUM_OPS) + numbers * math.log2(MAX_INDEX)

    def banned(self, num_qubits: int) -> NDArray[np.bool_]:
        """(len(self),) what the paper bans: lines that name an integer of at least ``num_qubits``.

        Most rotation angles go with them. ``UNKNOWN`` and ``BEGIN`` are banned as well, and so
        are declarations, which sampling starts from.
        """
        mask = np.zeros(len(self), dtype=bool)
        mask[[UNKNOWN, BEGIN]] = True
        mask[FIRST_LINE:] = (self._largest >= num_qubits) | self._declares
        return mask

    @cached_property
    def _largest(self) -> NDArray[np.int64]:
        numbers = [[int(n[:18]) for n in _INTEGER.findall(line)] for line in self.lines]
        return np.array([max(found, default=-1) for found in numbers], dtype=np.int64)

    @cached_property
    def _declares(self) -> NDArray[np.bool_]:
        return np.array([line.startswith(("qreg", "creg")) for line in self.lines], dtype=bool)
