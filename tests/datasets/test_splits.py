"""Splits: nothing straddles, everything is repeatable, growth moves nothing."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from qtools.datasets.recipe import SplitRules
from qtools.datasets.splits import HELD_OUT_FAMILIES, HELD_OUT_SIZES, SplitKeys, assign_splits

RULES = SplitRules(validation=0.1, test=0.2, held_out_sizes=(7,), held_out_families=("rare",))
circuits = st.lists(
    st.builds(
        SplitKeys,
        structure=st.integers(0, 60).map(lambda i: f"s{i}"),
        group=st.integers(0, 60).map(lambda i: f"g{i}"),
        family=st.sampled_from(["ghz", "qft", "rare"]),
        num_qubits=st.integers(2, 9),
    ),
    max_size=40,
)


def places(found: Sequence[SplitKeys], splits: Sequence[str | None]) -> dict[str, set[str | None]]:
    where: dict[str, set[str | None]] = {}
    for circuit, split in zip(found, splits, strict=True):
        where.setdefault(circuit.structure, set()).add(split)
        where.setdefault(circuit.group, set()).add(split)
    return where


@given(circuits)
@settings(max_examples=200, deadline=None)
def test_no_structure_and_no_group_straddles(found: list[SplitKeys]) -> None:
    splits = assign_splits(found, RULES, seed=1)
    assert all(len(where) == 1 for where in places(found, splits).values())
    assert splits == assign_splits(found, RULES, seed=1)
    reversed_splits = assign_splits(found[::-1], RULES, seed=1)
    assert splits == reversed_splits[::-1]
    for circuit, split in zip(found, splits, strict=True):
        if circuit.family == "rare":
            assert split == HELD_OUT_FAMILIES
        elif circuit.num_qubits == 7:
            assert split in (HELD_OUT_SIZES, HELD_OUT_FAMILIES)


@given(circuits, circuits)
@settings(max_examples=200, deadline=None)
def test_later_circuits_follow_earlier_ones_or_are_left_out(
    old: list[SplitKeys], new: list[SplitKeys]
) -> None:
    before = assign_splits(old, RULES, seed=1)
    taken = {key: next(iter(split)) for key, split in places(old, before).items()}
    after = assign_splits(new, RULES, seed=1, taken={k: str(v) for k, v in taken.items()})
    kept = [(c, s) for c, s in zip(new, after, strict=True) if s is not None]
    both = [*zip(old, before, strict=True), *kept]
    where = places([c for c, _ in both], [s for _, s in both])
    assert all(len(found) == 1 for found in where.values())


def test_fractions_are_met_by_many_groups() -> None:
    found = [
        SplitKeys(structure=f"s{i}", group=f"g{i}", family="ghz", num_qubits=2) for i in range(4000)
    ]
    splits = assign_splits(found, RULES, seed=3)
    assert abs(splits.count("test") / 4000 - 0.2) < 0.02
    assert abs(splits.count("validation") / 4000 - 0.1) < 0.02
