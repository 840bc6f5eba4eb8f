"""``docs/reliability.md``, made from the results of the parts."""

import json
from pathlib import Path
from typing import Any

from chaos.sections import SECTIONS, Section
from qtools.runs.files import write_text

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "chaos" / "results"
PAGE = ROOT / "docs" / "reliability.md"

_HEAD = Path(__file__).with_name("reliability_head.md")


def write_page() -> None:
    """Write the page from the results that there are."""
    records = {
        name: json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        for name in SECTIONS
        if (RESULTS / f"{name}.json").exists()
    }
    parts = [_HEAD.read_text(encoding="utf-8"), "## Measured\n"]
    parts += ["| asked | measured | command |", "|---|---|---|"]
    parts += [_line(SECTIONS[name], record) for name, record in records.items()]
    for name, record in records.items():
        parts += ["", SECTIONS[name].details(record["rows"]), _origin(record).rstrip()]
    write_text(PAGE, "\n".join(parts).rstrip() + "\n")


def _line(section: Section, record: dict[str, Any]) -> str:
    measured = section.measured(record["rows"])
    return f"| {section.asked} | {measured} | `{record['command']}` |"


def _origin(record: dict[str, Any]) -> str:
    spent = f", {record['seconds']} s" if record["seconds"] else ""
    note = f" {record['note']}" if record.get("note") else ""
    return f"`{record['command']}`{spent}; {record['machine']}.{note}\n"
