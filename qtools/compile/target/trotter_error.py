"""How many steps a splitting method needs, from a small piece of the system done exactly."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.compile.problem.pair_terms import PairTerms
from qtools.compile.problem.pauli_strings import disjoint
from qtools.compile.target.dense_gates import apply_gate, apply_string
from qtools.compile.target.integrators import SplittingMethod

# Long enough to hold the nested commutators that make up the error of an order-4 method, short
# enough for dense matrices in milliseconds.
_WINDOW = 7
_OPERATOR_WINDOW = 6

_MAX_STEPS = 100_000


def estimate_steps(
    terms: PairTerms,
    vectors: ComplexArray,
    time: float,
    method: SplittingMethod,
    max_angle: float,
) -> int:
    """Steps of ``method`` for an angle error of about ``max_angle`` radians on the whole system.

    The error of a piece with the strongest couplings is scaled up by the root of the number of
    pairs, since errors far apart are orthogonal. The caller measures the error that results.

    Args:
        terms: the Hamiltonian.
        vectors: (n, 2), the product state to evolve; for an operator (n, 4), see
            :class:`qtools.compile.ansatz.Ansatz`.
        time: to evolve.
        method: of splitting.
        max_angle: allowed.
    """
    window = min(_WINDOW if vectors.shape[1] == 2 else _OPERATOR_WINDOW, len(vectors))
    sites = _strongest(terms, window, len(vectors))
    piece = _piece(terms, sites)
    start = _product(vectors[sites])
    exact = _exact(piece, start, time)
    allowed = max_angle / np.sqrt(len(terms.pairs) / max(1, len(piece.pairs)))
    steps = 1
    while steps < _MAX_STEPS:
        error = _angle(exact, _split(piece, start, time, method, steps))
        if error <= allowed:
            break
        # Never trust the asymptotic order far away from where it holds.
        steps = max(steps + 1, round(steps * min(2.0, (error / allowed) ** (1 / method.order))))
    return steps


def _strongest(terms: PairTerms, size: int, num_sites: int) -> list[int]:
    """About the sites of the connected piece with the strongest couplings, in order."""
    norms = np.linalg.norm(terms.matrices, axis=(1, 2))
    if terms.is_chain:
        sums = np.concatenate([[0.0], np.cumsum(norms)])
        first = int(np.argmax(sums[size - 1 :] - sums[: num_sites - size + 1]))
        return list(range(first, first + size))
    around: dict[int, list[tuple[float, int]]] = {}
    coupled = list(zip(terms.pairs, norms.tolist(), strict=True))
    for term in terms.strings:
        # A two-site matrix of coefficient c has the norm 2 c.
        coupled += [(pair, 2.0 * abs(term.coefficient)) for pair in pairwise(term.sites)]
    for (i, j), norm in coupled:
        around.setdefault(i, []).append((norm, j))
        around.setdefault(j, []).append((norm, i))
    if not around:
        return list(range(size))
    sites = [max(around, key=lambda site: sum(norm for norm, _ in around[site]))]
    while len(sites) < size:
        pull: dict[int, float] = {}
        for site in sites:
            for norm, other in around[site]:
                if other not in sites:
                    pull[other] = pull.get(other, 0.0) + norm
        if not pull:
            break
        sites.append(max(pull, key=lambda site: (pull[site], -site)))
    return sorted(sites)


def _piece(terms: PairTerms, sites: list[int]) -> PairTerms:
    """The terms inside a set of sites, numbered anew, in the layers that they had."""
    place = {site: position for position, site in enumerate(sites)}
    inside = [k for k, (i, j) in enumerate(terms.pairs) if i in place and j in place]
    number = {k: position for position, k in enumerate(inside)}
    return PairTerms(
        pairs=tuple((place[terms.pairs[k][0]], place[terms.pairs[k][1]]) for k in inside),
        matrices=terms.matrices[inside],
        layers=tuple(tuple(number[k] for k in layer if k in number) for layer in terms.layers),
        strings=tuple(
            replace(term, sites=tuple(place[site] for site in term.sites))
            for term in terms.strings
            if all(site in place for site in term.sites)
        ),
    )


def _exact(piece: PairTerms, start: ComplexArray, time: float) -> ComplexArray:
    dimension = len(start)
    hamiltonian = np.zeros((dimension, dimension), dtype=complex)
    for pair, matrix in zip(piece.pairs, piece.matrices, strict=True):
        hamiltonian += apply_gate(np.eye(dimension, dtype=complex), pair, matrix)
    for term in piece.strings:
        hamiltonian += term.coefficient * apply_string(np.eye(dimension, dtype=complex), term)
    energies, states = np.linalg.eigh(hamiltonian)
    phases = np.exp(-1j * energies * time)[:, None]
    evolved: ComplexArray = states @ (phases * (states.conj().T @ start))
    return evolved


def _split(
    piece: PairTerms, start: ComplexArray, time: float, method: SplittingMethod, steps: int
) -> ComplexArray:
    values, states = np.linalg.eigh(piece.matrices)
    gates = {}
    for fraction in sorted(set(method.passes)):
        phases = np.exp(-1j * values * (fraction * time / steps))
        gates[fraction] = np.matmul(states * phases[:, None, :], states.conj().swapaxes(1, 2))
    order = [k for layer in piece.layers for k in layer]
    state = start
    for position, fraction in enumerate(method.passes * steps):
        backwards = bool(position % 2)
        if backwards:
            state = _strings(piece, state, fraction * time / steps, backwards=True)
        for k in reversed(order) if backwards else order:
            state = apply_gate(state, piece.pairs[k], gates[fraction][k])
        if not backwards:
            state = _strings(piece, state, fraction * time / steps, backwards=False)
    return state


def _strings(
    piece: PairTerms, state: ComplexArray, time: float, *, backwards: bool
) -> ComplexArray:
    """``exp(-i c P time)`` of the terms on three and more sites, one after the other."""
    order = disjoint(piece.strings)
    for term in reversed(order) if backwards else order:
        angle = term.coefficient * time
        state = np.cos(angle) * state - 1j * np.sin(angle) * apply_string(state, term)
    return state


def _product(vectors: ComplexArray) -> ComplexArray:
    """The state (2 ** n, r) of qubits and references, site 0 most significant."""
    state = np.ones((1, 1), dtype=complex)
    for vector in vectors:
        state = np.kron(state, vector.reshape(2, -1))
    return state


def _angle(a: ComplexArray, b: ComplexArray) -> float:
    return float(np.arcsin(np.sqrt(max(0.0, 1.0 - abs(complex(np.vdot(a, b))) ** 2))))
