"""Runs of gates that occur in a training set.

An n-gram is a run of n gates, each written with its angles to two digits and its operands relative
to the first operand of the run, so that a copy shifted to other qubits counts. N-grams are 64-bit
numbers made by doubling: with ``t_i`` a random word per gate (operands relative to the gate
before), ``h_2n(i) = r^n h_n(i) + h_n(i + n)`` modulo 2^64.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.normal import NormalCircuit, Operation

#: Lengths looked at: powers of two.
NGRAM_LENGTHS = (4, 8, 16, 32, 64)
_MULTIPLIER = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1
Words = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class NgramIndex:
    """The n-grams of a training set.

    Attributes:
        known: n -> its distinct n-grams, ascending.
    """

    known: dict[int, Words]

    @classmethod
    def of(cls, circuits: Iterable[NormalCircuit]) -> "NgramIndex":
        """Index a training set."""
        found: dict[int, list[Words]] = {n: [] for n in NGRAM_LENGTHS}
        for circuit in circuits:
            for n, words in ngrams(circuit).items():
                found[n].append(np.unique(words))
        return cls(known={n: _distinct(parts) for n, parts in found.items()})

    def shared(self, circuits: Sequence[NormalCircuit]) -> dict[int, float]:
        """n -> fraction of the set's n-grams that occur in the training set; 0 where it has none.

        Compare the curve with that of held-out real circuits: real circuits share much, too.
        """
        hits, total = dict.fromkeys(NGRAM_LENGTHS, 0), dict.fromkeys(NGRAM_LENGTHS, 0)
        for circuit in circuits:
            for n, words in ngrams(circuit).items():
                hits[n] += int(_contains(self.known[n], words).sum())
                total[n] += len(words)
        return {n: hits[n] / total[n] if total[n] else 0.0 for n in NGRAM_LENGTHS}


def ngrams(circuit: NormalCircuit) -> dict[int, Words]:
    """n -> the n-grams of a circuit, in order, one for each place where a run of n gates starts."""
    gates = list(circuit.gates())
    steps = np.array(
        [_word(gate, gate.qubits[0] - before) for before, gate in _with_origin(gates)], np.uint64
    )
    starts = np.array([_word(gate, 0) for gate in gates], dtype=np.uint64)
    found = {}
    runs, power, n = steps, _MULTIPLIER, 1
    while n < NGRAM_LENGTHS[-1] and len(runs) > n:
        runs = runs[:-n] * np.uint64(power) + runs[n:]
        power, n = power * power & _WORD, 2 * n
        if n in NGRAM_LENGTHS:
            # The first gate of a run counts without its distance to the gate before.
            lead = np.uint64(pow(_MULTIPLIER, n - 1, 1 << 64))
            found[n] = runs + (starts[: len(runs)] - steps[: len(runs)]) * lead
    return {m: found.get(m, np.empty(0, dtype=np.uint64)) for m in NGRAM_LENGTHS}


def _with_origin(gates: Sequence[Operation]) -> list[tuple[int, Operation]]:
    """Every gate with the first operand of the gate before it."""
    before = [0, *(gate.qubits[0] for gate in gates)]
    return list(zip(before[: len(gates)], gates, strict=True))


def _word(gate: Operation, step: int) -> int:
    apart = tuple(qubit - gate.qubits[0] for qubit in gate.qubits[1:])
    return _hashed(gate.name, tuple(round(angle, 2) for angle in gate.params), step, apart)


@lru_cache(maxsize=1 << 18)
def _hashed(name: str, angles: tuple[float, ...], step: int, apart: tuple[int, ...]) -> int:
    text = repr((name, [angle + 0.0 for angle in angles], step, apart))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _distinct(parts: Sequence[Words]) -> Words:
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.uint64)


def _contains(known: Words, words: Words) -> NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(words), dtype=bool)
    places = np.minimum(np.searchsorted(known, words), len(known) - 1)
    return np.asarray(known[places] == words)
