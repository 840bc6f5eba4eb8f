"""A long chain's circuit out of a short chain's: fitted where it is cheap, repeated in the bulk.

In a chain that repeats every two sites, blocks further from the ends than anything can spread in
so many layers are alike. So the problem is fitted on a chain from which the middle was cut out, as
long as its two ends do not see each other; its ends become the ends of the long chain's circuit,
and the two bonds at its centre are repeated in between. Before that the gauge of all wires has to
be fixed (:mod:`qtools.compile.starts.wire_gauge`): the wires that are joined anew do not otherwise
fit together.
"""

from dataclasses import dataclass, replace

import numpy as np

from qtools.compile.ansatz import Ansatz, circuit_terms, trotter_ansatz
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.mps import ComplexArray
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.starts.following import roughly_fitted
from qtools.compile.starts.wire_gauge import gauge_fixed
from qtools.compile.target.evolve import evolve
from qtools.errors import BadInputError

_MARGIN = 4  # sites that each half is longer than the light cone of its layers
_ITERATIONS = 300
_ATOL = 1e-12


@dataclass(frozen=True, kw_only=True)
class Shortening:
    """Which site of a short chain stands for each site of a long one.

    Attributes:
        long: sites of the long chain.
        short: sites of the short chain, as many less as an even number.
    """

    long: int
    short: int

    @property
    def half(self) -> int:
        """Sites of the left end."""
        return self.short // 2

    def __call__(self, site: int) -> int:
        """The site for a site, and the bond for a bond when given its left site."""
        removed = self.long - self.short
        if site < self.half:
            return site
        if site >= self.half + removed:
            return site - removed
        return self.half - 2 + (site - self.half) % 2


def transferred(problem: EvolutionProblem, layers: int, sitting: Sitting) -> Ansatz:
    """The long chain's circuit, fitted on a short one.

    Raises:
        BadInputError: when the chain does not repeat every two sites.
    """
    shortening = shortening_for(problem, layers)
    long = trotter_ansatz(problem, layers)
    if shortening is None:
        return long
    short = shortened(problem, shortening)
    sitting.tell(f"fitting a chain of {shortening.short} qubits")
    start = trotter_ansatz(short, layers)
    target = evolve(short, tolerance=sitting.settings.tolerance)
    found = roughly_fitted(start, target.mps, sitting, iterations=_ITERATIONS)
    return long.with_gates(repeated(gauge_fixed(found, start.gates), long, shortening))


def shortening_for(problem: EvolutionProblem, layers: int) -> Shortening | None:
    """How much shorter the chain may be; None where it is short already.

    Raises:
        BadInputError: when the chain does not repeat every two sites.
    """
    half = layers + _MARGIN + layers % 2
    short = 2 * half + problem.num_qubits % 2
    if short >= problem.num_qubits:
        return None
    shortening = Shortening(long=problem.num_qubits, short=short)
    _refuse_irregular(problem, shortening)
    return shortening


def shortened(problem: EvolutionProblem, shortening: Shortening) -> EvolutionProblem:
    """The problem without the middle of its chain."""
    removed = shortening.long - shortening.short
    terms = []
    for term in problem.hamiltonian.terms:
        first = term.sites[0]
        if first < shortening.half or first >= shortening.half + removed:
            shift = 0 if first < shortening.half else removed
            terms.append((term.label, [s - shift for s in term.sites], term.coefficient))
    short = type(problem.hamiltonian).from_terms(terms, num_qubits=shortening.short)
    kept = [*range(shortening.half), *range(shortening.half + removed, shortening.long)]
    return replace(
        problem,
        hamiltonian=replace(short, energy_shift=problem.hamiltonian.energy_shift),
        initial=InitialState(vectors=problem.initial.vectors[kept]),
    )


def repeated(short: Ansatz, long: Ansatz, shortening: Shortening) -> ComplexArray:
    """Gates for the layout of ``long``: the k-th block on a bond is the k-th on its short bond."""
    of_bond: dict[int, list[ComplexArray]] = {}
    for bond, gate in zip(short.bonds, short.gates, strict=True):
        of_bond.setdefault(bond, []).append(gate)
    visits = dict.fromkeys(long.bonds, 0)
    gates = []
    for bond in long.bonds:
        gates.append(of_bond[shortening(bond)][visits[bond]])
        visits[bond] += 1
    return np.array(gates)


def _refuse_irregular(problem: EvolutionProblem, shortening: Shortening) -> None:
    """Raise unless the short chain, its centre repeated, is the long one."""
    wrong = BadInputError(
        "a short chain can stand for a long one only where Hamiltonian and initial state repeat "
        "every two sites; use the trotter start"
    )
    initial, terms = problem.initial, circuit_terms(problem)
    if initial.preparation or not terms.is_chain or len(terms.pairs) != problem.num_qubits - 1:
        raise wrong
    bonds = terms.matrices
    stand_ins = [shortening(site) for site in range(shortening.long)]
    places = [_place(stand_in, shortening) for stand_in in stand_ins]
    if not np.allclose(initial.vectors, initial.vectors[places], rtol=0.0, atol=_ATOL):
        raise wrong
    if not np.allclose(bonds, bonds[places[:-1]], rtol=0.0, atol=_ATOL):
        raise wrong


def _place(short_site: int, shortening: Shortening) -> int:
    """Where a site of the short chain lies in the long one."""
    removed = shortening.long - shortening.short
    return short_site if short_site < shortening.half else short_site + removed
