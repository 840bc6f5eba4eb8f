"""A splitting method's product of exponentials as layers of gates on neighbours.

On an open chain the even and the odd bonds take turns. Where pairs are further apart, one pass over
all layers of pairs is routed along the chain, and the product goes through it forwards and
backwards in turn (see :mod:`qtools.compile.target.integrators`): the swaps of a pass are undone by
the next.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtools.compile.geometry.routing import NeighbourGate, joined, palindrome
from qtools.compile.mps import ComplexArray
from qtools.compile.overlap.layers import layers_of
from qtools.compile.problem.pair_terms import PairTerms
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
    order = [index for layer in terms.layers for index in layer]
    forwards, backwards = palindrome([terms.pairs[index] for index in order], num_sites)
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
    gates = {f: exponential(terms.matrices[order], f * step) for f in fractions}
    matrices: dict[object, ComplexArray] = {}

    def matrix(gate: NeighbourGate) -> ComplexArray:
        named = [
            (k % len(order), method.passes[k // len(order) % len(method.passes)], flip)
            for k, flip in gate.gates
        ]
        key = (*named, gate.is_swapped)
        if key not in matrices:
            alone = NeighbourGate(
                bond=gate.bond,
                gates=tuple((i, flip) for i, (_, _, flip) in enumerate(named)),
                is_swapped=gate.is_swapped,
            )
            matrices[key] = alone.matrix([gates[fraction][k] for k, fraction, _ in named])
        return matrices[key]

    return [
        GateLayer(layer.sites, np.array([matrix(route[k]) for k in layer.blocks.tolist()]))
        for layer in layers_of([gate.bond for gate in route])
    ]
