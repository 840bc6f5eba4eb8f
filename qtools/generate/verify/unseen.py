"""Sizes never seen: does the model write the one circuit of a family at a new width?

For families with one circuit per size, a circuit asked for by name at a held-out size is either
exactly that circuit, up to qubit relabelling and commuting reorder, or it is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qtools.circuits.normal import NormalCircuit
from qtools.generate.grammar.request import Request
from qtools.generate.language.rows import decode_rows
from qtools.generate.sampling.draw import Temper
from qtools.generate.sampling.generator import CircuitGenerator
from qtools.generate.verify.novelty import fingerprint
from qtools.generate.verify.statistics import Rate

#: Families that MQT Bench draws from a seed of its own: one circuit per size, but nothing in other
#: sizes says which. They are counted apart.
SEEDED = frozenset({"qpeexact", "qpeinexact", "randomcircuit"})
#: Nearly greedy: the likeliest continuation is what the model means.
_GREEDY = Temper(temperature=1.0, top_p=1e-6)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A held-out circuit of a family with one circuit per size."""

    family: str
    gate_set: str
    level: str
    circuit: NormalCircuit


@dataclass(frozen=True, kw_only=True)
class UnseenReport:
    """Circuits written exactly right.

    Attributes:
        exact: over all that were asked for and follow from their size.
        seeded: over those of :data:`SEEDED`.
        by_family: per family.
    """

    exact: Rate
    seeded: Rate
    by_family: dict[str, Rate]


def verify_unseen(generator: CircuitGenerator, asked: Sequence[Asked]) -> UnseenReport:
    """Ask for each circuit by family, gate set, level and width, and compare.

    Circuits are asked for one by one in meaning and sampled together.
    """
    table = generator.pretrained.table
    orders = []
    for place, target in enumerate(asked):
        width = target.circuit.num_qubits
        request = Request(
            family=target.family,
            gate_set=target.gate_set,
            level=target.level,
            num_qubits=(width, width),
        )
        orders += [replace(order, index=place) for order in table.orders(request, [0], seed=0)]
    hits: dict[str, list[bool]] = {}
    for drawn in generator.draw(orders, seed=0, temper=_GREEDY):
        target = asked[drawn.index]
        right = fingerprint(decode_rows(drawn.rows)) == fingerprint(target.circuit)
        hits.setdefault(target.family, []).append(right)
    rates = {name: Rate(count=sum(h), total=len(h)) for name, h in sorted(hits.items())}
    return UnseenReport(
        exact=_total(rate for name, rate in rates.items() if name not in SEEDED),
        seeded=_total(rate for name, rate in rates.items() if name in SEEDED),
        by_family=rates,
    )


def _total(rates: Iterable[Rate]) -> Rate:
    known = list(rates)
    return Rate(count=sum(rate.count for rate in known), total=sum(rate.total for rate in known))
