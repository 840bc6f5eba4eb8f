"""Time evolution of a matrix product state with an account of every error.

Two errors separate the result from ``exp(-i H t)|initial>``:

* truncation: a layer of gates is followed by cuts; the distance that the cuts of one layer move
  the state is at most the root of their summed discarded weights, and layers add by the triangle
  inequality. This bound is rigorous.
* Trotter: the evolution is done twice, with ``N`` and with fewer steps, about half. For a method of
  order ``p`` the finer one is off by ``angle / (r ** p - 1)``, ``r`` the ratio of their steps.

Up to 20 qubits that are coupled in another way than a chain are evolved as whole statevectors, in
Krylov spaces whose error takes the place of Trotter's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qtools.compile.geometry.lattices import Pair
from qtools.compile.geometry.routing import routed
from qtools.compile.mps import MPS, ComplexArray, angle, compress
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.pair_terms import pair_terms
from qtools.compile.target.bond_watch import BondWatch
from qtools.compile.target.chain import Chain, Truncation, apply_gates
from qtools.compile.target.dense_evolution import MOST_QUBITS, dense_evolution
from qtools.compile.target.integrators import METHODS, SplittingMethod
from qtools.compile.target.splitting import gate_layers
from qtools.compile.target.trotter_error import estimate_steps

# Shares of the allowed angle.
_TROTTER_SHARE = 0.5
_EVOLUTION_SHARE = 0.3
_COMPRESSION_SHARE = 0.2
_KRYLOV_SHARE = 0.1  # where statevectors are evolved whole

# How exactly the coarse twin is truncated, as a fraction of the angle it is expected to be off.
_TWIN_PRECISION = 0.1

# Errors of two evolutions that differ by this factor tell the smaller one apart from what the cuts
# of both add to their difference.
_CLEAR_GAIN = 3.0

_MAX_REFINEMENTS = 6


class Start(Protocol):
    """Where an evolution starts: gates in time order on a product state."""

    @property
    def vectors(self) -> ComplexArray:
        """(num_qubits, 2), or (num_qubits, 4) for a qubit and an idle reference per site."""

    @property
    def blocks(self) -> tuple[tuple[Pair, ComplexArray], ...]:
        """((left site, right site), (4, 4) matrix) of each gate."""


class Evolvable(Protocol):
    """Anything that evolves under a Hamiltonian: a state, or an operator's Choi state."""

    @property
    def hamiltonian(self) -> ChainHamiltonian:
        """What it evolves under."""

    @property
    def initial(self) -> Start:
        """What it starts from."""

    @property
    def time(self) -> float:
        """For how long."""

    @property
    def num_qubits(self) -> int:
        """Length of the chain."""

    @property
    def circuit_pairs(self) -> tuple[Pair, ...] | None:
        """The pairs of sites on which a circuit has blocks; None for those that H couples."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An evolved state and how far it may be from the true one.

    Attributes:
        mps: normalised, right-canonical.
        discarded_weight: sum of all weights cut off.
        truncation_angle: upper bound of the angle that all cuts together cause, in radians.
        trotter_angle: estimate of the angle that the finite step causes, in radians.
        num_steps: steps of the splitting method, or Krylov spaces.
        order: of the splitting method; 0 where there was none.
    """

    mps: MPS
    discarded_weight: float
    truncation_angle: float
    trotter_angle: float
    num_steps: int
    order: int

    @property
    def angle(self) -> float:
        """Bound of the angle between this state and the true one, in radians."""
        return self.truncation_angle + self.trotter_angle

    @property
    def trotter_error(self) -> float:
        """Infidelity that the finite step causes (estimate)."""
        return float(np.sin(min(self.trotter_angle, np.pi / 2)) ** 2)

    @property
    def max_bond(self) -> int:
        """Largest bond of the state."""
        return self.mps.max_bond


@dataclass(frozen=True, kw_only=True)
class Evolution:
    """A state after a splitting method of ``num_steps`` steps.

    Attributes:
        mps: the state, not compressed.
        discarded_weight: sum of all weights cut off.
        truncation_angle: upper bound of the angle that the cuts cause.
    """

    mps: MPS
    discarded_weight: float
    truncation_angle: float


