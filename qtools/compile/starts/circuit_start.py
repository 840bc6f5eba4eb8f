"""What the compression of a circuit starts from: its own gates, as many as fit.

Where the circuit is as shallow as asked for, its blocks are the ansatz. Where it is deeper, its
first blocks fill the brick layers, and the fit follows the state through the rest of the circuit in
strides short enough for the overlap never to be lost.
"""

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.mps import MPS, ComplexArray
from qtools.compile.overlap.layers import layers_of
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.starts.following import followed
from qtools.compile.target.circuit_target import snapshots

# Exactness of the states on the way, which only lead to the last one.
_TOLERANCE = 1e-4


def circuit_ansatz(circuit: InitialState) -> Ansatz:
    """The blocks of ``circuit`` where they are: its state is the ansatz's first."""
    return Ansatz(
        initial=np.array(circuit.vectors),
        bonds=tuple(bond for bond, _ in circuit.preparation),
        rights=circuit.rights,
        gates=np.array([gate for _, gate in circuit.preparation]).reshape(-1, 4, 4),
    )


def circuit_start(circuit: InitialState, layers: int, sitting: Sitting) -> Ansatz:
    """At most ``layers`` layers of blocks that make about the state of ``circuit``.

    Args:
        circuit: neighbour blocks on a product state.
        layers: brick layers.
        sitting: limits and listener of the compilation.
    """
    whole = circuit_ansatz(circuit)
    depth = len(layers_of(whole.bonds, whole.rights))
    if depth <= layers:
        return whole
    ansatz = embedded(circuit, layers)
    checkpoints = sitting.checkpoints
    if checkpoints is not None and checkpoints.load_fit("fit") is not None:
        return ansatz  # the fit has its own gates; only the layout counts
    return followed(
        ansatz, lambda at: _state_after(circuit, at), depth, sitting, what="the circuit"
    )


def embedded(circuit: InitialState, layers: int) -> Ansatz:
    """A brickwork of ``layers`` layers, filled with the first blocks of ``circuit``."""
    first = circuit.preparation[0][0] % 2 if circuit.preparation else 0
    bonds: list[int] = []
    slots: dict[tuple[int, int], int] = {}
    for layer in range(layers):
        for bond in range((first + layer) % 2, circuit.num_qubits - 1, 2):
            slots[layer, bond] = len(bonds)
            bonds.append(bond)
    gates: ComplexArray = np.tile(np.eye(4, dtype=complex), (len(bonds), 1, 1))
    ready = [0] * circuit.num_qubits
    for bond, gate in circuit.preparation:
        layer = max(ready[bond], ready[bond + 1])
        layer += (layer + first - bond) % 2
        # A block that finds no room keeps all later blocks on its sites out as well.
        ready[bond] = ready[bond + 1] = layer + 1
        if layer < layers:
            gates[slots[layer, bond]] = gate
        else:
            ready[bond] = ready[bond + 1] = layers
    return Ansatz(initial=np.array(circuit.vectors), bonds=tuple(bonds), gates=gates)


def _state_after(circuit: InitialState, layers: int) -> MPS:
    for snapshot in snapshots(circuit, tolerance=_TOLERANCE):
        if snapshot.layers == layers:
            return snapshot.target(tolerance=_TOLERANCE).mps
    raise ValueError(f"the circuit has fewer than {layers} layers")
