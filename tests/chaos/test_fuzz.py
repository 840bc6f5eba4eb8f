"""The short form of the fuzz suite; `python -m chaos.fuzz` is the long one."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.fuzz import fuzz
from chaos.inputs import read_bytes_with
from chaos.readers import READERS

FINDINGS = Path(__file__).parent / "findings"


@pytest.mark.parametrize("reader", READERS)
def test_seeds_are_read(reader: str, tmp_path: Path) -> None:
    for number, data in enumerate(READERS[reader].seeds()):
        folder = tmp_path / str(number)
        folder.mkdir()
        READERS[reader].read(folder, data)


@pytest.mark.parametrize("reader", READERS)
def test_mutated_files_are_read_or_refused(reader: str) -> None:
    found = fuzz(reader, range(12), workers=1, seconds=20.0)
    assert found.findings == {}
    assert found.results + found.refused == 12


@pytest.mark.parametrize("path", sorted(FINDINGS.glob("*/*")), ids=lambda path: path.name)
def test_what_was_found_once_stays_fixed(path: Path) -> None:
    assert read_bytes_with(path.parent.name, path.read_bytes()) in ("result", "refused")


@pytest.mark.parametrize(
    "reader", [name for name in READERS if "JSON" in name or "TOML" in name or "Open" in name]
)
@settings(max_examples=10)
@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(reader: str, text: str) -> None:
    assert read_bytes_with(reader, text.encode()) in ("result", "refused")
