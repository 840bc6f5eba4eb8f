"""Hostile input is refused in one sentence; `python -m chaos.malicious` does it under limits."""

from pathlib import Path

import pytest

from chaos.malicious import ATTACKS, PROOF
from qtools.cli import run


def test_there_are_twenty_kinds() -> None:
    assert len(ATTACKS) >= 20


@pytest.mark.parametrize("kind", ATTACKS)
def test_it_is_refused_in_one_sentence(
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    arguments = ATTACKS[kind](folder)
    monkeypatch.chdir(folder)
    assert run(arguments) in (2, 4, 5)
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert "\x1b" not in said.err + said.out
    assert "Traceback" not in said.err
    assert not (folder / PROOF).exists()
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