def evolve(
    problem: Evolvable,
    *,
    tolerance: float = 1e-6,
    order: int = 4,
    max_bond: int | None = None,
    max_memory: int | None = None,
    dense_qubits: int = MOST_QUBITS,
) -> Target:
    """``exp(-i H t)|initial>`` as an MPS, to an infidelity of about ``tolerance``.

    Args:
        problem: what to evolve.
        tolerance: infidelity that Trotter and truncation errors together may reach.
        order: of the splitting method, 2 or 4.
        max_bond: no bond is let grow beyond this; the errors reported then exceed ``tolerance``.
        max_memory: bytes that the state may take, unless ``max_bond`` limits it.
        dense_qubits: up to so many, states on other geometries than a chain are evolved whole.

    Raises:
        CapacityError: as soon as it is plain that the state will need more than ``max_memory``.
    """
    method = METHODS[order]
    allowed = float(np.arcsin(np.sqrt(tolerance)))
    terms, vectors = pair_terms(problem.hamiltonian), problem.initial.vectors
    if not terms.is_chain and len(vectors) <= dense_qubits and vectors.shape[1] == 2:
        return _densely_evolved(problem, allowed, max_bond)
    share = _TROTTER_SHARE * allowed
    num_steps = max(2, estimate_steps(terms, vectors, problem.time, method, share))
    known: dict[int, Evolution] = {}
    for _ in range(_MAX_REFINEMENTS):
        fine = trotter_state(
            problem,
            method,
            num_steps,
            max_angle=_EVOLUTION_SHARE * allowed,
            max_bond=max_bond,
            max_memory=max_memory,
        )
        known[num_steps] = fine
        trotter_angle = _trotter_angle(problem, method, num_steps, known, allowed, max_bond)
        if trotter_angle <= share or max_bond is not None:
            break
        excess = trotter_angle / share
        num_steps = max(num_steps + 1, round(num_steps * 1.1 * excess ** (1 / order)))
    cut = compress(
        fine.mps,
        max_weight=(_COMPRESSION_SHARE * allowed) ** 2 / max(1, fine.mps.num_sites - 1),
        max_bond=max_bond,
    )
    return Target(
        mps=cut.mps.scaled(1.0 / cut.mps.norm()),
        discarded_weight=fine.discarded_weight + cut.discarded_weight,
        truncation_angle=fine.truncation_angle + float(np.sqrt(cut.discarded_weight)),
        trotter_angle=trotter_angle,
        num_steps=num_steps,
        order=order,
    )


def _densely_evolved(problem: Evolvable, allowed: float, max_bond: int | None) -> Target:
    """The target of few qubits, within an angle of ``allowed``."""
    evolution = dense_evolution(
        problem,
        max_distance=_KRYLOV_SHARE * allowed,
        max_weight=((1.0 - _KRYLOV_SHARE) * allowed) ** 2 / max(1, problem.num_qubits - 1),
        max_bond=max_bond,
    )
    return Target(
        mps=evolution.mps.scaled(1.0 / evolution.mps.norm()),
        discarded_weight=evolution.discarded_weight,
        truncation_angle=float(np.arcsin(np.sqrt(min(1.0, evolution.discarded_weight)))),
        trotter_angle=evolution.krylov_error,
        num_steps=evolution.num_steps,
        order=0,
    )


