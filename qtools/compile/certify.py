"""An independent check of a circuit: simulated by quimb (and Aer), compared with the target.

With angles ``A = arccos sqrt(F)`` between states, the triangle inequality gives::

    A(true, circuit) <= A(true, target) + A(target, simulated) + A(simulated, circuit)

so ``cos^2`` of the right side (0 beyond a right angle) bounds the fidelity to the true state.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.aer_check import aer_fidelity
from qtools.compile.fitting.sweeps import sweep_order
from qtools.compile.mps import MPS
from qtools.compile.output.mps_formats import to_quimb
from qtools.compile.problem.initial_state import InitialState
from qtools.errors import BadInputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from quimb.tensor import MatrixProductState

# Squared Schmidt values that one cut may drop, as a fraction of the squared norm: a sweep over a
# thousand sites then turns the state by less than 1e-5.
_CUT_WEIGHT = 1e-13
_LEAST_BOND = 64


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """How close a circuit comes to its target, found by another engine.

    Attributes:
        fidelity: ``|<target|circuit|0>|^2``.
        phase: ``arg <target|circuit|0>``, radians.
        target_angle: bound of the angle between the true state and the target, as given.
        truncation_angle: bound of the angle that this simulation's cuts cause.
        max_bond: largest bond of the simulated state at the end.
        bond_limit: the bond that the simulation could go up to.
        engine: name and version.
        aer_fidelity: the fidelity that Aer finds; None where it is not installed.
        seconds: what the check took.
    """

    fidelity: float
    phase: float
    target_angle: float
    truncation_angle: float
    max_bond: int
    bond_limit: int
    engine: str
    aer_fidelity: float | None
    seconds: float

    @property
    def fidelity_lower_bound(self) -> float:
        """Bound of the fidelity between the circuit's state and the true one.

        Where Aer finds less than quimb, Aer's fidelity counts.
        """
        fidelity = self.fidelity if self.aer_fidelity is None else self.aer_fidelity
        angle = math.acos(math.sqrt(min(1.0, self.fidelity, fidelity)))
        angle += self.target_angle + self.truncation_angle
        return math.cos(min(math.pi / 2, angle)) ** 2


def certify(
    circuit: "QuantumCircuit",
    target: MPS,
    *,
    target_angle: float,
    bond_limit: int | None = None,
    qubits: Sequence[int] | None = None,
    second_opinion: bool = True,
) -> Certificate:
    """Simulate ``circuit`` on |0...0> and compare it with ``target``.

    Args:
        circuit: gates on one qubit or two; best read back from the file that was written.
        target: the state it should make, in any gauge and norm.
        target_angle: bound of the angle between ``target`` and the true state, radians.
        bond_limit: largest bond of the simulation; by default twice the target's, at least 64.
            The error that a limit causes is part of ``truncation_angle``.
        qubits: the qubit on each site of ``target``; qubit ``i`` on site ``i`` by default.
        second_opinion: also ask Aer, in a process of its own and for a limited time: about two
            seconds, and on a busy machine there may be no answer.

    Raises:
        BadInputError: when the sizes differ, or for gates on more than two qubits.
    """
    from qtools.compile.problem.preparation import initial_state_from_circuit

    began = time.perf_counter()
    if circuit.num_qubits != target.num_sites:
        raise BadInputError(
            f"the circuit has {circuit.num_qubits} qubits, but the target has {target.num_sites} "
            "sites; they must be equal"
        )
    if qubits is not None:
        circuit = _on_sites(circuit, qubits)
    limit = bond_limit or max(_LEAST_BOND, 2 * target.max_bond)
    simulation = _simulate(initial_state_from_circuit(circuit).on_neighbours(), limit)
    reference = to_quimb(target)
    overlap = complex((reference.H & simulation.state).contract(..., optimize="greedy"))
    overlap /= reference.norm() * simulation.norm
    return Certificate(
        fidelity=abs(overlap) ** 2,
        phase=math.atan2(overlap.imag, overlap.real),
        target_angle=target_angle,
        truncation_angle=simulation.truncation_angle,
        max_bond=simulation.state.max_bond() or 1,
        bond_limit=limit,
        engine=f"quimb {metadata.version('quimb')}",
        aer_fidelity=(aer_fidelity(circuit, target, bond_limit=limit) if second_opinion else None),
        seconds=time.perf_counter() - began,
    )


def _on_sites(circuit: "QuantumCircuit", qubits: Sequence[int]) -> "QuantumCircuit":
    """The same circuit, its qubits in the order of the chain."""
    from qiskit import QuantumCircuit

    site = {qubit: position for position, qubit in enumerate(qubits)}
    moved = QuantumCircuit(len(qubits))
    moved.compose(circuit, [site[qubit] for qubit in range(len(qubits))], inplace=True)
    return moved


@dataclass(frozen=True, kw_only=True, eq=False)
class _Simulation:
    state: "MatrixProductState"
    norm: float
    truncation_angle: float


def _simulate(prepared: InitialState, bond_limit: int) -> _Simulation:
    """Run the blocks in sweeps, the canonical centre moving with them.

    The cuts of one sweep project onto nested subspaces and commute with the blocks still to come,
    so ``|after| / |before|`` is exactly the cosine of the angle that they cause.
    """
    state = to_quimb(MPS.product(prepared.vectors))
    bonds = [bond for bond, _ in prepared.preparation]
    tracked = {"cur_orthog": (0, 0)}
    norm, angle = 1.0, 0.0
    for sweep in sweep_order(bonds, prepared.num_qubits):
        rises = bonds[sweep[0]] <= bonds[sweep[-1]]
        for index in sweep:
            bond, matrix = prepared.preparation[index]
            state.canonicalize_((bond, bond + 1), info=tracked)
            state.gate_split_(
                np.array(matrix),
                (bond, bond + 1),
                method="svd",
                absorb="right" if rises else "left",
                cutoff=_CUT_WEIGHT,
                cutoff_mode="rsum2",
                max_bond=bond_limit,
                renorm=False,
            )
            centre = bond + 1 if rises else bond
            tracked["cur_orthog"] = (centre, centre)
        after = float(np.linalg.norm(state[centre].data))
        angle += math.acos(min(1.0, after / norm))
        norm = after
    return _Simulation(state=state, norm=norm, truncation_angle=angle)
