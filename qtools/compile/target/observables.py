"""Expectation values of Pauli strings, entanglement, and what an evolution conserves.

Everything is computed for the target and for the compiled circuit's state, so that a physicist sees
side by side what the compilation has changed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.mps import MPS, ComplexArray, canonical_form
from qtools.compile.problem.hamiltonians import PAULI, ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.target.circuit_target import snapshots
from qtools.errors import BadInputError
from qtools.runs.untrusted import read_text

_TEXT = re.compile(r"([IXYZ]+):(\d{1,6}(?:,\d{1,6})*)")
_MOST_SCHMIDT = 64
_TOLERANCE = 1e-10  # infidelity that cuts of the circuit's state may cause


@dataclass(frozen=True, kw_only=True)
class Observable:
    """A Pauli string on some sites.

    Attributes:
        label: letters out of I, X, Y, Z.
        sites: one site per letter, no two alike.
    """

    label: str
    sites: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.label}:{','.join(map(str, self.sites))}"

    @classmethod
    def parse(cls, text: str) -> "Observable":
        """``Z:24`` or ``XX:0,1``.

        Raises:
            BadInputError: for anything else.
        """
        match = _TEXT.fullmatch(text.strip())
        sites = tuple(int(site) for site in match[2].split(",")) if match else ()
        if match is None or len(sites) != len(match[1]) or len(set(sites)) != len(sites):
            raise BadInputError(
                f"expected an observable such as Z:24 or XX:0,1, one site per letter, got {text!r}"
            )
        return cls(label=match[1], sites=sites)

    def refuse_outside(self, num_qubits: int) -> None:
        """Raise :class:`BadInputError` when a site is not on a chain of ``num_qubits``."""
        if max(self.sites) >= num_qubits:
            raise BadInputError(
                f"the observable {self} names site {max(self.sites)}, but a chain of "
                f"{num_qubits} qubits has sites 0 to {num_qubits - 1}"
            )


def read_observables(texts: list[str] | None) -> tuple[Observable, ...]:
    """Observables, each as its text or in a file with one per line (``#`` begins a comment)."""
    found: list[Observable] = []
    for text in texts or []:
        if ":" in text and not Path(text).exists():
            found.append(Observable.parse(text))
            continue
        lines = read_text(Path(text), what="observables").splitlines()
        stripped = [line.split("#")[0].strip() for line in lines]
        found += [Observable.parse(line) for line in stripped if line]
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Physics:
    """What is measured of one state.

    Attributes:
        observables: expectation value of each observable, by its text.
        entanglement_entropy: of each cut between neighbours, in bits.
        middle_schmidt: Schmidt values of the cut in the middle, the largest first, at most 64.
        total_sz: half the sum of all Z.
        energy: of the Hamiltonian; None for a state that no evolution made.
    """

    observables: dict[str, float]
    entanglement_entropy: tuple[float, ...]
    middle_schmidt: tuple[float, ...]
    total_sz: float
    energy: float | None


def measure(
    mps: MPS,
    observables: tuple[Observable, ...],
    hamiltonian: ChainHamiltonian | None = None,
    *,
    qubits: Sequence[int] | None = None,
) -> Physics:
    """Measure a normalised state.

    Args:
        mps: the state.
        observables: on qubits.
        hamiltonian: on sites.
        qubits: the qubit on each site; qubit ``i`` on site ``i`` by default.
    """
    places = range(mps.num_sites) if qubits is None else qubits
    site = {qubit: position for position, qubit in enumerate(places)}
    form = canonical_form(mps)
    expect = _Expectations(form.mps)
    num_sites = mps.num_sites
    sz = 0.5 * sum(expect("Z", (site,)) for site in range(num_sites))
    energy = None
    if hamiltonian is not None:
        energy = hamiltonian.energy_shift + sum(
            term.coefficient * expect(term.label, term.sites) for term in hamiltonian.terms
        )
    return Physics(
        observables={
            str(o): expect(o.label, tuple(site[qubit] for qubit in o.sites)) for o in observables
        },
        entanglement_entropy=tuple(_entropy(values) for values in form.schmidt[1:-1]),
        middle_schmidt=_normalised(form.schmidt[num_sites // 2])[:_MOST_SCHMIDT],
        total_sz=sz,
        energy=energy,
    )


def circuit_state(ansatz: Ansatz) -> MPS:
    """The state that the blocks make."""
    blocks = zip(ansatz.pairs, ansatz.gates, strict=True)
    circuit = InitialState.of_blocks(ansatz.initial, blocks).on_neighbours()
    *_, last = snapshots(circuit, tolerance=_TOLERANCE)
    return last.target(tolerance=_TOLERANCE).mps


class _Expectations:
    """Pauli strings of a right-canonical state; what lies left of each site is computed once."""

    def __init__(self, mps: MPS) -> None:
        self._tensors = mps.tensors
        self._left: list[ComplexArray] = [np.ones((1, 1), dtype=complex)]
        for tensor in mps.tensors:
            self._left.append(_carried(self._left[-1], tensor, tensor))
        self._norm = float(self._left[-1][0, 0].real)

    def __call__(self, label: str, sites: tuple[int, ...]) -> float:
        letters = dict(zip(sites, label, strict=True))
        first, last = min(sites), max(sites)
        environment = self._left[first]
        for site in range(first, last + 1):
            tensor = self._tensors[site]
            acted = np.einsum("ab,lbr->lar", PAULI[letters.get(site, "I")], tensor)
            environment = _carried(environment, tensor, acted)
        # All tensors behind are isometries from the right.
        return float(np.trace(environment).real) / self._norm


def _carried(left: ComplexArray, bra: ComplexArray, ket: ComplexArray) -> ComplexArray:
    half = np.tensordot(left, ket, axes=(1, 0))
    return np.tensordot(bra.conj(), half, axes=((0, 1), (0, 1)))


def _normalised(schmidt: np.ndarray) -> tuple[float, ...]:
    return tuple(np.sort(schmidt / np.linalg.norm(schmidt))[::-1].tolist())


def _entropy(schmidt: np.ndarray) -> float:
    weights = schmidt**2 / np.sum(schmidt**2)
    weights = weights[weights > 0.0]
    return float(max(0.0, -np.sum(weights * np.log2(weights))))
