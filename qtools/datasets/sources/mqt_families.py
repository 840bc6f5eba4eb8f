"""Sizes and keyword sweeps of the families of MQT Bench (Quetschlich et al., 2204.13719).

The sizes encode the families' own rules and the largest width at which the algorithm-level
circuit stays within about a thousand gates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Sweep = Callable[[int, np.random.Generator], dict[str, Any]]

_ENTANGLEMENTS = ("reverse_linear", "linear", "full", "pairwise", "circular", "sca")


@dataclass(frozen=True, kw_only=True)
class MqtFamily:
    """Where a family exists and which keyword arguments tell its circuits apart.

    Attributes:
        sizes: values of ``circuit_size`` to use, ascending.
        sweep: random keyword arguments for a size; None if the family has none.
        has_angles: whether free angles are bound at random, so that circuits differ without sweep.
    """

    sizes: Sequence[int]
    sweep: Sweep | None = None
    has_angles: bool = False


def _bits(n: int, rng: np.random.Generator) -> str:
    bits = rng.integers(0, 2, n)
    bits[rng.integers(0, n)] = 1
    return "".join(map(str, bits.tolist()))


def _bv(n: int, rng: np.random.Generator) -> dict[str, Any]:
    return {"hidden_string": _bits(n - 1, rng), "dynamic": bool(rng.random() < 0.2)}


def _graphstate(n: int, rng: np.random.Generator) -> dict[str, Any]:
    degrees = [degree for degree in (2, 3, 4) if degree < n and n * degree % 2 == 0]
    return {"degree": int(rng.choice(degrees)), "seed": int(rng.integers(1 << 30))}


def _ansatz(n: int, rng: np.random.Generator) -> dict[str, Any]:
    pairs = max(1, n * (n - 1) // 2)
    layouts = [name for name in _ENTANGLEMENTS if name != "full" or pairs <= 200]
    return {
        "entanglement": str(rng.choice(layouts)),
        "reps": int(rng.integers(1, max(2, min(7, 1000 // (3 * n))))),
    }


def _two_local(n: int, rng: np.random.Generator) -> dict[str, Any]:
    return {
        **_ansatz(n, rng),
        "rotation_blocks": str(rng.choice(["rx", "ry", "rz", "p"])),
        "entanglement_blocks": str(rng.choice(["cx", "cz", "crx", "cp", "rzz", "ch"])),
    }


def _qaoa(n: int, rng: np.random.Generator) -> dict[str, Any]:
    largest = max(2, min(6, 1000 // (n * (n + 3) // 4 + 1)))
    return {"repetitions": int(rng.integers(1, largest)), "seed": int(rng.integers(1 << 30))}


def _depth(low: int, high: int) -> Sweep:
    return lambda n, rng: {"depth": int(rng.integers(low, high + 1))}


def _choice(name: str, *values: Any) -> Sweep:
    return lambda n, rng: {name: values[int(rng.integers(len(values)))]}


def _iqpe(n: int, rng: np.random.Generator) -> dict[str, Any]:
    return {"exact": bool(rng.integers(2)), "seed": int(rng.integers(1 << 30))}


def _probability(n: int, rng: np.random.Generator) -> dict[str, Any]:
    return {"probability": round(float(rng.uniform(0.05, 0.95)), 6)}


def _walk(n: int, rng: np.random.Generator) -> dict[str, Any]:
    return {"depth": int(rng.integers(1, {3: 9, 4: 7, 5: 5}.get(n, 3)))}


def _adder_kind(kinds: dict[str, tuple[int, int, int]]) -> Sweep:
    """Kinds that exist at a size, given as kind -> (smallest, step)."""

    def sweep(n: int, rng: np.random.Generator) -> dict[str, Any]:
        fitting = [
            kind
            for kind, (first, step, _) in kinds.items()
            if n >= first and (n - first) % step == 0
        ]
        return {"kind": str(rng.choice(fitting))}

    return sweep


_CDKM = {"full": (4, 2, 100), "half": (4, 2, 100), "fixed": (3, 2, 100)}
_DRAPER = {"half": (3, 2, 50), "fixed": (2, 2, 50)}
_VBE = {"full": (4, 3, 100), "half": (3, 3, 100), "fixed": (2, 3, 100)}
_ALL = range(2, 101)

MQT_FAMILIES: dict[str, MqtFamily] = {
    "ae": MqtFamily(sizes=range(2, 43), sweep=_probability),
    "bmw_quark_cardinality": MqtFamily(sizes=range(2, 91), sweep=_depth(2, 4), has_angles=True),
    "bmw_quark_copula": MqtFamily(sizes=range(2, 29, 2), sweep=_depth(1, 3), has_angles=True),
    "bv": MqtFamily(sizes=_ALL, sweep=_bv),
    "cdkm_ripple_carry_adder": MqtFamily(sizes=range(3, 101), sweep=_adder_kind(_CDKM)),
    "dj": MqtFamily(sizes=_ALL, sweep=_choice("balanced", True, True, False)),
    "draper_qft_adder": MqtFamily(sizes=range(2, 51), sweep=_adder_kind(_DRAPER)),
    "dynamic_qft": MqtFamily(sizes=range(2, 45)),
    "full_adder": MqtFamily(sizes=range(4, 101, 2)),
    "ghz": MqtFamily(sizes=_ALL),
    "ghz_dynamic": MqtFamily(sizes=range(2, 6)),
    "graphstate": MqtFamily(sizes=range(3, 101), sweep=_graphstate),
    "grover": MqtFamily(sizes=range(2, 8)),
    "half_adder": MqtFamily(sizes=range(3, 52, 2)),
    "hhl": MqtFamily(sizes=range(3, 31)),
    "hrs_cumulative_multiplier": MqtFamily(sizes=(5, 9, 13, 17)),
    "iqpe": MqtFamily(sizes=range(2, 43), sweep=_iqpe),
    "modular_adder": MqtFamily(sizes=range(2, 75, 2)),
    "multiplier": MqtFamily(sizes=(4, 8, 12)),
    "qaoa": MqtFamily(sizes=range(2, 45), sweep=_qaoa, has_angles=True),
    "qft": MqtFamily(sizes=range(2, 45)),
    "qftentangled": MqtFamily(sizes=range(2, 43)),
    "qnn": MqtFamily(sizes=_ALL, has_angles=True),
    "qpeexact": MqtFamily(sizes=range(2, 43)),
    "qpeinexact": MqtFamily(sizes=range(2, 43)),
    "qwalk": MqtFamily(sizes=range(3, 7), sweep=_walk),
    "randomcircuit": MqtFamily(sizes=range(2, 18)),
    "rg_qft_multiplier": MqtFamily(sizes=(4, 8, 12)),
    "seven_qubit_steane_code": MqtFamily(sizes=(13, 26, 39, 52)),
    "shor": MqtFamily(sizes=(18,)),
    "shors_nine_qubit_code": MqtFamily(sizes=(17, 34, 51)),
    "vbe_ripple_carry_adder": MqtFamily(sizes=_ALL, sweep=_adder_kind(_VBE)),
    "vqe_real_amp": MqtFamily(sizes=_ALL, sweep=_ansatz, has_angles=True),
    "vqe_su2": MqtFamily(sizes=_ALL, sweep=_ansatz, has_angles=True),
    "vqe_two_local": MqtFamily(sizes=_ALL, sweep=_two_local, has_angles=True),
    "wstate": MqtFamily(sizes=_ALL),
}
