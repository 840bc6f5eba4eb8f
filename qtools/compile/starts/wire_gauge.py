"""The gauge of a circuit's wires, fixed.

On each wire between two blocks a one-qubit unitary and its inverse can be put in without changing
the circuit. An optimiser leaves these unitaries wherever it happens to leave them, another one on
each wire, so blocks of two circuits, or of two places of one circuit, cannot be compared or
exchanged. Here every wire takes the unitary that brings the blocks nearest to those of a reference
with the same layout: ``max_u Re tr(T_1^dagger (u x 1) G_1) + Re tr(T_2^dagger G_2 (u^dagger x 1))``
has a polar decomposition as its solution, and the wires are visited until none moves any more.
"""

from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import ComplexArray

_LOOKS_BACK = 5
_MOST_ROUNDS = 50
_STILL = 1e-8


class _Wire(NamedTuple):
    """From a leg of one block to a leg of the next block on the same site."""

    before: int
    leg_before: int
    after: int
    leg_after: int


def gauge_fixed(ansatz: Ansatz, reference: ComplexArray) -> Ansatz:
    """The same circuit with its blocks as near to ``reference`` (num_blocks, 4, 4) as wires allow.

    Frozen blocks may change too; together with their neighbours they do the same as before.
    """
    gates = ansatz.gates.copy()
    wires = _wires(ansatz)
    # In the order of time first, looking back only: far from the reference, rounds that look both
    # ways get stuck.
    for block in range(len(gates)):
        outputs = [wire for wire in wires if wire.before == block]
        for _ in range(_LOOKS_BACK):
            for wire in outputs:
                _turn(gates, wire, _best(gates, reference, wire, looks_ahead=False))
    for _ in range(_MOST_ROUNDS):
        if max((_turn(gates, w, _best(gates, reference, w)) for w in wires), default=0.0) < _STILL:
            break
    return ansatz.with_gates(gates)


def _turn(gates: ComplexArray, wire: _Wire, u: ComplexArray) -> float:
    """Put ``u`` and its inverse into a wire; how far that is from doing nothing."""
    gates[wire.before] = _on_leg(u, wire.leg_before) @ gates[wire.before]
    gates[wire.after] = gates[wire.after] @ _on_leg(u.conj().T, wire.leg_after)
    return float(np.abs(u - np.eye(2)).max())


def _wires(ansatz: Ansatz) -> list[_Wire]:
    on_site: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for block, pair in enumerate(ansatz.pairs):
        for leg, site in enumerate(pair):
            on_site[site].append((block, leg))
    return [
        _Wire(*first, *second) for visits in on_site.values() for first, second in pairwise(visits)
    ]


def _best(
    gates: ComplexArray, reference: ComplexArray, wire: _Wire, *, looks_ahead: bool = True
) -> ComplexArray:
    wanted = _trace_of_leg(gates[wire.before] @ reference[wire.before].conj().T, wire.leg_before)
    if looks_ahead:
        after = _trace_of_leg(reference[wire.after].conj().T @ gates[wire.after], wire.leg_after)
        wanted = wanted + after.conj().T
    U, _, V = np.linalg.svd(wanted.conj().T)
    best: ComplexArray = U @ V
    return best


def _trace_of_leg(matrix: ComplexArray, leg: int) -> ComplexArray:
    """The (4, 4) matrix with the other qubit than ``leg`` traced out."""
    axes = matrix.reshape(2, 2, 2, 2)
    traced: ComplexArray = np.trace(axes, axis1=1 - leg, axis2=3 - leg)
    return traced


def _on_leg(u: ComplexArray, leg: int) -> ComplexArray:
    eye = np.eye(2)
    return np.asarray(np.kron(u, eye) if leg == 0 else np.kron(eye, u), dtype=complex)
