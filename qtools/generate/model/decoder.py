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
            torch.cat([a.q_proj.weight, a.k_proj.weight, a.v_proj.weight])
            for a in (layer.self_attn for layer in self._layers)
        ]
        self._gates = [
            torch.cat([m.gate_proj.weight, m.up_proj.weight])
            for m in (layer.mlp for layer in self._layers)
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
            normed = self._norm(x_BD, layer.input_layernorm.weight)
            attended = self._attend(index, normed @ self._fused[index].T, cosine, sine)
            x_BD = x_BD + attended @ layer.self_attn.o_proj.weight.T
            normed = self._norm(x_BD, layer.post_attention_layernorm.weight)
            gate, up = (normed @ self._gates[index].T).chunk(2, dim=1)
            x_BD = x_BD + (functional.silu(gate) * up) @ layer.mlp.down_proj.weight.T
        self._length += 1
        return self._norm(x_BD, self._final).cpu()

    def keep(self, chosen: Tensor) -> None:
        """Keep only the circuits at these places."""
        chosen = chosen.to(self._device)
        self._keys, self._values = self._keys[:, chosen], self._values[:, chosen]

    def _norm(self, x_BD: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x_BD, (x_BD.shape[1],), weight, self._eps)

    def _rotation(self, x_BD: Tensor) -> tuple[Tensor, Tensor]:
        place = torch.tensor([[self._length]], device=self._device)
        cosine, sine = self._rotary(x_BD, place)
        return cosine[0, 0], sine[0, 0]

    def _attend(self, index: int, packed: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch = packed.shape[0]
        q, k, v = packed.view(batch, 3, self._heads, 1, self._width).unbind(1)
        keys, values = self._keys[index], self._values[index]
        keys[:, :, self._length] = _rotated(k, cosine, sine)[:, :, 0]
        values[:, :, self._length] = v[:, :, 0]
        stop = self._length + 1
        attended = functional.scaled_dot_product_attention(
            _rotated(q, cosine, sine), keys[:, :, :stop], values[:, :, :stop]
        )
        return attended.reshape(batch, -1)

    @staticmethod
    def _grown(cache: Tensor) -> Tensor:
        layers, batch, heads, length, width = cache.shape
        grown = torch.empty(layers, batch, heads, 2 * length, width, device=cache.device)
        grown[:, :, :, :length] = cache
        return grown


def _rotated(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine
