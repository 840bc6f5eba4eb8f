"""One-qubit unitaries as native gates, with exact global phase."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import ComplexArray

# Angles below this are not written; the error that makes is as small.
ANGLE_ATOL = 1e-12

_QUARTER = math.pi / 2

Emission = tuple[list[tuple[str, tuple[float, ...]]], float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class EulerAngles:
    """``U_k = exp(i phase_k) Rz(phi_k) Ry(theta_k) Rz(lam_k)``, 0 <= theta_k <= pi.

    Attributes:
        theta: (K,).
        phi: (K,).
        lam: (K,).
        phase: (K,).
    """

    theta: NDArray[np.float64]
    phi: NDArray[np.float64]
    lam: NDArray[np.float64]
    phase: NDArray[np.float64]

    @classmethod
    def of(cls, unitaries: ComplexArray) -> "EulerAngles":
        """The angles of (K, 2, 2) unitaries."""
        U = unitaries.reshape(-1, 2, 2)
        phase = 0.5 * np.angle(U[:, 0, 0] * U[:, 1, 1] - U[:, 0, 1] * U[:, 1, 0])
        special = U * np.exp(-1j * phase)[:, None, None]
        half_sum, half_difference = np.angle(special[:, 1, 1]), np.angle(special[:, 1, 0])
        return cls(
            theta=2 * np.arctan2(np.abs(special[:, 1, 0]), np.abs(special[:, 0, 0])),
            phi=half_sum + half_difference,
            lam=half_sum - half_difference,
            phase=phase,
        )


def native_gates(family: str, *, has_x: bool, theta: float, phi: float, lam: float) -> Emission:
    """``Rz(phi) Ry(theta) Rz(lam)`` in the gates of ``family`` (see ``native_basis``).

    Returns:
        The gates in time order as ``(name, parameters)``, the angle of one last Rz that is not
        among them (so that the caller may merge it into what follows), and the global phase.
    """
    if family == "u" or family == "u3":
        return _u_gate(family, theta, phi, lam)
    if theta < ANGLE_ATOL:
        return [], phi + lam, 0.0
    if family == "rz-sx":
        return _sx_gates(theta, phi, lam, has_x=has_x)
    if theta > math.pi - ANGLE_ATOL and has_x:
        return _bit_flip(phi, lam)
    if family == "rz-ry":
        return [("rz", (lam,)), ("ry", (theta,))], phi, 0.0
    # Ry(theta) = Rz(pi/2) Rx(theta) Rz(-pi/2), and Rx(theta) = H Rz(theta) H.
    if family == "rz-rx":
        return [("rz", (lam - _QUARTER,)), ("rx", (theta,))], phi + _QUARTER, 0.0
    if abs(theta - _QUARTER) < ANGLE_ATOL:  # Ry(pi/2) = H Z = H exp(i pi/2) Rz(pi)
        return [("rz", (lam + math.pi,)), ("h", ())], phi, _QUARTER
    gates = [("rz", (lam - _QUARTER,)), ("h", ()), ("rz", (theta,)), ("h", ())]
    return gates, phi + _QUARTER, 0.0


def wrapped(angle: float) -> tuple[float, float]:
    """``angle`` in (-pi, pi] and the phase that makes up for it: ``Rz(x + 2 pi) = -Rz(x)``."""
    turns = round(angle / math.tau)
    return angle - math.tau * turns, math.pi * (turns % 2)


def unitary_from_column(vector: ComplexArray) -> ComplexArray:
    """A (2, 2) unitary whose first column is the (2,) vector ``vector``, normalised."""
    a, b = (complex(x) for x in vector / np.linalg.norm(vector))
    # A flip is one X; the general form would follow it by an Rz.
    other = (b, a) if abs(a) < ANGLE_ATOL else (-b.conjugate(), a.conjugate())
    return np.array([[a, other[0]], [b, other[1]]], dtype=complex)


def _u_gate(name: str, theta: float, phi: float, lam: float) -> Emission:
    # U(theta, phi, lam) = exp(i (phi + lam) / 2) Rz(phi) Ry(theta) Rz(lam)
    phi, extra_phi = wrapped(phi)
    lam, extra_lam = wrapped(lam)
    phase = extra_phi + extra_lam - (phi + lam) / 2
    if theta < ANGLE_ATOL:
        lam, phi = phi + lam, 0.0
        if abs(lam) < ANGLE_ATOL:
            return [], 0.0, phase
    return [(name, (theta, phi, lam))], 0.0, phase


def _sx_gates(theta: float, phi: float, lam: float, *, has_x: bool) -> Emission:
    # SX = exp(i pi/4) Rx(pi/2)
    if abs(theta - _QUARTER) < ANGLE_ATOL:
        return [("rz", (lam - _QUARTER,)), ("sx", ())], phi + _QUARTER, -math.pi / 4
    if theta > math.pi - ANGLE_ATOL:
        if has_x:
            return _bit_flip(phi, lam)
        # X = SX SX, so no Rz is needed between them.
        return [("sx", ()), ("sx", ())], phi - lam + math.pi, -_QUARTER
    gates = [("rz", (lam,)), ("sx", ()), ("rz", (theta + math.pi,)), ("sx", ())]
    return gates, phi + math.pi, _QUARTER


def _bit_flip(phi: float, lam: float) -> Emission:
    # Rz(phi) Ry(pi) Rz(lam) = -i Rz(phi - lam + pi) X
    return [("x", ())], phi - lam + math.pi, -_QUARTER
