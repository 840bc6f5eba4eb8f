"""``<target|V|0>`` and the environments of all blocks through truncated layer states.

With ``z_l = V_l ... V_1 |0>`` and ``w_l = (V_L ... V_(l+1))^dagger |target>`` kept as MPS, the
environment of every block of layer ``l`` is the product of ``z_(l-1)`` and ``w_l`` with that block
left out. All derivatives together cost one evolution backwards, whose states are kept, and one
forwards, in memory ``O(L n chi^2)``, whatever the depth.

The price is a truncation error, which each evaluation measures. Without truncation the sum
``sum(E * G)`` of every block is the overlap, so that the spread of these sums shows how far off
they are; their mean is several times closer to the overlap than ``<target|z_L>``. The weights that
the cuts discard say how far off the states are, and with them the environments.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.accuracy import EXACT, Accuracy
from qtools.compile.overlap.arrays import DOUBLE, Arrays
from qtools.compile.overlap.boundaries import Boundaries
from qtools.compile.overlap.engine import Replace
from qtools.compile.overlap.layer_states import (
    LayerState,
    Reference,
    apply_layer,
    layer_state,
    overlap_with,
    reference,
)
from qtools.compile.overlap.layers import layers_of
from qtools.compile.target.chain import Chain, Truncation

# Errors of different cuts are nearly orthogonal: on the benchmark chains the angle was between one
# and two times the root of the summed weights (the sum of the roots, a strict bound, is ten times
# that).
_ERROR_FACTOR = 2.0
# The overlap is off by the weight discarded, which is second order in that angle, and by this share
# of the part of the target that the state misses; the environments by this share of the root of the
# weight (benchmarks/truncation.py has the figures that these factors bound).
_CROSS_SHARE = 0.05
_ENVIRONMENT_SHARE = 0.3

_SPREAD_FACTOR = 2.0  # from the spread of the sums to its share of the overlap's error

# A reference has grown old when the cuts that it guides discard this many times what they may.
_OUTGROWN = 4.0


class TruncatedOverlap:
    """Overlap of a circuit of neighbour blocks with a fixed target, to a given exactness.

    The layout (bonds, initial state) is that of ``ansatz``; the gates are given at each call. Its
    gates are the reference, whose spaces guide the cuts at other gates; gates so far away that this
    does not do are evaluated around a reference of their own, at three times the cost.

    Attributes:
        accuracy: of the last evaluation; outgrown when it needed a reference of its own.
        sweep_pays: a sweep costs less than two evaluations.
    """

    sweep_pays = True

    def __init__(
        self,
        ansatz: Ansatz,
        target: MPS,
        *,
        max_angle: float,
        max_bond: int | None = None,
        arrays: Arrays = DOUBLE,
    ) -> None:
        """Cut so that the error angle stays below about ``max_angle`` radians."""
        self._arrays = arrays
        self._layers = layers_of(ansatz.bonds)
        self._sites = [arrays.index(layer.sites) for layer in self._layers]
        self._gates = ansatz.gates
        self._num_blocks = ansatz.num_blocks
        self._start = Chain.product(ansatz.initial)
        self._target_mps = target
        cuts = max(1, max((len(layer.sites) for layer in self._layers), default=1))
        weight = (max_angle / _ERROR_FACTOR) ** 2 / (cuts * max(1, len(self._layers)))
        self._truncation = Truncation(max_weight=weight, max_bond=max_bond)
        self.accuracy = EXACT

    @property
    def max_bond(self) -> int:
        """Largest bond of the states that the circuit passes through."""
        return self._ahead.max_bond

    def value(self, gates: ComplexArray) -> complex:
        """The overlap ``<target|V|0>`` for gates (num_blocks, 4, 4)."""
        state, discarded, outgrown = self._last_state(gates)
        overlap = overlap_with(self._target_mps, state, self._arrays)
        missed = max(0.0, 1.0 - abs(overlap) ** 2)
        self.accuracy = Accuracy(
            angle=_ERROR_FACTOR * float(np.sqrt(discarded)),
            value=discarded + _CROSS_SHARE * float(np.sqrt(discarded * missed)),
            outgrown=outgrown,
        )
        return overlap

    def value_and_environments(self, gates: ComplexArray) -> tuple[complex, ComplexArray]:
        """The overlap and its derivatives (num_blocks, 4, 4) by the entries of all gates."""
        behind, lost_behind, old_behind = self._states_behind(gates)
        environments, lost_ahead, old_ahead = self._environments(gates, behind)
        if self._num_blocks == 0:
            start = layer_state(self._start, self._arrays)
            return overlap_with(self._target_mps, start, self._arrays), environments
        values = np.sum(environments * gates, axis=(1, 2))
        overlap, lost = complex(np.mean(values)), lost_ahead + lost_behind
        self.accuracy = Accuracy(
            angle=_ERROR_FACTOR * float(np.sqrt(lost_ahead)),
            value=_SPREAD_FACTOR * float(np.std(values)) + lost,
            gradient=_ENVIRONMENT_SHARE * float(np.sqrt(lost)),
            outgrown=old_behind or old_ahead,
        )
        return overlap, environments

    def swept(self, gates: ComplexArray, replace: Replace) -> None:
        """Replace the blocks of one layer after another, through the circuit and back.

        Blocks of a layer are replaced at once. Takes about as long as 1.6 values with all
        derivatives.

        Args:
            gates: (num_blocks, 4, 4) to begin with.
            replace: is given each block with its environment among the present others.
        """
        arrays, present = self._arrays, gates.copy()
        behind = self._states_behind(gates)[0]
        states = [layer_state(self._start, arrays)]
        boundaries = Boundaries(behind[0], states[0], arrays)

        def renew(position: int, after: LayerState) -> None:
            blocks, sites = self._layers[position].blocks, self._sites[position]
            found = arrays.get(boundaries.environments(after, states[position], sites))
            for block, environment in zip(blocks.tolist(), found, strict=True):
                present[block] = replace(block, environment)

        for position, sites in enumerate(self._sites):
            after = behind[position + 1]
            renew(position, after)
            states.append(self._after(position, states[position], present, self._ahead)[0])
            boundaries.advance(after, states[-1], sites)
        after = behind[-1]
        for position in reversed(range(len(self._layers))):
            renew(position, after)
            after = self._before(position, after, present, self._behind)[0]
            boundaries.advance(after, states[position], self._sites[position])

    @cached_property
    def _ahead(self) -> Reference:
        return self._reference_ahead(self._gates)

    @cached_property
    def _behind(self) -> Reference:
        return self._reference_behind(self._gates)

    @cached_property
    def _target(self) -> Chain:
        return Chain.from_mps(self._target_mps)

    def _reference_ahead(self, gates: ComplexArray) -> Reference:
        matrices = [gates[layer.blocks] for layer in self._layers]
        return reference(self._start, self._layers, matrices, self._truncation, self._arrays)

    def _reference_behind(self, gates: ComplexArray) -> Reference:
        layers = self._layers[::-1]
        matrices = [_adjoint(gates[layer.blocks]) for layer in layers]
        return reference(self._target, layers, matrices, self._truncation, self._arrays)

    def _is_outgrown(self, discarded: float, guides: Reference) -> bool:
        cuts = sum(len(layer.sites) for layer in self._layers)
        rounding = _ROUNDING + cuts * self._arrays.precision.rounding
        allowed = max(guides.discarded, cuts * self._truncation.max_weight, rounding)
        return self._truncation.max_bond is None and discarded > _OUTGROWN * allowed

    def _last_state(self, gates: ComplexArray) -> tuple[LayerState, float, bool]:
        if gates is self._gates:
            return layer_state(self._ahead.last, self._arrays), self._ahead.discarded, False
        state, discarded = self._forwards(gates, self._ahead)
        if not self._is_outgrown(discarded, self._ahead):
            return state, discarded, False
        return *self._forwards(gates, self._reference_ahead(gates)), True

    def _forwards(self, gates: ComplexArray, guides: Reference) -> tuple[LayerState, float]:
        state, discarded = layer_state(self._start, self._arrays), 0.0
        for position in range(len(self._layers)):
            state, lost = self._after(position, state, gates, guides)
            discarded += lost
        return state, discarded

    def _after(
        self, position: int, state: LayerState, gates: ComplexArray, guides: Reference
    ) -> tuple[LayerState, float]:
        """The state after layer ``position``, from that before it."""
        matrices = self._arrays.put(gates[self._layers[position].blocks])
        guide = guides.guides[position]
        return apply_layer(state, self._sites[position], matrices, guide, self._arrays)

    def _states_behind(self, gates: ComplexArray) -> tuple[list[LayerState], float, bool]:
        """``w_0`` to ``w_L``."""
        states, discarded = self._backwards(gates, self._behind)
        if not self._is_outgrown(discarded, self._behind):
            return states, discarded, False
        return *self._backwards(gates, self._reference_behind(gates)), True

    def _backwards(self, gates: ComplexArray, guides: Reference) -> tuple[list[LayerState], float]:
        states, discarded = [layer_state(self._target, self._arrays)], 0.0
        for position in reversed(range(len(self._layers))):
            state, lost = self._before(position, states[-1], gates, guides)
            states.append(state)
            discarded += lost
        return states[::-1], discarded

    def _before(
        self, position: int, state: LayerState, gates: ComplexArray, guides: Reference
    ) -> tuple[LayerState, float]:
        """The target with layer ``position`` undone, from it with all later ones undone."""
        matrices = self._arrays.put(_adjoint(gates[self._layers[position].blocks]))
        guide = guides.guides[len(self._layers) - 1 - position]
        return apply_layer(state, self._sites[position], matrices, guide, self._arrays)

    def _environments(
        self, gates: ComplexArray, behind: Sequence[LayerState]
    ) -> tuple[ComplexArray, float, bool]:
        found, discarded = self._along(gates, behind, self._ahead)
        if not self._is_outgrown(discarded, self._ahead):
            return found, discarded, False
        return *self._along(gates, behind, self._reference_ahead(gates)), True

    def _along(
        self, gates: ComplexArray, behind: Sequence[LayerState], guides: Reference
    ) -> tuple[ComplexArray, float]:
        """All environments, met on the way forwards."""
        found = np.empty((self._num_blocks, 4, 4), dtype=complex)
        state, discarded = layer_state(self._start, self._arrays), 0.0
        boundaries = Boundaries(behind[0], state, self._arrays)
        for position, layer in enumerate(self._layers):
            sites, after = self._sites[position], behind[position + 1]
            here = boundaries.environments(after, state, sites)
            found[layer.blocks] = self._arrays.get(here)
            state, lost = self._after(position, state, gates, guides)
            boundaries.advance(after, state, sites)
            discarded += lost
        return found, discarded


_ROUNDING = 1e-12  # weights that rounding alone may discard in a whole evolution


def _adjoint(gates: ComplexArray) -> ComplexArray:
    return gates.conj().swapaxes(1, 2)
