"""The store: append-only, resumable, damage cut out, conflicts explained."""

from pathlib import Path

import pytest

from qtools.errors import BadInputError
from qtools.runs.store import Records, Store
from qtools.runs.tasks import Task, content_id

ONE, TWO, THREE = content_id(1), content_id(2), content_id(3)


def test_what_is_appended_is_read_back_also_later(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with Store(path) as store:
        store.append(ONE, {"x": [1, 2]}, cost={"seconds": 1.5})
        store.append(TWO, None)
    with Store(path) as store:
        assert ONE in store
        assert len(store) == 2
        assert list(store.read_all([TWO, ONE])) == [None, {"x": [1, 2]}]
        assert store.cost(ONE) == {"seconds": 1.5}
    assert list(Records([path, tmp_path / "absent.jsonl"])) == [ONE, TWO]


def test_a_finished_task_changes_no_byte_and_a_conflict_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with Store(path) as store:
        store.append(ONE, 1)
        before = path.read_bytes()
        store.append(ONE, 1, cost={"seconds": 3.0})
        assert path.read_bytes() == before
        with pytest.raises(BadInputError, match="one result per task"):
            store.append(ONE, 2)


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "rows.jsonl"
    with Store(path) as store:
        store.append(ONE, "first")
        store.append(TWO, "second")
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(Records([path])) == [ONE]
    with Store(path) as store:
        assert ONE in store
        assert TWO not in store
        store.append(TWO, "again")
        assert list(store.read_all([ONE, TWO])) == ["first", "again"]


def test_damage_anywhere_costs_the_damaged_line_only(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    with Store(whole) as store:
        for task_id, value in ((ONE, "first"), (TWO, "second"), (THREE, "third")):
            store.append(task_id, value)
    data = whole.read_bytes()
    ends = [place for place, byte in enumerate(data) if byte == ord("\n")]
    path = tmp_path / "damaged.jsonl"
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        records = Records([path])
        hurt = sum(end < place for end in ends)
        # A newline that is lost makes one line of two.
        lost = {hurt, hurt + 1} if place in ends else {hurt}
        assert set(records) == {t for i, t in enumerate((ONE, TWO, THREE)) if i not in lost}


def test_equal_duplicates_count_once_and_others_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.jsonl" for name in "abc"]
    for path, value in zip(paths, (1, 1, 2), strict=True):
        with Store(path) as store:
            store.append(ONE, value, cost={"seconds": float(len(path.name))})
    assert len(Records(paths[:2])) == 1
    doubled = tmp_path / "doubled.jsonl"
    doubled.write_bytes(paths[0].read_bytes() * 2)
    assert len(Records([doubled])) == 1
    with pytest.raises(BadInputError, match="hold different ones"):
        Records(paths)


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "rows.jsonl"), pytest.raises(BadInputError, match="only writer"):
        Store(tmp_path / "rows.jsonl")


def test_task_ids_name_the_content() -> None:
    a = Task(kind="k", arguments={"x": 1, "y": [1.5]})
    b = Task(kind="k", arguments={"y": [1.5], "x": 1})
    c = Task(kind="k", arguments={"y": [1.5], "x": 2})
    assert a.id == b.id != c.id
    assert len(a.id) == 32
