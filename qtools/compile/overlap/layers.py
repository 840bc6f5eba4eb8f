"""Blocks sorted into layers of disjoint pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Blocks that act at once.

    Attributes:
        blocks: (m,) their indices.
        sites: (m,) left site of each, ascending.
    """

    blocks: NDArray[np.intp]
    sites: NDArray[np.intp]


def layers_of(bonds: Sequence[int], rights: Sequence[int] | None = None) -> tuple[Layer, ...]:
    """Layers in time order, each block as early as it can act.

    Args:
        bonds: left site of each block.
        rights: right site of each; the neighbours by default.
    """
    ready: dict[int, int] = {}  # site -> the first layer in which it is free
    members: list[list[tuple[int, int]]] = []
    partners = [bond + 1 for bond in bonds] if rights is None else rights
    for block, (bond, partner) in enumerate(zip(bonds, partners, strict=True)):
        layer = max(ready.get(bond, 0), ready.get(partner, 0))
        ready[bond] = ready[partner] = layer + 1
        if layer == len(members):
            members.append([])
        members[layer].append((bond, block))
    return tuple(
        Layer(
            blocks=np.array([block for _, block in sorted(member)]),
            sites=np.array([bond for bond, _ in sorted(member)]),
        )
        for member in members
    )
