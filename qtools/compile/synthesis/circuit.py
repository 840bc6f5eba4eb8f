"""Ansatz to circuit: every block in native gates, the global phase exact."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, QuantumRegister
from qiskit.circuit.library import (
    CXGate,
    CZGate,
    ECRGate,
    HGate,
    RXGate,
    RYGate,
    RZGate,
    SXGate,
    U3Gate,
    UGate,
    XGate,
)

from qtools.compile.ansatz import BELL_PAIR, Ansatz
from qtools.compile.mps import ComplexArray
from qtools.compile.synthesis.native_basis import DEFAULT_BASIS, NativeBasis
from qtools.compile.synthesis.one_qubit_gates import (
    ANGLE_ATOL,
    EulerAngles,
    native_gates,
    unitary_from_column,
    wrapped,
)
from qtools.compile.synthesis.two_qubit_blocks import (
    BlockCircuit,
    block_circuit,
    isometry_circuit,
    state_circuit,
)
from qtools.errors import BadInputError

_UNITARY_ATOL = 1e-8

_GATES = {
    "cx": CXGate,
    "cz": CZGate,
    "ecr": ECRGate,
    "h": HGate,
    "rx": RXGate,
    "ry": RYGate,
    "rz": RZGate,
    "sx": SXGate,
    "u": UGate,
    "u3": U3Gate,
    "x": XGate,
}

_EYE: ComplexArray = np.eye(2, dtype=complex)
_HADAMARD: ComplexArray = np.array([[1, 1], [1, -1]]) * complex(math.sqrt(0.5))
_X: ComplexArray = np.array([[0, 1], [1, 0]], dtype=complex)
_S_DAGGER: ComplexArray = np.diag([1, -1j]).astype(complex)
_SX_DAGGER: ComplexArray = np.array([[0.5 - 0.5j, 0.5 + 0.5j], [0.5 + 0.5j, 0.5 - 0.5j]])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Entangler:
    """``CX = exp(i phase) (after) G (before)`` for a native two-qubit gate G.

    ``carries`` holds, per qubit, the sign with which an Rz passes through G, 0 where it does not.
    """

    before: tuple[ComplexArray, ComplexArray] = (_EYE, _EYE)
    after: tuple[ComplexArray, ComplexArray] = (_EYE, _EYE)
    phase: float = 0.0
    carries: tuple[int, int] = (0, 0)


_ENTANGLERS = {
    "cx": _Entangler(carries=(1, 0)),
    "cz": _Entangler(before=(_EYE, _HADAMARD), after=(_EYE, _HADAMARD), carries=(1, 1)),
    # ECR = exp(-i pi/4) X_0 CX (S_0 SX_1)
    "ecr": _Entangler(
        before=(_S_DAGGER, _SX_DAGGER), after=(_X, _EYE), phase=math.pi / 4, carries=(-1, 0)
    ),
}


def synthesize(
    ansatz: Ansatz,
    *,
    basis: tuple[str, ...] = DEFAULT_BASIS,
    phase: float = 0.0,
    qubits: Sequence[int] | None = None,
) -> QuantumCircuit:
    """The circuit that makes ``exp(i phase)`` times the state of ``ansatz`` out of |0...0>.

    An ansatz that is an operator gives the circuit that acts like it on every state.

    A block takes the fewest two-qubit gates that it allows: at most three, two when one of its
    qubits was not touched before, one when both were not (then only its action on the known product
    state matters). Neighbouring one-qubit gates are merged, and Rz gates slide through the
    two-qubit gates that let them pass. The global phase is exact.

    Args:
        ansatz: blocks on a product state.
        basis: native gates, exactly one of them a two-qubit gate.
        phase: radians.
        qubits: the qubit that each site is; qubit ``i`` is site ``i`` by default.

    Raises:
        BadInputError: for a basis that cannot make every block, or a block that is not unitary.
    """
    native = NativeBasis.of(basis)
    _check_unitary(ansatz.gates)
    places = range(ansatz.num_qubits) if qubits is None else qubits
    pending = [_EYE] * ansatz.num_qubits
    for qubit, vector in zip(places, ansatz.initial, strict=True):
        pending[qubit] = _preparation(vector)
    track = _Track(entangler=_ENTANGLERS[native.entangler], pending=pending, phase=phase)
    is_fresh = [not ansatz.is_operator] * ansatz.num_qubits
    for (left, right), matrix in zip(ansatz.pairs, _nearest_unitaries(ansatz.gates), strict=True):
        pair = places[left], places[right]
        track.add(pair, _circuit_of(matrix, pending, pair, is_fresh))
        is_fresh[pair[0]] = is_fresh[pair[1]] = False
    track.finish()
    writer = _Writer(
        native=native, num_qubits=ansatz.num_qubits, starts_in_zero=not ansatz.is_operator
    )
    return writer.circuit(track)


def _preparation(vector: ComplexArray) -> ComplexArray:
    """What a qubit needs before all blocks: its state, or the phase of its Bell pair."""
    if len(vector) == 2:
        return unitary_from_column(vector)
    return _EYE * complex(np.vdot(BELL_PAIR, vector))


def _circuit_of(
    matrix: ComplexArray,
    pending: list[ComplexArray],
    pair: tuple[int, int],
    is_fresh: list[bool],
) -> BlockCircuit:
    """The block's circuit; takes over the preparation of fresh qubits from ``pending``."""
    i, j = pair
    left, right = is_fresh[i], is_fresh[j]
    if not (left or right):
        return block_circuit(matrix)
    prepare = (pending[i] if left else _EYE, pending[j] if right else _EYE)
    prepared = matrix @ np.kron(*prepare)
    if left:
        pending[i] = _EYE
    if right:
        pending[j] = _EYE
    if left and right:
        return state_circuit(prepared[:, 0])
    return isometry_circuit(prepared, fresh=0 if left else 1)


