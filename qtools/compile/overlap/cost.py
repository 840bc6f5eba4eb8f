"""What one value with all derivatives costs in each engine: work counted, seconds predicted.

The work is a count of operations, the same on every machine (a test counts those that an engine
really does). The rates turn it into seconds on two cores of a machine of today; they were fitted to
measured times by ``benchmarks/engine_costs.py``. A choice by the cores at hand would make circuits
depend on the machine.
"""

from dataclasses import dataclass

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS
from qtools.compile.overlap.dense import BLOCKS_AT_ONCE, num_groups
from qtools.compile.overlap.exact import THREADING_FLOPS, plan_exact
from qtools.compile.overlap.layers import layers_of
from qtools.compile.overlap.routed import on_neighbours

_CORES = 2
_BYTES = 16

# Bonds on the way, for a target of bond chi and the share s of the layers behind: the circuit's
# state has grown to about chi^s, and of the target something like chi^(0.8 + 0.2 s) is left.
_LEFT_OF_TARGET = 0.8
# Between the swaps that bring distant pairs together, bonds are wider than the target's.
_SWAPPED = 1.7

_CALLS_PER_LAYER = 21  # of the truncated engine, on all pairs of a layer at once
_CALLS_PER_SITE = 4  # to begin its walk through the layers
_DENSE_STATES = 6  # kept besides those before each group


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Seconds that a core takes, as fitted.

    Attributes:
        product: for a real operation of a matrix product.
        decomposition: for a real operation of a thin QR decomposition.
        move: for an entry that changes its place.
        call: for a call, besides its work.
    """

    product: float
    decomposition: float = 0.0
    move: float = 0.0
    call: float = 0.0


EXACT_RATES = Rates(product=3.2e-11, call=6.5e-7)
DENSE_RATES = Rates(product=3.3e-11, call=4e-6)
TRUNCATED_RATES = Rates(product=2e-11, move=3e-8, call=1.6e-5)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one value with all derivatives takes.

    Attributes:
        products: real operations in matrix products, eight per complex multiply-add.
        decompositions: real operations in QR decompositions.
        moves: entries that change their place or are added up.
        calls: products and decompositions, one for all pairs of a layer where they go together.
        memory: bytes at the same time.
        threads: that share the work, where there are as many cores.
    """

    products: float
    decompositions: float = 0.0
    moves: float = 0.0
    calls: int
    memory: int
    threads: int = 1

    def seconds(self, rates: Rates) -> float:
        """On the clock: threads share the operations, but calls are made one after another."""
        operations = (
            self.products * rates.product
            + self.decompositions * rates.decomposition
            + self.moves * rates.move
        )
        return operations / self.threads + self.calls * rates.call


def exact_work(ansatz: Ansatz, target: MPS) -> Work:
    """Of the exact contraction along the chain."""
    plan = plan_exact(ansatz, target)
    return Work(
        products=plan.flops,
        calls=3 * len(plan.steps),
        memory=plan.memory,
        threads=_CORES if plan.flops > THREADING_FLOPS else 1,
    )


def dense_work(ansatz: Ansatz) -> Work:
    """Of whole statevectors."""
    size, groups = dense_size(ansatz), num_groups(ansatz)
    return Work(
        products=3 * 8 * groups * 4**BLOCKS_AT_ONCE * size,
        moves=2 * groups * size,
        calls=3 * groups,
        memory=_BYTES * size * (groups + _DENSE_STATES),
    )


def dense_size(ansatz: Ansatz) -> int:
    """Entries of a statevector."""
    return int(2 ** (ansatz.num_qubits * (2 if ansatz.is_operator else 1)))


def truncated_work(ansatz: Ansatz, target: MPS) -> Work:
    """Of truncated layer states, if their bonds grow to about the target's.

    Per pair and layer, with ``z`` and ``w`` the bonds of the circuit's state and of the target
    before it and ``d`` the dimension of a site: ``4 d^2 (z^3 + w^3)`` multiply-adds to apply the
    block to both states and to find what to keep, ``4 d w z^2 + 6 d w^2 z`` for its derivative and
    the boundaries, and one thin QR decomposition of ``(d z, z)`` and one of ``(d w, w)``.
    """
    chi, d = float(target.max_bond), target.tensors[0].shape[1]
    if ansatz.rights is not None:
        ansatz, chi = on_neighbours(ansatz), _SWAPPED * chi
    layers = layers_of(ansatz.bonds)
    depth = max(1, len(layers))
    behind = np.arange(1, depth + 1) / depth
    z = chi**behind
    w = chi ** (_LEFT_OF_TARGET + (1.0 - _LEFT_OF_TARGET) * behind)
    pairs = np.array([len(layer.sites) for layer in layers] or [1])
    cubes = z**3 + w**3
    products = pairs @ (4 * d**2 * cubes + 4 * d * w * z**2 + 6 * d * w**2 * z)
    return Work(
        products=8.0 * float(products),
        # Householder reflections for R and for Q: 4 (m n^2 - n^3 / 3) multiply-adds, m = d n.
        decompositions=8.0 * 2.0 * (d - 1.0 / 3.0) * float(pairs @ cubes),
        moves=float(pairs @ (d**2 * (z**2 + w**2))),
        calls=_CALLS_PER_LAYER * depth + _CALLS_PER_SITE * ansatz.num_qubits,
        memory=2 * _BYTES * depth * ansatz.num_qubits * d * int(chi) ** 2,
        threads=_CORES,
    )
