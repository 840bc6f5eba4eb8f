"""Blocks on a chain in an order that moves along the chain."""

from collections import deque
from collections.abc import Sequence


def sweep_order(bonds: Sequence[int], num_qubits: int) -> list[list[int]]:
    """Indices into ``bonds`` as sweeps, whose bonds rise and fall in turn.

    Blocks on disjoint sites commute, so a layer in any order is one sweep. A matrix product
    state then moves its canonical centre once along the chain per sweep.

    Args:
        bonds: left site of each block, in time order.
        num_qubits: length of the chain.
    """
    waiting: list[deque[int]] = [deque() for _ in range(num_qubits)]
    for index, bond in enumerate(bonds):
        waiting[bond].append(index)
        waiting[bond + 1].append(index)
    sweeps: list[list[int]] = []
    left = len(bonds)
    while left:
        rises = len(sweeps) % 2 == 0
        sweep = []
        for bond in range(num_qubits - 1) if rises else range(num_qubits - 2, -1, -1):
            here, there = waiting[bond], waiting[bond + 1]
            if here and there and here[0] == there[0]:
                sweep.append(here.popleft())
                there.popleft()
        sweeps.append(sweep)
        left -= len(sweep)
    return sweeps
