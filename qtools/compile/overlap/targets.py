"""The target's tensors as the exact contraction wants them."""

from typing import NamedTuple

import numpy as np

from qtools.compile.mps import MPS, ComplexArray


class TargetTensors(NamedTuple):
    """The target's tensor of one site, conjugated and laid out for the contraction.

    ``qubit`` has axes (qubit, left bond, right bond). For an operator, ``reference`` (wire, left
    bond, inner bond) is the tensor of the reference, with which the wire of the qubit begins, and
    the left bond of ``qubit`` is the inner one.
    """

    qubit: ComplexArray
    reference: ComplexArray | None


def target_tensors(initial: ComplexArray, target: MPS) -> list[TargetTensors]:
    """The tensors of every site; ``initial`` is that of the ansatz."""
    return [_of_site(*site) for site in zip(initial, target.tensors, strict=True)]


def _of_site(initial: ComplexArray, tensor: ComplexArray) -> TargetTensors:
    left, d, right = tensor.shape
    if d == 2:
        qubit = np.ascontiguousarray(tensor.conj().transpose(1, 0, 2))
        return TargetTensors(qubit=qubit, reference=None)
    # (left, qubit, reference, right) = (left, reference, inner) (inner, qubit, right)
    spread = tensor.conj().reshape(left, 2, 2, right).transpose(0, 2, 1, 3)
    q, r = np.linalg.qr(spread.reshape(2 * left, 2 * right))
    wire = np.tensordot(initial.reshape(2, 2), q.reshape(left, 2, -1), axes=(1, 1))
    qubit = np.ascontiguousarray(r.reshape(-1, 2, right).transpose(1, 0, 2))
    return TargetTensors(qubit=qubit, reference=np.ascontiguousarray(wire))
