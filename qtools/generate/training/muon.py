"""Muon over all matrices of one shape at once.

Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) orthogonalises the momentum of a
matrix, so that rare directions are learnt as fast as common ones. torch's own takes one matrix
after the other: hundreds of small products a step, which two cores share badly. The results are the
same up to the order of sums; a test holds them together.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Muon(torch.optim.Muon):
    """As :class:`torch.optim.Muon` with Nesterov momentum and its original rates."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient.

        Raises:
            TypeError: a closure, which gradients of batches have no use for.
        """
        if closure is not None:
            raise TypeError("expected no closure, got one")
        for group in self.param_groups:
            for matrices in _by_shape([p for p in group["params"] if p.grad is not None]):
                self._move(group, matrices)

    def _move(self, group: dict[str, Any], matrices: list[Tensor]) -> None:
        moves = torch.stack([self._momentum(p, group["momentum"]) for p in matrices])
        moves = orthogonal(moves, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rows, columns = matrices[0].shape
        rate = group["lr"] * math.sqrt(max(1, rows / columns))
        for matrix, move in zip(matrices, moves, strict=True):
            matrix.mul_(1 - group["lr"] * group["weight_decay"])
            matrix.add_(move, alpha=-rate)

    def _momentum(self, matrix: Tensor, momentum: float) -> Tensor:
        gradient = matrix.grad
        assert gradient is not None
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        mean: Tensor = state["momentum_buffer"]
        mean.lerp_(gradient, 1 - momentum)
        return gradient.lerp(mean, momentum)


def orthogonal(
    matrices_NRC: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """Matrices with nearly the same singular vectors and all singular values about 1, in bfloat16.

    Newton-Schulz iteration ``X <- a X + (b X X^T + c (X X^T)^2) X``.
    """
    a, b, c = coefficients
    is_tall = matrices_NRC.shape[1] > matrices_NRC.shape[2]
    x = (matrices_NRC.mT if is_tall else matrices_NRC).to(torch.bfloat16, copy=True)
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if is_tall else x


def _by_shape(matrices: list[Tensor]) -> list[list[Tensor]]:
    groups: dict[torch.Size, list[Tensor]] = {}
    for matrix in matrices:
        groups.setdefault(matrix.shape, []).append(matrix)
    return list(groups.values())
