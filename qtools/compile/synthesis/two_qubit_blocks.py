"""Two-qubit unitaries as one-qubit unitaries around as few CX as they allow.

A block on qubits ``(i, j)`` is a (4, 4) matrix with row ``2 * bit_i + bit_j``. Every CX here is
controlled by ``i``.

Canonical (Weyl, KAK) decomposition: Cross et al., arXiv:1811.12926, appendix B. Three CX suffice
for every block: Vatan and Williams, quant-ph/0308006, figure 6. A diagonal in front saves the
third: Shende, Bullock and Markov, quant-ph/0308045, proposition V.2.
"""

import cmath
import math
from dataclasses import dataclass

import numpy as np
from qiskit.synthesis import TwoQubitWeylDecomposition

from qtools.compile.mps import ComplexArray

# A Weyl coordinate below this counts as zero; the error that makes is as small.
_COORDINATE_ATOL = 1e-11

_EYE: ComplexArray = np.eye(2, dtype=complex)
_X: ComplexArray = np.array([[0, 1], [1, 0]], dtype=complex)
_HADAMARD: ComplexArray = np.array([[1, 1], [1, -1]]) * complex(math.sqrt(0.5))
_YY: ComplexArray = np.fliplr(np.diag([-1, 1, 1, -1])).astype(complex)
_ZZ = np.array([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockCircuit:
    """``exp(i phase) * (l_k x r_k) CX ... CX (l_1 x r_1) CX (l_0 x r_0)``.

    Attributes:
        locals: ``(l, r)`` in time order, one pair more than there are CX; (2, 2) unitaries on the
            left and the right qubit.
        phase: radians.
    """

    locals: tuple[tuple[ComplexArray, ComplexArray], ...]
    phase: float

    @property
    def num_cx(self) -> int:
        """Number of CX."""
        return len(self.locals) - 1


def block_circuit(matrix: ComplexArray) -> BlockCircuit:
    """The (4, 4) unitary ``matrix`` with the fewest CX that make it: 0 to 3."""
    # Without fidelity=None Qiskit replaces the matrix by a simpler one up to 1e-9 away.
    weyl = TwoQubitWeylDecomposition(matrix, fidelity=None)
    core = _canonical_circuit(weyl.a, weyl.b, weyl.c)
    pairs = [list(pair) for pair in core.locals]
    pairs[0] = [pairs[0][0] @ weyl.K2l, pairs[0][1] @ weyl.K2r]
    pairs[-1] = [weyl.K1l @ pairs[-1][0], weyl.K1r @ pairs[-1][1]]
    locals_ = tuple((left, right) for left, right in pairs)
    return BlockCircuit(locals=locals_, phase=core.phase + weyl.global_phase)


def state_circuit(state: ComplexArray) -> BlockCircuit:
    """A circuit that prepares the (4,) vector ``state`` from |00> with at most one CX.

    The Schmidt form ``U diag(s) V`` of the state as a matrix (left, right) needs one CX to copy the
    Schmidt index, and none when the state is a product.
    """
    U, s, V = np.linalg.svd(state.reshape(2, 2))
    if s[1] < _COORDINATE_ATOL:
        return BlockCircuit(locals=((U, V.T),), phase=0.0)
    schmidt = np.array([[s[0], -s[1]], [s[1], s[0]]], dtype=complex)
    return BlockCircuit(locals=((schmidt, _EYE), (U, V.T)), phase=0.0)


def isometry_circuit(matrix: ComplexArray, *, fresh: int) -> BlockCircuit:
    """A circuit of at most two CX that equals ``matrix`` while one input is |0>.

    ``fresh`` says which: 0 for the left qubit, 1 for the right one.
    ``matrix = (matrix D) D^-1`` with ``D = exp(i psi ZZ)``: psi makes ``matrix D`` a two-CX block,
    and on |0> of the fresh qubit ``D^-1`` is only a rotation of the other one.
    """
    psi = _saving_angle(matrix)
    diagonal = np.exp(1j * psi * _ZZ)
    circuit = block_circuit(matrix * diagonal)
    undo = np.diag(np.exp([-1j * psi, 1j * psi]))
    left, right = circuit.locals[0]
    first = (left, right @ undo) if fresh == 0 else (left @ undo, right)
    return BlockCircuit(locals=(first, *circuit.locals[1:]), phase=circuit.phase)


def _saving_angle(matrix: ComplexArray) -> float:
    """psi such that ``matrix exp(i psi ZZ)`` needs at most two CX.

    That holds when ``tr(YY U^T YY U)`` is real for ``U`` of determinant 1. With the diagonal it is
    ``cos(2 psi) t + i sin(2 psi) t'``, where ``t'`` has ``ZZ`` inserted.
    """
    U = matrix / np.linalg.det(matrix) ** 0.25
    gamma = np.diag(_YY @ U.T @ _YY @ U)
    imaginary = float(np.sum(gamma).imag)
    if abs(imaginary) < _COORDINATE_ATOL:
        return 0.0
    slope = float((_ZZ @ gamma).real)
    return 0.5 * math.atan2(-imaginary * math.copysign(1.0, slope), abs(slope))


def _canonical_circuit(a: float, b: float, c: float) -> BlockCircuit:
    """``exp(i (a XX + b YY + c ZZ))`` for pi/4 >= a >= b >= |c|."""
    if abs(c) > _COORDINATE_ATOL:
        return _three_cx(a, b, c)
    if b > _COORDINATE_ATOL or _COORDINATE_ATOL < a < math.pi / 4 - _COORDINATE_ATOL:
        return _two_cx(a, b)
    if a > _COORDINATE_ATOL:
        return _one_cx()
    return BlockCircuit(locals=((_EYE, _EYE),), phase=0.0)


def _one_cx() -> BlockCircuit:
    """``exp(i pi/4 XX)``, from ``CX = exp(i pi/4 (1 - Z_i)(1 - X_j))``."""
    after = (_HADAMARD @ _rz(-math.pi / 2), _rx(-math.pi / 2))
    return BlockCircuit(locals=((_HADAMARD, _EYE), after), phase=-math.pi / 4)


def _two_cx(a: float, b: float) -> BlockCircuit:
    """``exp(i (a XX + b YY))``: CX turns ``X_i`` into ``XX`` and ``Z_j`` into ``ZZ``."""
    turn, back = _rx(math.pi / 2), _rx(-math.pi / 2)
    return BlockCircuit(locals=((back, back), (_rx(-2 * a), _rz(-2 * b)), (turn, turn)), phase=0.0)


def _three_cx(a: float, b: float, c: float) -> BlockCircuit:
    """The circuit of Vatan and Williams, its middle CX turned around by Hadamards."""
    quarter = math.pi / 2
    return BlockCircuit(
        locals=(
            (_EYE, _rz(-quarter)),
            (_HADAMARD @ _ry(quarter - 2 * b), _HADAMARD @ _rz(quarter - 2 * c)),
            (_ry(2 * a - quarter) @ _HADAMARD, _HADAMARD),
            (_rz(quarter), _EYE),
        ),
        phase=math.pi / 4,
    )


def _rx(angle: float) -> ComplexArray:
    c, s = math.cos(angle / 2), -1j * math.sin(angle / 2)
    return np.array([[c, s], [s, c]], dtype=complex)


def _ry(angle: float) -> ComplexArray:
    c, s = math.cos(angle / 2), math.sin(angle / 2)
    return np.array([[c, -s], [s, c]], dtype=complex)


def _rz(angle: float) -> ComplexArray:
    return np.array([[cmath.exp(-0.5j * angle), 0], [0, cmath.exp(0.5j * angle)]], dtype=complex)
