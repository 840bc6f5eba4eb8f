"""One step of the trunk at a time, with a cache of keys and values.

Computes what :class:`transformers.LlamaModel` computes, with its weights, without its bookkeeping:
all circuits of a batch are at the same row, so there is no mask, and the cache is a preallocated
array. A test holds the two equal.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import LlamaModel

_BLOCK = 128


class Decoder:
    """The trunk for B circuits that grow in step.

    Computes where the trunk's weights are; what comes in and goes out is on the processor, like
    everything else of the sampler.

    Args:
        trunk: its weights are read, never written.
        batch: B.
    """

    def __init__(self, trunk: LlamaModel, batch: int) -> None:
        config = trunk.config
        # The layers are typed as modules of any kind.
        self._layers: list[Any] = list(trunk.layers)
        self._final = trunk.norm.weight
        self._device = self._final.device
        self._rotary = trunk.rotary_emb
        self._heads = int(config.num_attention_heads)
        self._width = int(config.hidden_size) // self._heads
        self._eps = float(config.rms_norm_eps)
        self._fused = [
            _after_norm(norm, a.q_proj, a.k_proj, a.v_proj)
            for norm, a in ((layer.input_layernorm, layer.self_attn) for layer in self._layers)
        ]
        self._gates = [
            _after_norm(norm, m.gate_proj, m.up_proj)
            for norm, m in ((layer.post_attention_layernorm, layer.mlp) for layer in self._layers)
        ]
        shape = (len(self._layers), batch, self._heads, _BLOCK, self._width)
        self._keys = torch.empty(shape, device=self._device)
        self._values = torch.empty_like(self._keys)
        self._length = 0

    def step(self, x_BD: Tensor) -> Tensor:
        """(B, D) output of the trunk for one more row."""
        x_BD = x_BD.to(self._device)
        if self._length == self._keys.shape[3]:
            self._keys, self._values = self._grown(self._keys), self._grown(self._values)
        cosine, sine = self._rotation(x_BD)
        for index, layer in enumerate(self._layers):
            packed = self._norm(x_BD) @ self._fused[index].T
            attended = self._attend(index, packed, cosine, sine)
            x_BD = x_BD + attended @ layer.self_attn.o_proj.weight.T
            gate, up = (self._norm(x_BD) @ self._gates[index].T).chunk(2, dim=1)
            x_BD = x_BD + (functional.silu(gate) * up) @ layer.mlp.down_proj.weight.T
        self._length += 1
        return (self._norm(x_BD) * self._final).cpu()

    def keep(self, chosen: Tensor) -> None:
        """Keep only the circuits at these places."""
        chosen = chosen.to(self._device)
        self._keys, self._values = self._keys[:, chosen], self._values[:, chosen]

    def _norm(self, x_BD: Tensor) -> Tensor:
        # Two passes over the array; torch's own takes six.
        length: Tensor = torch.linalg.vector_norm(x_BD, dim=1, keepdim=True)
        return x_BD * length.square_().div_(x_BD.shape[1]).add_(self._eps).rsqrt_()

    def _rotation(self, x_BD: Tensor) -> tuple[Tensor, Tensor]:
        place = torch.tensor([[self._length]], device=self._device)
        cosine, sine = self._rotary(x_BD, place)
        return cosine[0, 0], sine[0, 0]

    def _attend(self, index: int, packed: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch = packed.shape[0]
        packed = packed.view(batch, 3, self._heads, self._width)
        turned = _rotated(packed[:, :2], cosine, sine)
        keys, values = self._keys[index], self._values[index]
        keys[:, :, self._length] = turned[:, 1]
        values[:, :, self._length] = packed[:, 2]
        stop = self._length + 1
        attended = functional.scaled_dot_product_attention(
            turned[:, 0, :, None], keys[:, :, :stop], values[:, :, :stop]
        )
        return attended.reshape(batch, -1)

    @staticmethod
    def _grown(cache: Tensor) -> Tensor:
        layers, batch, heads, length, width = cache.shape
        grown = torch.empty(layers, batch, heads, 2 * length, width, device=cache.device)
        grown[:, :, :, :length] = cache
        return grown


def _after_norm(norm: Any, *parts: Any) -> Tensor:
    """Matrices, one below the other, that take in the weight of the norm before them."""
    stacked: Tensor = torch.cat([part.weight for part in parts]) * norm.weight
    return stacked


def _rotated(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine
