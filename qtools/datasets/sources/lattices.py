"""Bonds of small lattices, coloured so that bonds of one colour share no site."""

from typing import Literal, get_args

LatticeName = Literal["chain", "ring", "ladder", "grid", "triangular", "heavy_hex_row"]
LATTICES: tuple[LatticeName, ...] = get_args(LatticeName)

Bond = tuple[int, int]


def bonds(lattice: LatticeName, num_sites: int) -> list[Bond]:
    """Bonds of the lattice, lower site first.

    Sites of ladder, grid and triangular are numbered along rows of length 2, or of the largest
    divisor of ``num_sites`` that is at most its square root; a prime number of sites gives a chain.
    """
    chain = [(site, site + 1) for site in range(num_sites - 1)]
    if lattice == "chain":
        return chain
    if lattice == "ring":
        return chain + ([(0, num_sites - 1)] if num_sites > 2 else [])
    if lattice == "heavy_hex_row":
        return _heavy_hex_row(num_sites)
    width = 2 if lattice == "ladder" else _row_length(num_sites)
    found = [(site, site + 1) for site in range(num_sites - 1) if (site + 1) % width]
    found += [(site, site + width) for site in range(num_sites - width)]
    if lattice == "triangular":
        found += [
            (site, site + width + 1) for site in range(num_sites - width - 1) if (site + 1) % width
        ]
    return sorted(set(found))


def _row_length(num_sites: int) -> int:
    fitting = [width for width in range(1, int(num_sites**0.5) + 1) if num_sites % width == 0]
    return fitting[-1]


def _heavy_hex_row(num_sites: int) -> list[Bond]:
    """A chain with a pendant site at every fourth site: one row of a heavy-hexagonal lattice."""
    found, last, next_site, place = [], 0, 1, 0
    while next_site < num_sites:
        found.append((last, next_site))
        place += 1
        last, next_site = next_site, next_site + 1
        if place % 4 == 2 and next_site < num_sites:
            found.append((last, next_site))
            next_site += 1
    return found


def coloured(all_bonds: list[Bond]) -> list[list[Bond]]:
    """Bonds grouped greedily so that no two of a group share a site."""
    groups: list[list[Bond]] = []
    for bond in all_bonds:
        for group in groups:
            if not any(set(bond) & set(other) for other in group):
                group.append(bond)
                break
        else:
            groups.append([bond])
    return groups
