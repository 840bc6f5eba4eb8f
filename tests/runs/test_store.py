"""The store: append-only, resumable, torn lines cut, conflicts explained."""

from pathlib import Path

import pytest

from qtools.errors import BadInputError
from qtools.runs.store import Store
from qtools.runs.tasks import Task, content_id

ONE, TWO = content_id(1), content_id(2)


def test_what_is_appended_is_read_back_also_later(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with Store(path) as store:
        store.append(ONE, {"x": [1, 2]})
        store.append(TWO, None)
    with Store(path) as store:
        assert ONE in store
        assert len(store) == 2
        assert list(store.read_all([TWO, ONE])) == [None, {"x": [1, 2]}]


def test_a_finished_task_changes_no_byte_and_a_conflict_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with Store(path) as store:
        store.append(ONE, 1)
        before = path.read_bytes()
        store.append(ONE, 1)
        assert path.read_bytes() == before
        with pytest.raises(BadInputError, match="same result"):
            store.append(ONE, 2)


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "rows.jsonl"
    with Store(path) as store:
        store.append(ONE, "first")
        store.append(TWO, "second")
    path.write_bytes(path.read_bytes()[:-cut])
    with Store(path) as store:
        assert ONE in store
        assert TWO not in store
        store.append(TWO, "again")
        assert list(store.read_all([ONE, TWO])) == ["first", "again"]


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "rows.jsonl"), pytest.raises(BadInputError, match="only writer"):
        Store(tmp_path / "rows.jsonl")


def test_task_ids_name_the_content() -> None:
    a = Task(kind="k", arguments={"x": 1, "y": [1.5]})
    b = Task(kind="k", arguments={"y": [1.5], "x": 1})
    c = Task(kind="k", arguments={"y": [1.5], "x": 2})
    assert a.id == b.id != c.id
    assert len(a.id) == 32
