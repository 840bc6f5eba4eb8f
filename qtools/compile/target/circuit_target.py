"""The state that a circuit of neighbour blocks makes, as a matrix product state."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qtools.compile.mps import Compression, compress
from qtools.compile.overlap.layers import layers_of
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.target.chain import Chain, Truncation, apply_gates
from qtools.compile.target.evolve import Target

# Shares of the allowed angle.
_SIMULATION_SHARE = 0.7
_COMPRESSION_SHARE = 0.3


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state after some layers of a circuit.

    Attributes:
        chain: the state.
        layers: how many.
        discarded_weight: sum of all weights cut off so far.
        truncation_angle: upper bound of the angle that the cuts cause, in radians.
    """

    chain: Chain
    layers: int
    discarded_weight: float
    truncation_angle: float

    def target(self, *, tolerance: float, max_bond: int | None = None) -> Target:
        """The state, normalised and cut within its share of ``tolerance``."""
        mps = self.chain.to_mps()
        weight = _COMPRESSION_SHARE**2 * tolerance / max(1, mps.num_sites - 1)
        cut = compress(mps, max_weight=weight, max_bond=max_bond)
        return target_without_steps(
            cut, discarded_weight=self.discarded_weight, angle=self.truncation_angle
        )


def snapshots(
    circuit: InitialState, *, tolerance: float, max_bond: int | None = None
) -> Iterator[Snapshot]:
    """The state after each layer of blocks, ending with that of the whole circuit.

    Args:
        circuit: neighbour blocks on a product state.
        tolerance: infidelity that the cuts of the whole circuit may cause.
        max_bond: no bond is let grow beyond this, whatever that discards.
    """
    layers = layers_of([bond for bond, _ in circuit.preparation])
    allowed = _SIMULATION_SHARE * float(np.sqrt(tolerance))
    cuts = max(1, circuit.num_qubits // 2)
    weight = (allowed / max(1, len(layers))) ** 2 / cuts
    truncation = Truncation(max_weight=weight, max_bond=max_bond)
    chain, discarded, angle = Chain.product(circuit.vectors), 0.0, 0.0
    for depth, layer in enumerate(layers, start=1):
        gates = np.array([circuit.preparation[block][1] for block in layer.blocks])
        chain, lost = apply_gates(chain, layer.sites, gates, truncation)
        discarded += lost
        angle += float(np.sqrt(lost))
        yield Snapshot(
            chain=chain, layers=depth, discarded_weight=discarded, truncation_angle=angle
        )
    if not layers:
        yield Snapshot(chain=chain, layers=0, discarded_weight=0.0, truncation_angle=0.0)


def target_without_steps(
    cut: Compression, *, discarded_weight: float = 0.0, angle: float = 0.0
) -> Target:
    """The target of a state that no time evolution made.

    Args:
        cut: the state and what its last cut has cost.
        discarded_weight: by earlier cuts.
        angle: by which earlier cuts put the state off, in radians.
    """
    last = float(np.arcsin(np.sqrt(min(1.0, cut.discarded_weight))))
    return Target(
        mps=cut.mps.scaled(1.0 / cut.mps.norm()),
        discarded_weight=discarded_weight + cut.discarded_weight,
        truncation_angle=angle + last,
        trotter_angle=0.0,
        num_steps=0,
        order=0,
    )
