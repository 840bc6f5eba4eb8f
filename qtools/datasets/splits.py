"""Splits without leaks: circuits that share a structure or an instance stay together."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qtools.datasets.recipe import SplitRules

TRAIN, VALIDATION, TEST = "train", "validation", "test"
HELD_OUT_SIZES, HELD_OUT_FAMILIES = "held_out_sizes", "held_out_families"
SPLITS = (TRAIN, VALIDATION, TEST, HELD_OUT_SIZES, HELD_OUT_FAMILIES)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitKeys:
    """What decides the split of one circuit.

    Attributes:
        structure: fingerprint without angles: near-duplicates share it.
        group: id of (source, family, parameters): all levels and angles of an instance share it.
        family, num_qubits: for the held-out splits.
    """

    structure: str
    group: str
    family: str
    num_qubits: int


def assign_splits(
    circuits: Sequence[SplitKeys],
    rules: SplitRules,
    *,
    seed: int,
    taken: Mapping[str, str] | None = None,
) -> list[str | None]:
    """The split of every circuit.

    Circuits connected through a shared structure or group, directly or by others, form a
    component; a component goes to one split as a whole. It is held out if one of its families or
    sizes is, and otherwise placed by a hash of its smallest key with the seed, so that the split
    does not depend on what else is in the corpus.

    Args:
        circuits: the new circuits.
        rules: fractions and what is held out.
        seed: of the split.
        taken: structures and groups of circuits already in the corpus -> their split; components
            that hold one follow it.

    Returns:
        Split names; None for components tied to two splits that exist already, which would leak.
    """
    taken = taken or {}
    root_of = _components(circuits)
    members: dict[str, list[SplitKeys]] = {}
    for circuit in circuits:
        members.setdefault(root_of[circuit.structure], []).append(circuit)
    placed = {
        root: _place(component, rules, seed=seed, taken=taken)
        for root, component in members.items()
    }
    return [placed[root_of[circuit.structure]] for circuit in circuits]


def _components(circuits: Iterable[SplitKeys]) -> dict[str, str]:
    """Key -> representative of its component (union-find over structures and groups)."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for circuit in circuits:
        parent[root(circuit.group)] = root(circuit.structure)
    return {key: root(key) for key in list(parent)}


def _place(
    component: list[SplitKeys], rules: SplitRules, *, seed: int, taken: Mapping[str, str]
) -> str | None:
    keys = {circuit.structure for circuit in component} | {circuit.group for circuit in component}
    existing = {taken[key] for key in keys if key in taken}
    if existing:
        return existing.pop() if len(existing) == 1 else None
    if any(circuit.family in rules.held_out_families for circuit in component):
        return HELD_OUT_FAMILIES
    if any(circuit.num_qubits in rules.held_out_sizes for circuit in component):
        return HELD_OUT_SIZES
    place = _uniform(f"{seed}/{min(keys)}")
    if place < rules.test:
        return TEST
    return VALIDATION if place < rules.test + rules.validation else TRAIN


def _uniform(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / (1 << 56)