def trotter_state(
    problem: Evolvable,
    method: SplittingMethod,
    num_steps: int,
    *,
    max_angle: float,
    max_bond: int | None = None,
    max_memory: int | None = None,
) -> Evolution:
    """The state after ``num_steps`` steps of ``method``, cut to stay within ``max_angle``.

    Raises:
        CapacityError: as :func:`evolve`.
    """
    terms = pair_terms(problem.hamiltonian)
    modulus = 1 if terms.strings else conserved_charge(problem.initial, terms.matrices)
    forbidden = _changes_charge(modulus)
    layers = gate_layers(
        terms,
        problem.num_qubits,
        method,
        num_steps,
        step=problem.time / num_steps,
        # Rounding would leave a little where a conserved charge has exact zeros.
        exponential=lambda matrices, time: np.where(forbidden, 0.0, exponentials(matrices, time)),
    )
    chain = Chain.product(problem.initial.vectors, modulus=modulus)
    gates = [gate for _, gate in problem.initial.blocks]
    for gate in routed([pair for pair, _ in problem.initial.blocks], problem.num_qubits):
        bond, matrix = np.array([gate.bond]), gate.matrix(gates)
        chain, _ = apply_gates(chain, bond, matrix[None], Truncation(max_weight=0.0))
    cuts_per_layer = max(1, problem.num_qubits // 2)
    # Late layers, whose bonds are widest, gain most from cutting more. What a layer leaves of its
    # share goes to those behind it.
    shares = np.arange(1.0, len(layers) + 1.0)
    watch = None
    if max_memory is not None and max_bond is None:
        dimension = problem.initial.vectors.shape[1]
        watch = BondWatch.over(problem.time, problem.num_qubits, dimension, max_memory)
    discarded, moved = 0.0, 0.0
    for done, layer in enumerate(layers, start=1):
        left = max(0.0, max_angle - moved) * shares[done - 1] / np.sum(shares[done - 1 :])
        truncation = Truncation(max_weight=left**2 / cuts_per_layer, max_bond=max_bond)
        chain, lost = apply_gates(chain, layer.sites, layer.gates, truncation)
        discarded += lost
        moved += float(np.sqrt(lost))
        if watch is not None:
            watch.see(chain.width, problem.time * done / len(layers))
    phase = np.exp(-1j * problem.hamiltonian.energy_shift * problem.time)
    return Evolution(
        mps=chain.to_mps().scaled(phase), discarded_weight=discarded, truncation_angle=moved
    )


def conserved_charge(initial: Start, matrices: ComplexArray) -> int:
    """Modulo which number the sum of all bits is conserved; 1 where it is not.

    The number of ones itself is smaller than the first number tried; 2 stands for parity.

    Args:
        initial: no charge is sharp unless this is a basis state of qubits.
        matrices: (m, 4, 4), the Hamiltonian of each pair.
    """
    is_basis_state = bool(np.all(np.any(initial.vectors == 0.0, axis=1)))
    if initial.blocks or initial.vectors.shape[1] != 2 or not is_basis_state:
        return 1
    moduli = (len(initial.vectors) + 1, 2)
    return next((m for m in moduli if not np.any(matrices[:, _changes_charge(m)])), 1)


def _changes_charge(modulus: int) -> NDArray[np.bool_]:
    """(4, 4), the entries of a two-qubit matrix that change the sum of the bits."""
    ones = np.array([0, 1, 1, 2]) % modulus
    changes: NDArray[np.bool_] = ones[:, None] != ones[None, :]
    return changes


def exponentials(matrices: ComplexArray, time: float) -> ComplexArray:
    """``exp(-i h t)`` of stacked Hermitian matrices."""
    values, vectors = np.linalg.eigh(matrices)
    phases = np.exp(-1j * time * values)[..., None, :]
    exponential: ComplexArray = np.matmul(vectors * phases, vectors.conj().swapaxes(-1, -2))
    return exponential


def _trotter_angle(
    problem: Evolvable,
    method: SplittingMethod,
    num_steps: int,
    known: Mapping[int, Evolution],
    allowed: float,
    max_bond: int | None,
) -> float:
    """The angle by which ``known[num_steps]`` is off because of its step.

    Its twin has a coarser step: one of the other known evolutions, which were not fine enough, if
    the two differ clearly, or else half the steps.
    """
    clear = [n for n in known if (num_steps / n) ** method.order >= _CLEAR_GAIN]
    coarse_steps = max(clear, default=(num_steps + 1) // 2)
    gain = (num_steps / coarse_steps) ** method.order
    expected = _TROTTER_SHARE * allowed * gain
    coarse = known.get(coarse_steps) or trotter_state(
        problem, method, coarse_steps, max_angle=_TWIN_PRECISION * expected, max_bond=max_bond
    )
    return angle(known[num_steps].mps, coarse.mps) / (gain - 1.0)
