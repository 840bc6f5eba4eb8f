"""Lattice models on an open chain or on any lattice.

All of them are::

    H = sum_(i,j) (Jx XX + Jy YY + Jz ZZ)_(i,j) + sum_i (hx X + hy Y + hz Z)_i

over the edges (i, j) and the sites i of the lattice, with Pauli matrices (not spin matrices).
``disorder`` draws, from ``seed``, one number ``u_e`` per edge in their order and then one number
``v_i`` per site, uniform in [-1, 1), and replaces::

    (Jx, Jy, Jz)_e = (Jx, Jy, Jz) * (1 + W_coupling * u_e)
    h_i            = h + W_field * v_i * (the model's field axis)

so that an edge keeps its symmetry and a lattice without a field can get a random one.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from qtools.compile.geometry.lattices import Lattice, chain, ring
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.errors import BadInputError, nearest

Components: TypeAlias = float | tuple[float, float, float]
Disorder: TypeAlias = float | tuple[float, float]


def heisenberg(
    sites: int | Lattice,
    *,
    coupling: Components = 1.0,
    field: Components = 0.0,
    disorder: Disorder = 0.0,
    seed: int = 0,
) -> ChainHamiltonian:
    """``J (XX + YY + ZZ)`` and a field; one field number is ``hz``.

    Args:
        sites: a lattice, or the length of an open chain.
        coupling: J; three numbers must be equal.
        field: hz, or (hx, hy, hz).
        disorder: W for couplings and fields alike, or (W_coupling, W_field); see the module.
        seed: of the disorder.

    Raises:
        BadInputError: for numbers that are not finite or do not fit the model.
    """
    J = _triple(coupling, "coupling", single=(1, 1, 1))
    if not J[0] == J[1] == J[2]:
        raise BadInputError(
            f"the heisenberg model has one coupling, got {_shown(J)}; use xxz or xyz for three"
        )
    return _on_lattice(sites, J, _triple(field, "field", single=(0, 0, 1)), disorder, seed, axis=2)


def xxz(
    sites: int | Lattice,
    *,
    coupling: Components = 1.0,
    field: Components = 0.0,
    disorder: Disorder = 0.0,
    seed: int = 0,
) -> ChainHamiltonian:
    """``Jx (XX + YY) + Jz ZZ`` and a field; one coupling number stands for all three.

    Arguments as in :func:`heisenberg`; ``Jx`` and ``Jy`` must be equal.
    """
    J = _triple(coupling, "coupling", single=(1, 1, 1))
    if J[0] != J[1]:
        raise BadInputError(f"the xxz model needs Jx = Jy, got {_shown(J)}; use xyz for three")
    return _on_lattice(sites, J, _triple(field, "field", single=(0, 0, 1)), disorder, seed, axis=2)


def xyz(
    sites: int | Lattice,
    *,
    coupling: Components = 1.0,
    field: Components = 0.0,
    disorder: Disorder = 0.0,
    seed: int = 0,
) -> ChainHamiltonian:
    """``Jx XX + Jy YY + Jz ZZ`` and a field; arguments as in :func:`heisenberg`."""
    J = _triple(coupling, "coupling", single=(1, 1, 1))
    return _on_lattice(sites, J, _triple(field, "field", single=(0, 0, 1)), disorder, seed, axis=2)


def tfim(
    sites: int | Lattice,
    *,
    coupling: Components = 1.0,
    field: Components = 1.0,
    disorder: Disorder = 0.0,
    seed: int = 0,
) -> ChainHamiltonian:
    """Transverse-field Ising: ``J ZZ + hx X``; one field number is ``hx``.

    Arguments as in :func:`heisenberg`; three couplings must be (0, 0, J), and three fields add a
    longitudinal one.
    """
    J = _triple(coupling, "coupling", single=(0, 0, 1))
    if J[0] or J[1]:
        raise BadInputError(f"the tfim model couples ZZ only, got {_shown(J)}; use xyz for three")
    return _on_lattice(sites, J, _triple(field, "field", single=(1, 0, 0)), disorder, seed, axis=0)


MODELS: dict[str, Callable[..., ChainHamiltonian]] = {
    "heisenberg": heisenberg,
    "xxz": xxz,
    "xyz": xyz,
    "tfim": tfim,
}


def lattice_model(
    name: str,
    sites: int | Lattice,
    *,
    coupling: Components | None = None,
    field: Components | None = None,
    disorder: Disorder = 0.0,
    seed: int = 0,
    periodic: bool = False,
) -> ChainHamiltonian:
    """The model called ``name``; ``None`` takes the model's default.

    Raises:
        BadInputError: for an unknown model, a periodic lattice that is no chain, or what the model
            refuses.
    """
    if name not in MODELS:
        raise BadInputError(
            f"unknown model {name!r}{nearest(name, MODELS)}; expected one of {', '.join(MODELS)}"
        )
    if periodic:
        if isinstance(sites, Lattice):
            raise BadInputError(
                f"only a chain can be closed, got the lattice {sites.name}; leave out periodic"
            )
        sites = ring(sites)
    given = {"coupling": coupling, "field": field}
    chosen = {key: value for key, value in given.items() if value is not None}
    return MODELS[name](sites, **chosen, disorder=disorder, seed=seed)


def _on_lattice(
    sites: int | Lattice,
    J: tuple[float, float, float],
    h: tuple[float, float, float],
    disorder: Disorder,
    seed: int,
    *,
    axis: int,
) -> ChainHamiltonian:
    if not isinstance(sites, Lattice):
        # An empty chain validates the number of sites before anything of that size is made.
        ChainHamiltonian(num_qubits=sites, terms=())
        sites = chain(sites)
    edges, num_sites = sites.edges, sites.num_sites
    couplings = np.tile(np.array(J, dtype=float), (len(edges), 1))
    fields = np.tile(np.array(h, dtype=float), (num_sites, 1))
    w_coupling, w_field = _strengths(disorder)
    if seed < 0:
        raise BadInputError(f"expected a seed of 0 or more, got {seed}")
    rng = np.random.default_rng(seed)
    couplings *= 1.0 + w_coupling * rng.uniform(-1.0, 1.0, (len(edges), 1))
    fields[:, axis] += w_field * rng.uniform(-1.0, 1.0, num_sites)
    terms: list[tuple[str, tuple[int, ...], float]] = []
    for edge, strengths in zip(edges, couplings, strict=True):
        terms += [(2 * c, edge, float(x)) for c, x in zip("XYZ", strengths, strict=True)]
    for i, site in enumerate(fields):
        terms += [(c, (i,), float(x)) for c, x in zip("XYZ", site, strict=True)]
    return ChainHamiltonian.from_terms(terms, num_qubits=num_sites)


def _triple(
    value: Components, name: str, *, single: tuple[int, int, int]
) -> tuple[float, float, float]:
    numbers = [value * s for s in single] if isinstance(value, int | float) else list(value)
    if len(numbers) != 3:
        raise BadInputError(f"expected one number or three for the {name}, got {len(numbers)}")
    if not all(math.isfinite(x) for x in numbers):
        raise BadInputError(f"expected finite numbers for the {name}, got {_shown(numbers)}")
    x, y, z = (float(number) for number in numbers)
    return x, y, z


def _strengths(disorder: Disorder) -> tuple[float, float]:
    pair = [disorder] * 2 if isinstance(disorder, int | float) else list(disorder)
    if len(pair) != 2:
        raise BadInputError(f"expected one number or two for the disorder, got {len(pair)}")
    if not all(math.isfinite(x) and x >= 0 for x in pair):
        raise BadInputError(
            f"expected disorder strengths that are finite and not negative, got {_shown(pair)}"
        )
    return float(pair[0]), float(pair[1])


def _shown(numbers: list[float] | tuple[float, ...]) -> str:
    return ",".join(f"{number:g}" for number in numbers)
