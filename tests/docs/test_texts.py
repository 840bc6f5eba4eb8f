"""README and documentation: commands are real, figures have a file, links lead somewhere."""

import json
import re
from pathlib import Path

import pytest

from tests.command_lines import check, lines_in_markdown

ROOT = Path(__file__).parents[2]
TEXTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "_build" not in path.parts and path.name != "measurements.md"
)
RESULTS = ROOT / "benchmarks" / "results"


def of_repository(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEXTS, ids=of_repository)
def test_every_command_exists_with_its_options(path):
    for line in lines_in_markdown(path.read_text(encoding="utf-8")):
        check(line)


@pytest.mark.parametrize("path", TEXTS, ids=of_repository)
def test_links_lead_to_files(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        generated = target == "measurements.md"
        if not re.match(r"[a-z]+:", target) and not generated:
            assert (path.parent / target).exists(), f"{target} is not there"


def test_the_architecture_names_files_that_exist():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_/]+(?:\.py|/))`", text))
    assert len(named) > 20
    folders = [
        ROOT / name for name in ("qtools", "examples", "docs", "chaos", "benchmarks", "tests")
    ]
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    places = {path.relative_to(ROOT).as_posix() for path in paths}
    places |= {f"{place}/" for place in places}
    missing = [name for name in named if not any(f"/{p}".endswith(f"/{name}") for p in places)]
    assert missing == []


def speed_rows():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## How good, how fast")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:2] == "| "]
    return [row for row in rows if len(row) == 3 and "`" in row[2]]


def numbers_in(value):
    """All numbers in JSON values."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers_in(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def test_the_readme_has_a_table_of_figures():
    assert len(speed_rows()) >= 5


@pytest.mark.parametrize("row", speed_rows(), ids=lambda row: row[0][:40])
def test_every_figure_of_the_readme_is_in_its_benchmark_file(row):
    name = row[2].split("`")[1]
    text = (RESULTS / f"{name}.md").read_text(encoding="utf-8")
    held = [*numbers_in(json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")))]
    held += [float(found) for found in re.findall(r"(?<![\w.])\d+\.?\d*(?:e-?\d+)?", text)]
    for shown in re.findall(r"\d+(?:\.\d+)?", row[1].replace(",", "").split(" (")[0]):
        digits = len(shown.split(".")[1]) if "." in shown else 0
        # Zeros at the end of a whole number above a thousand are no digits.
        zeros = len(shown) - len(shown.rstrip("0")) if digits == 0 and len(shown) > 4 else 0
        near = [
            value for value in held if abs(value - float(shown)) <= 0.5 * 10 ** (zeros - digits)
        ]
        assert near, f"{shown} is not there"
