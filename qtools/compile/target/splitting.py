"""A splitting method's product of exponentials as layers of gates on neighbours.

On an open chain the even and the odd bonds take turns. Where pairs are further apart, one pass over
all layers of pairs is routed along the chain, and the product goes through it forwards and
backwards in turn (see :mod:`qtools.compile.target.integrators`): the swaps of a pass are undone by
the next. Terms on three and more sites are circuits of gates on pairs (see
:mod:`qtools.compile.problem.pauli_strings`) and come last in a pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtools.compile.geometry.lattices import Pair
from qtools.compile.geometry.routing import NeighbourGate, joined, palindrome
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.layers import layers_of
from qtools.compile.problem.pair_terms import PairTerms
from qtools.compile.problem.pauli_strings import StringGates, disjoint
from qtools.compile.target.integrators import SplittingMethod

Exponential = Callable[[ComplexArray, float], ComplexArray]
"""From matrices (m, 4, 4) and a time to gates (m, 4, 4)."""


class GateLayer(NamedTuple):
    """Gates on disjoint neighbours: left sites (m,) and gates (m, 4, 4)."""

    sites: NDArray[np.intp]
    gates: ComplexArray


def gate_layers(
    terms: PairTerms,
    num_sites: int,
    method: SplittingMethod,
    num_steps: int,
    *,
    step: float,
    exponential: Exponential,
) -> list[GateLayer]:
    """All layers of ``num_steps`` steps of length ``step``, in time order."""
    if terms.is_chain:
        return _brick_layers(terms, method, num_steps, step, exponential)
    return _routed_layers(terms, num_sites, method, num_steps, step, exponential)


@dataclass(frozen=True, kw_only=True)
class _PassGate:
    """One gate of a pass.

    Attributes:
        pair: that it acts on.
        index: of the pair's matrix; with ``string``, the position among its gates.
        string: what it is part of.
    """

    pair: Pair
    index: int
    string: StringGates | None = None

    def matrix(self, gates: ComplexArray, time: float, *, backwards: bool) -> ComplexArray:
        """The (4, 4) gate.

        Args:
            gates: the exponentials of all pairs.
            time: of the pass.
            backwards: whether the pass is; then the gates of a string are met in opposite order.
        """
        if self.string is None:
            chosen: ComplexArray = gates[self.index]
            return chosen
        last = len(self.string.pairs) - 1
        return self.string.matrix(last - self.index if backwards else self.index, time)


def _pass_gates(terms: PairTerms) -> Sequence[_PassGate]:
    """All gates of one pass, forwards."""
    found = [_PassGate(pair=terms.pairs[k], index=k) for layer in terms.layers for k in layer]
    for term in disjoint(terms.strings):
        string = StringGates(term=term)
        for position, pair in enumerate(string.pairs):
            found.append(_PassGate(pair=pair, index=position, string=string))
    return found


def placed_gates(
    terms: PairTerms,
    method: SplittingMethod,
    num_steps: int,
    *,
    step: float,
    exponential: Exponential,
) -> list[tuple[Pair, ComplexArray]]:
    """All gates of ``num_steps`` steps on the pairs that they act on, in time order."""
    order = _pass_gates(terms)
    gates = {f: exponential(terms.matrices, f * step) for f in set(method.passes)}
    found = []
    for position, fraction in enumerate(method.passes * num_steps):
        backwards = bool(position % 2)
        for gate in reversed(order) if backwards else order:
            matrix = gate.matrix(gates[fraction], fraction * step, backwards=backwards)
            found.append((gate.pair, matrix))
    return found


def _brick_layers(
    terms: PairTerms,
    method: SplittingMethod,
    num_steps: int,
    step: float,
    exponential: Exponential,
) -> list[GateLayer]:
    layers = []
    made: dict[tuple[int, float], GateLayer] = {}
    for key in method.layers(num_steps):
        parity, fraction = key
        members = list(terms.layers[parity])
        if not members:
            continue
        if key not in made:
            sites = np.array([terms.pairs[index][0] for index in members])
            made[key] = GateLayer(sites, exponential(terms.matrices[members], fraction * step))
        layers.append(made[key])
    return layers


def _routed_layers(
    terms: PairTerms,
    num_sites: int,
    method: SplittingMethod,
    num_steps: int,
    step: float,
    exponential: Exponential,
) -> list[GateLayer]:
    order = _pass_gates(terms)
    forwards, backwards = palindrome([gate.pair for gate in order], num_sites)
    # Gate k of pass p has the number p * len(order) + k.
    passes = [
        NeighbourGate(
            bond=gate.bond,
            gates=tuple((p * len(order) + k, flip) for k, flip in gate.gates),
            is_swapped=gate.is_swapped,
        )
        for p in range(num_steps * len(method.passes))
        for gate in (backwards if p % 2 else forwards)
    ]
    route = joined(passes)
    fractions = sorted(set(method.passes))
    gates = {f: exponential(terms.matrices, f * step) for f in fractions}
    matrices: dict[object, ComplexArray] = {}

    def matrix(gate: NeighbourGate) -> ComplexArray:
        named = [
            (k % len(order), method.passes[p % len(method.passes)], p % 2 == 1, flip)
            for k, flip in gate.gates
            for p in (k // len(order),)
        ]
        key = (*named, gate.is_swapped)
        if key not in matrices:
            alone = NeighbourGate(
                bond=gate.bond,
                gates=tuple((i, flip) for i, (*_, flip) in enumerate(named)),
                is_swapped=gate.is_swapped,
            )
            matrices[key] = alone.matrix(
                [
                    order[k].matrix(gates[fraction], fraction * step, backwards=turned)
                    for k, fraction, turned, _ in named
                ]
            )
        return matrices[key]

    return [
        GateLayer(layer.sites, np.array([matrix(route[k]) for k in layer.blocks.tolist()]))
        for layer in layers_of([gate.bond for gate in route])
    ]
