"""The local cost: how far the qubits are from being undone, one by one.

::

    C = 1 - (1/n) sum_j P(site j of V^dagger target is as it was at the beginning)
      = 1 - <target| V O V^dagger |target>,     O = (1/n) sum_j |v_j><v_j|

with the initial vectors ``v_j`` (Bell pairs for an operator, where this is the local
Hilbert-Schmidt test of arXiv 1807.00800). It has gradients where the fidelity is flat
(arXiv 2001.00550), and both vanish together: ``C <= 1 - F <= n C``.

``O`` is a matrix product operator of bond 2. So a value with the gradient of all blocks takes what
the fidelity takes in truncated layer states: one evolution of the target backwards through the
layers, ``O`` in the middle, and one evolution forwards. With ``psi_l`` on the way back and
``phi_l`` on the way forth, ``dC = -2 Re <psi_l| dV_l |phi_(l-1)>``. Blocks on sites that are no
neighbours are brought together by swaps on both ways.
"""

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.evaluation import Evaluation
from qtools.compile.fitting.objectives.objective import without_frozen
from qtools.compile.mps import MPS, ComplexArray, overlap
from qtools.compile.overlap.accuracy import EXACT, Accuracy
from qtools.compile.overlap.layer_environments import layer_environments
from qtools.compile.overlap.layers import Layer, layers_of
from qtools.compile.overlap.routed import NeighbourCircuit
from qtools.compile.target.chain import Chain, Truncation, apply_gates

_SMALLEST = 1e-300


class LocalCost:
    """The local cost of the blocks of a circuit.

    Attributes:
        accuracy: of the last evaluation.
    """

    def __init__(self, ansatz: Ansatz, target: MPS, *, max_angle: float) -> None:
        """Cut so that the error angle stays below about ``max_angle`` radians."""
        self._ansatz = ansatz
        self._circuit = NeighbourCircuit(ansatz)
        self._layers = layers_of(self._circuit.ansatz.bonds)
        self._target = Chain.from_mps(target)
        self._start = MPS.product(ansatz.initial)
        self._undone = mean_projector(ansatz.initial)
        cuts = max(1, ansatz.num_qubits // 2) * max(1, len(self._layers))
        self._truncation = Truncation(max_weight=max_angle**2 / cuts)
        self.accuracy = EXACT

    def __call__(self, gates: ComplexArray) -> Evaluation:
        """Evaluate at gates (num_blocks, 4, 4)."""
        routed = self._circuit.gates(gates)
        undone, discarded = self._backward(routed)
        self.accuracy = Accuracy(angle=float(np.sqrt(discarded)), value=discarded)
        projected = applied(self._undone, undone[0])
        norm = max(projected.norm(), _SMALLEST)
        state = Chain.from_mps(projected.scaled(1.0 / norm))
        found = np.zeros((len(routed), 4, 4), dtype=complex)
        for layer, behind in zip(self._layers, undone[1:], strict=True):
            blocks = routed[layer.blocks]
            found[layer.blocks] = norm * layer_environments(
                behind, state.to_mps(), layer.sites, blocks
            )
            state, _ = apply_gates(state, layer.sites, blocks, self._truncation)
        environments = self._circuit.environments(found)
        probability = float(overlap(undone[0], projected).real)
        return Evaluation.of(
            overlap(undone[0], self._start),
            1.0 - probability,
            np.matmul(environments.swapaxes(1, 2), gates) / probability,
            frozen=self._ansatz.frozen,
            scale=probability,
        )

    def tangent(self, directions: ComplexArray) -> ComplexArray:
        """``directions`` without those of frozen blocks."""
        return without_frozen(directions, self._ansatz.frozen)

    def after(
        self, gates: ComplexArray, evaluation: Evaluation
    ) -> tuple["LocalCost", Evaluation, int]:
        """The same: nothing is scheduled."""
        return self, evaluation, 0

    def _backward(self, gates: ComplexArray) -> tuple[list[MPS], float]:
        """The target with all layers undone, all but the first, and so on, and the weight cut."""
        state, discarded = self._target, 0.0
        states = [state.to_mps()]
        for layer in reversed(self._layers):
            state, lost = apply_gates(state, layer.sites, _adjoint(gates, layer), self._truncation)
            states.append(state.to_mps())
            discarded += lost
        states.reverse()
        # Cutting keeps norms only nearly, and a probability above one would mislead.
        states[0] = states[0].scaled(1.0 / states[0].norm())
        return states, discarded


def mean_projector(vectors: ComplexArray) -> list[ComplexArray]:
    """``(1/n) sum_j |v_j><v_j|`` as an operator of bond 2.

    Args:
        vectors: (n, d), normalised.

    Returns:
        one array per site, axes (left bond, out, in, right bond). The bond is 0 as long as the
        projector is still to come, then 1.
    """
    n, d = vectors.shape
    tensors = []
    for vector in vectors:
        tensor = np.zeros((2, d, d, 2), dtype=complex)
        tensor[0, :, :, 0] = tensor[1, :, :, 1] = np.eye(d)
        tensor[0, :, :, 1] = np.outer(vector, vector.conj()) / n
        tensors.append(tensor)
    tensors[0], tensors[-1] = tensors[0][:1], tensors[-1][..., 1:]
    return tensors


def applied(operator: list[ComplexArray], state: MPS) -> MPS:
    """The operator on the state; bonds multiply."""
    tensors = []
    for W, A in zip(operator, state.tensors, strict=True):
        product = np.einsum("aoib,lir->alobr", W, A)
        a, left, d, b, right = product.shape
        tensors.append(product.reshape(a * left, d, b * right))
    return MPS(tensors=tuple(tensors))


def _adjoint(gates: ComplexArray, layer: Layer) -> ComplexArray:
    adjoint: ComplexArray = gates[layer.blocks].conj().swapaxes(1, 2)
    return adjoint
