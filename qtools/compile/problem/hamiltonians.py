"""Hamiltonians: real combinations of Pauli terms on any sites."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.errors import BadInputError

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

MIN_SITES = 2
MAX_SITES = 100_000

PAULI: dict[str, ComplexArray] = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=complex),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
}

# Products of Paulis leave imaginary dust on coefficients that are real in exact arithmetic.
_IMAGINARY_DUST = 1e-14


@dataclass(frozen=True, kw_only=True)
class PauliTerm:
    """One term: ``coefficient`` times the Pauli letters ``label`` on ``sites``.

    Attributes:
        label: letters ``X``, ``Y``, ``Z``; letter ``k`` acts on ``sites[k]``.
        sites: increasing.
        coefficient: finite and real.
    """

    label: str
    sites: tuple[int, ...]
    coefficient: float


@dataclass(frozen=True, kw_only=True)
class ChainHamiltonian:
    """``H = energy_shift + sum of terms`` on ``num_qubits`` sites, numbered along a chain.

    Terms couple any sites, so that every geometry is one; the numbers only say where each site
    stands on the chain. Make one with :meth:`from_terms`, which brings any list of Pauli
    terms into the canonical form that the constructor demands: sorted by sites, then label, without
    identities and without repeats.

    Attributes:
        num_qubits: at least 2.
        terms: the canonical terms.
        energy_shift: coefficient of the identity; it moves only the global phase of the evolution.
    """

    num_qubits: int
    terms: tuple[PauliTerm, ...]
    energy_shift: float = 0.0

    def __post_init__(self) -> None:
        _check_num_qubits(self.num_qubits)
        raw = [(term.label, term.sites, term.coefficient) for term in self.terms]
        canonical, shift = _canonical(raw, self.num_qubits)
        if canonical != self.terms or shift != 0.0:
            raise BadInputError(
                "expected Pauli terms in canonical form; use ChainHamiltonian.from_terms"
            )
        _real(self.energy_shift, "the energy shift")

    @classmethod
    def from_terms(
        cls, terms: Iterable[tuple[str, Sequence[int], complex]], *, num_qubits: int
    ) -> "ChainHamiltonian":
        """The Hamiltonian of ``(label, sites, coefficient)`` triples, as in Qiskit's sparse lists.

        Letter ``k`` of a label acts on ``sites[k]``. Identity letters are dropped, terms on the
        same sites add up, and a term of identities alone becomes the energy shift.

        Raises:
            BadInputError: for a coefficient that is complex, infinite or NaN, an unknown letter, a
                site out of range or named twice.
        """
        _check_num_qubits(num_qubits)
        canonical, shift = _canonical(terms, num_qubits)
        return cls(num_qubits=num_qubits, terms=canonical, energy_shift=shift)

    @classmethod
    def from_sparse_pauli_op(cls, operator: "SparsePauliOp") -> "ChainHamiltonian":
        """The Hamiltonian of a Qiskit operator; its qubit ``i`` is site ``i``.

        Raises:
            BadInputError: as :meth:`from_terms`, and for coefficients with free parameters.
        """
        if operator.coeffs.dtype == object:
            raise BadInputError(
                "expected numeric coefficients, got an operator with free parameters; "
                "assign them first"
            )
        triples = operator.to_sparse_list()
        return cls.from_terms(triples, num_qubits=operator.num_qubits)

    def to_sparse_pauli_op(self) -> "SparsePauliOp":
        """The same operator in Qiskit, energy shift included."""
        from qiskit.quantum_info import SparsePauliOp

        triples = [(term.label, list(term.sites), term.coefficient) for term in self.terms]
        if self.energy_shift or not triples:
            triples.append(("", [], self.energy_shift))
        return SparsePauliOp.from_sparse_list(triples, num_qubits=self.num_qubits)

    def relabelled(self, sites: Sequence[int]) -> "ChainHamiltonian":
        """The same operator with site ``i`` called ``sites[i]``."""
        return ChainHamiltonian.from_terms(
            [(t.label, [sites[s] for s in t.sites], t.coefficient) for t in self.terms]
            + [("", [], self.energy_shift)],
            num_qubits=self.num_qubits,
        )

    @property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """The pairs of sites that terms couple, sorted; a longer term couples its neighbours."""
        pairs = {pair for t in self.terms for pair in pairwise(t.sites)}
        return tuple(sorted(pairs))

    @property
    def strings(self) -> tuple[PauliTerm, ...]:
        """The terms on three and more sites."""
        return tuple(term for term in self.terms if len(term.sites) > 2)


def _check_num_qubits(num_qubits: int) -> None:
    if isinstance(num_qubits, bool) or not isinstance(num_qubits, int | np.integer):
        raise BadInputError(f"expected a whole number of sites, got {num_qubits!r}")
    if not MIN_SITES <= num_qubits <= MAX_SITES:
        raise BadInputError(
            f"expected a chain of {MIN_SITES} to {MAX_SITES} sites, got {num_qubits}; "
            "choose a number in that range"
        )


def _canonical(
    terms: Iterable[tuple[str, Sequence[int], complex]], num_qubits: int
) -> tuple[tuple[PauliTerm, ...], float]:
    sums: dict[tuple[tuple[int, ...], str], float] = {}
    for raw_label, raw_sites, raw_coefficient in terms:
        label, sites = _placed(raw_label, raw_sites, num_qubits)
        name = f"the coefficient of {raw_label or 'I'} on sites {_listed(raw_sites)}"
        coefficient = _real(raw_coefficient, name)
        sums[sites, label] = sums.get((sites, label), 0.0) + coefficient
    shift = sums.pop(((), ""), 0.0)
    canonical = tuple(
        PauliTerm(label=label, sites=sites, coefficient=_real(total, f"the sum of {label} terms"))
        for (sites, label), total in sorted(sums.items())
        if total != 0.0
    )
    return canonical, _real(shift, "the energy shift")


def _placed(label: str, sites: Sequence[int], num_qubits: int) -> tuple[str, tuple[int, ...]]:
    """``label`` and ``sites`` without identities, in chain order; refuses what is no such term."""
    if not isinstance(label, str) or set(label) - set(PAULI):
        raise BadInputError(f"expected a label of the letters I, X, Y and Z, got {label!r}")
    name = f"the term {label or 'I'} on sites {_listed(sites)}"
    if len(label) != len(sites):
        raise BadInputError(f"{name} needs one letter per site; give as many sites as letters")
    for site in sites:
        if isinstance(site, bool) or not isinstance(site, int | np.integer):
            raise BadInputError(f"{name} names the site {site!r}; expected a whole number")
        if not 0 <= site < num_qubits:
            raise BadInputError(
                f"{name} names site {site}, but a chain of {num_qubits} qubits has sites "
                f"0 to {num_qubits - 1}"
            )
    if len(set(sites)) != len(sites):
        raise BadInputError(f"{name} names a site twice; multiply its letters into one")
    pairs = sorted((int(s), c) for s, c in zip(sites, label, strict=True) if c != "I")
    return "".join(c for _, c in pairs), tuple(s for s, _ in pairs)


def _real(value: complex, name: str) -> float:
    try:
        number = complex(value)
    except (TypeError, ValueError, OverflowError):
        raise BadInputError(f"{name} is {value!r}; expected a real number") from None
    if not (math.isfinite(number.real) and math.isfinite(number.imag)):
        raise BadInputError(f"{name} is {value}; expected a finite real number")
    if abs(number.imag) > _IMAGINARY_DUST * abs(number.real):
        raise BadInputError(
            f"{name} is {value}, so the operator is not Hermitian; expected a real number"
        )
    return number.real


def _listed(sites: Sequence[int]) -> str:
    return "(" + ",".join(str(site) for site in sites) + ")"