@dataclass(kw_only=True)
class _Track:
    """The circuit as two-qubit gates between merged one-qubit unitaries.

    Attributes:
        entangler: the native two-qubit gate.
        pending: (2, 2) per qubit, what has come since its last two-qubit gate.
        phase: global phase so far.
        events: in time order, ``(qubit, -1)`` for the next of ``unitaries`` and ``(i, j)`` for a
            two-qubit gate.
        unitaries: of the one-qubit events.
    """

    entangler: _Entangler
    pending: list[ComplexArray]
    phase: float
    events: list[tuple[int, int]] = field(default_factory=list)
    unitaries: list[ComplexArray] = field(default_factory=list)

    def add(self, pair: tuple[int, int], block: BlockCircuit) -> None:
        """Append a block on two qubits."""
        pending, entangler = self.pending, self.entangler
        i, j = pair
        left, right = block.locals[0]
        pending[i] = left @ pending[i]
        pending[j] = right @ pending[j]
        for left, right in block.locals[1:]:
            self.unitaries.append(entangler.before[0] @ pending[i])
            self.unitaries.append(entangler.before[1] @ pending[j])
            self.events += [(i, -1), (j, -1), pair]
            pending[i] = left @ entangler.after[0]
            pending[j] = right @ entangler.after[1]
        self.phase += block.phase + entangler.phase * block.num_cx

    def finish(self) -> None:
        """Append what is still pending."""
        self.events += [(qubit, -1) for qubit in range(len(self.pending))]
        self.unitaries += self.pending


class _Writer:
    """Turns a track into Qiskit instructions."""

    def __init__(self, *, native: NativeBasis, num_qubits: int, starts_in_zero: bool) -> None:
        self._native = native
        self._register = QuantumRegister(num_qubits, "q")
        self._qubits = [(qubit,) for qubit in self._register]
        self._constants = {name: _GATES[name]() for name in ("h", "sx", "x", native.entangler)}
        self._carried = [0.0] * num_qubits
        self._is_zero = [starts_in_zero] * num_qubits
        self._instructions: list[CircuitInstruction] = []
        self._phase = 0.0

    def circuit(self, track: _Track) -> QuantumCircuit:
        angles = EulerAngles.of(np.array(track.unitaries))
        rows = zip(angles.theta.tolist(), angles.phi.tolist(), angles.lam.tolist(), strict=True)
        for qubit, other in track.events:
            if other < 0:
                self._one_qubit(qubit, *next(rows))
            else:
                self._two_qubit((qubit, other), track.entangler.carries)
        for site in range(len(self._qubits)):
            self._rz(site, self._carried[site])
        circuit = QuantumCircuit.from_instructions(
            self._instructions,
            qubits=self._register,
            global_phase=math.remainder(
                track.phase + self._phase + float(np.sum(angles.phase)), math.tau
            ),
        )
        circuit.add_register(self._register)
        return circuit

    def _one_qubit(self, site: int, theta: float, phi: float, lam: float) -> None:
        native = self._native
        lam += self._carried[site]
        gates, last_rz, phase = native_gates(
            native.one_qubit, has_x=native.has_x, theta=theta, phi=phi, lam=lam
        )
        self._phase += phase
        for name, parameters in gates:
            if name == "rz":
                self._rz(site, parameters[0])
            else:
                self._append(name, parameters, site)
                self._is_zero[site] = False
        self._carried[site] = last_rz

    def _two_qubit(self, places: tuple[int, int], carries: tuple[int, int]) -> None:
        for qubit, sign in zip(places, carries, strict=True):
            if sign == 0:
                self._rz(qubit, self._carried[qubit])
            self._carried[qubit] *= sign
            self._is_zero[qubit] = False
        pair = (*self._qubits[places[0]], *self._qubits[places[1]])
        gate = self._constants[self._native.entangler]
        self._instructions.append(CircuitInstruction(gate, pair))

    def _rz(self, site: int, angle: float) -> None:
        angle, phase = wrapped(angle)
        self._phase += phase
        if self._is_zero[site]:  # Rz(x)|0> = exp(-i x/2)|0>
            self._phase -= angle / 2
        elif abs(angle) > ANGLE_ATOL:
            self._append("rz", (angle,), site)

    def _append(self, name: str, parameters: tuple[float, ...], site: int) -> None:
        gate = _GATES[name](*parameters) if parameters else self._constants[name]
        self._instructions.append(CircuitInstruction(gate, self._qubits[site]))


def _nearest_unitaries(gates: ComplexArray) -> ComplexArray:
    """Without the rounding of many optimiser steps, on which Qiskit's decomposition can fail."""
    left, _, right = np.linalg.svd(gates)
    nearest: ComplexArray = left @ right
    return nearest


def _check_unitary(gates: ComplexArray) -> None:
    if len(gates) == 0:
        return
    products = gates @ gates.conj().transpose(0, 2, 1)
    errors = np.abs(products - np.eye(4)).max(axis=(1, 2))
    worst = int(np.argmax(errors))
    if not errors[worst] < _UNITARY_ATOL:
        raise BadInputError(
            f"block {worst} is not unitary (error {errors[worst]:.1e}); expected unitary blocks"
        )
