"""The trunk over whole sequences, as training needs it.

Computes what :class:`transformers.LlamaModel` computes, with its weights, in fewer passes over
memory: on a processor those take more of a step's time than products do. Norms keep one array for
the way back instead of four, q, k and v come from one product, and sequences of up to
:data:`_PLAIN` rows attend by plain products. A test holds values and gradients equal.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional
from transformers import LlamaModel

#: Rows up to which attention by plain products is the faster one in bfloat16 on a processor with
#: units for it: twice as fast at 200 rows, as fast at 400.
_PLAIN = 512


def run_trunk(trunk: LlamaModel, x_BTD: Tensor, start_BT: Tensor | None) -> Tensor:
    """(B, T, D) output of the trunk, in the precision of its inputs.

    Args:
        trunk: whose weights to use; gradients reach them.
        x_BTD: inputs.
        start_BT: place of the first row of the document that each row belongs to; rows see their
            own document only and count their places from there. None where there is one document
            per sequence.
    """
    dtype = _precision(x_BTD)
    place = torch.arange(x_BTD.shape[1], device=x_BTD.device)[None]
    cosine, sine = trunk.rotary_emb(x_BTD, place if start_BT is None else place - start_BT)
    # Both halves turn by the same angles, so the first half of the table is enough.
    half = cosine.shape[-1] // 2
    turn = (cosine[:, :, None, :half].to(dtype), sine[:, :, None, :half].to(dtype))
    mask = _mask(place, start_BT, dtype)
    for layer in trunk.layers:
        x_BTD = x_BTD + _attended(
            layer.self_attn, _normed(x_BTD, layer.input_layernorm), turn, mask
        )
        x_BTD = x_BTD + _mixed(layer.mlp, _normed(x_BTD, layer.post_attention_layernorm))
    return rms_norm(x_BTD, trunk.norm.weight, trunk.norm.variance_epsilon, x_BTD.dtype)


def rms_norm(x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
    """``weight x / sqrt(mean(x^2) + eps)`` over the last axis, in another precision than ``x``."""
    normed: Tensor = _RMSNorm.apply(x, weight, eps, dtype)  # type: ignore[no-untyped-call]
    return normed


def _precision(x: Tensor) -> torch.dtype:
    """What products are computed in."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def _normed(x: Tensor, norm: Any) -> Tensor:
    return rms_norm(x, norm.weight, norm.variance_epsilon, _precision(x))


def _mask(place_1T: Tensor, start_BT: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """(B or 1, 1, T, T) 0 where a row may look and minus infinity elsewhere.

    None for long sequences of one document each, whose kernel needs none.
    """
    length = place_1T.shape[1]
    if start_BT is None and length > _PLAIN:
        return None
    seen = place_1T[:, :, None] >= place_1T[:, None, :]
    if start_BT is not None:
        seen = seen & (start_BT[:, :, None] == start_BT[:, None, :])
    mask = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
    return mask.masked_fill_(~seen, float("-inf"))[:, None]


def _attended(
    weights: Any, x_BTD: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None
) -> Tensor:
    batch, length, width = x_BTD.shape
    size = weights.head_dim
    stacked = torch.cat([weights.q_proj.weight, weights.k_proj.weight, weights.v_proj.weight])
    packed = functional.linear(x_BTD, stacked).view(batch, length, -1, size)
    heads = packed.shape[2] // 3
    turned: Tensor = _Turned.apply(  # type: ignore[no-untyped-call]
        packed[:, :, : 2 * heads], *turn
    )
    q, k = turned[:, :, :heads].transpose(1, 2), turned[:, :, heads:].transpose(1, 2)
    v = packed[:, :, 2 * heads :].transpose(1, 2)
    if mask is None or length > _PLAIN:
        made = functional.scaled_dot_product_attention(q, k, v, mask, is_causal=mask is None)
    else:
        scores = (q * size**-0.5) @ k.mT + mask
        made = scores.softmax(-1).to(v.dtype) @ v
    made = made.transpose(1, 2).reshape(batch, length, width)
    attended: Tensor = functional.linear(made, weights.o_proj.weight)
    return attended


def _mixed(weights: Any, x_BTD: Tensor) -> Tensor:
    stacked = torch.cat([weights.gate_proj.weight, weights.up_proj.weight])
    gate, up = functional.linear(x_BTD, stacked).chunk(2, dim=-1)
    mixed: Tensor = functional.linear(functional.silu(gate) * up, weights.down_proj.weight)
    return mixed


class _RMSNorm(torch.autograd.Function):
    """Keeps the normed rows alone, and scales them on the way back."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype
    ) -> Tensor:
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        scale: Tensor = length.square_().div_(x.shape[-1]).add_(eps).rsqrt_()
        normed: Tensor = x * scale
        ctx.save_for_backward(normed, scale, weight)
        scaled: Tensor = (normed * weight).to(dtype)
        return scaled

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        normed, scale, weight = ctx.saved_tensors
        gradient = gradient.to(normed.dtype)
        along = gradient * normed
        of_weight = along.flatten(0, -2).sum(0)
        mean = (along @ weight)[..., None] / normed.shape[-1]
        of_x = (gradient * weight).addcmul_(normed, mean, value=-1).mul_(scale)
        return of_x, of_weight, None, None


class _Turned(torch.autograd.Function):
    """Rotary places: pairs (x_i, x_{i + half}) turned by the angle of their row."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        ctx.save_for_backward(cosine, sine)
        return _turn(x, cosine, sine)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        cosine, sine = ctx.saved_tensors
        return _turn(gradient, cosine, -sine), None, None


def _turn(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    turned = torch.empty_like(x, memory_format=torch.contiguous_format)
    first, second = x.chunk(2, dim=-1)
    to_first, to_second = turned.chunk(2, dim=-1)
    torch.mul(first, cosine, out=to_first).addcmul_(second, sine, value=-1)
    torch.mul(second, cosine, out=to_second).addcmul_(first, sine)
    return turned
