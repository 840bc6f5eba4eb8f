"""Metrics of the gate dependency graph (Bandic et al., arXiv:2407.12640).

Nodes are the gates; an arrow joins each gate to the next gate on each of its qubits (one arrow,
however many qubits the two share). Measurements, resets and barriers are no gates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qtools.circuits.normal import NormalCircuit


@dataclass(frozen=True, kw_only=True)
class DependencyMetrics:
    """Metrics of the gate dependency graph; all zero for a circuit without gates.

    Attributes:
        critical_path_length: number of gates on a longest path.
        path_length_mean, path_length_std: mean and standard deviation of the number of gates on
            a path, over all paths from a first to a last gate.
        critical_path_fraction: fraction of the gates that lie on some longest path.
    """

    critical_path_length: int
    path_length_mean: float
    path_length_std: float
    critical_path_fraction: float


def predecessors(circuit: NormalCircuit) -> list[tuple[int, ...]]:
    """Per gate, in program order, the gates that its arrows come from, each once."""
    last = [-1] * circuit.num_qubits
    found: list[tuple[int, ...]] = []
    for index, gate in enumerate(circuit.gates()):
        qubits = gate[1]
        if len(qubits) == 1:
            source = last[qubits[0]]
            found.append((source,) if source >= 0 else ())
        else:
            found.append(tuple({last[qubit] for qubit in qubits if last[qubit] >= 0}))
        for qubit in qubits:
            last[qubit] = index
    return found


def dependency_metrics(circuit: NormalCircuit) -> DependencyMetrics:
    """All metrics of the circuit's gate dependency graph."""
    before = predecessors(circuit)
    if not before:
        return DependencyMetrics(
            critical_path_length=0,
            path_length_mean=0.0,
            path_length_std=0.0,
            critical_path_fraction=0.0,
        )
    ending, starting = _longest(before)
    length = max(ending)
    critical = sum(head + tail - 1 == length for head, tail in zip(ending, starting, strict=True))
    mean, std = _path_lengths(before)
    return DependencyMetrics(
        critical_path_length=length,
        path_length_mean=mean,
        path_length_std=std,
        critical_path_fraction=critical / len(before),
    )


def _longest(before: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """Gates on the longest path that ends, and that starts, at each gate."""
    ending: list[int] = []
    for sources in before:
        ending.append(1 + max([ending[source] for source in sources], default=0))
    starting = [1] * len(before)
    for gate in range(len(before) - 1, -1, -1):
        for source in before[gate]:
            if starting[source] <= starting[gate]:
                starting[source] = starting[gate] + 1
    return ending, starting


def _path_lengths(before: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Mean and standard deviation of path lengths, without listing the paths.

    Per gate: the logarithm of the number of paths that end there (counts overflow any float), and
    mean and variance of their lengths, combined by the law of total variance.
    """
    has_next = {source for sources in before for source in sources}
    states: list[tuple[float, float, float]] = []
    for sources in before:
        if len(sources) == 1:
            count, mean, variance = states[sources[0]]
        else:
            count, mean, variance = _pool([states[source] for source in sources])
        states.append((count, mean + 1.0, variance))
    ends = [states[gate] for gate in range(len(before)) if gate not in has_next]
    _, mean, variance = _pool(ends)
    return mean, math.sqrt(max(variance, 0.0))


def _pool(states: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """(log count, mean, variance) of the union of groups given by the same three numbers."""
    if not states:
        return 0.0, 0.0, 0.0
    if len(states) == 1:
        return states[0]
    top = max(count for count, _, _ in states)
    weights = [math.exp(count - top) for count, _, _ in states]
    total = sum(weights)
    mean = sum(w * state[1] for w, state in zip(weights, states, strict=True)) / total
    variance = (
        sum(
            w * (state[2] + (state[1] - mean) ** 2)
            for w, state in zip(weights, states, strict=True)
        )
        / total
    )
    return top + math.log(total), mean, variance
