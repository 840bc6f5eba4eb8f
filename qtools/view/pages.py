"""The pages of the viewer: all results, one of them, two of them side by side."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from qtools.errors import BadInputError
from qtools.report.figures.axes import Axis
from qtools.report.figures.curves import Curve, curves
from qtools.report.page import REPORT, Block, Figure, Page, Section, Table
from qtools.runs.untrusted import inside, parse_json, read_text
from qtools.view.catalogue import Entry, number, record_of, shown

_COLUMNS = ("name", "qubits", "time", "fidelity", "layers", "2q depth", "circuits", "seconds")
_MOST_LEAVES = 2000
_MOST_COMPARED = 200


def catalogue_page(root: Path, entries: Sequence[Entry]) -> Page:
    """All results as one table to filter and sort."""
    kinds = sorted({entry.kind for entry in entries})
    table = Table(
        columns=("result", "kind", *_COLUMNS, "changed (UTC)"),
        rows=tuple(
            (
                entry.path,
                entry.kind,
                *(entry.figures.get(name, "") for name in _COLUMNS),
                entry.when,
            )
            for entry in entries
        ),
        links=tuple(_entry_link(entry) for entry in entries),
        caption="Results; words in the filter must all occur in a row",
        searchable=True,
    )
    nothing = "Nothing yet. Commands write results to the directory that --out names."
    return Page(
        kind="view",
        title=root.resolve().name or str(root),
        lead=f"{len(entries)} results: {', '.join(kinds)}." if entries else nothing,
        sections=(Section(title="Results", blocks=(table,) if entries else ()),),
    )


def entry_page(root: Path, entry: Entry, others: Sequence[Entry]) -> Page:
    """One result: its files, what it says, and what it can be compared with."""
    same = [o for o in others if o.kind == entry.kind and o.path != entry.path][:_MOST_COMPARED]
    return Page(
        kind=entry.kind,
        title=entry.path,
        lead=f"Last changed {entry.when} UTC.",
        sections=(
            Section(title="Files", blocks=(_files(root, entry),)),
            Section(title="Compare with", blocks=(_candidates(entry, same),) if same else ()),
            Section(title="What it says", blocks=(_leaves_table(record_of(root, entry)),)),
        ),
    )


def comparison_page(root: Path, first: Entry, second: Entry) -> Page:
    """Two results side by side; what differs comes first."""
    a, b = _leaves(record_of(root, first)), _leaves(record_of(root, second))
    names = list(dict.fromkeys([*a, *b]))
    rows = [(name, a.get(name, "–"), b.get(name, "–")) for name in names]
    columns = ("", f"1: {first.path}", f"2: {second.path}")
    differing = tuple(row for row in rows if row[1] != row[2])
    equal = tuple(row for row in rows if row[1] == row[2])
    blocks: list[Block] = [*_convergence(root, first, second)]
    if differing:
        blocks.append(
            Table(columns=columns, rows=differing, caption="What differs", searchable=True)
        )
    same = Table(columns=columns, rows=equal, caption="What is equal", searchable=True)
    return Page(
        kind="comparison",
        title=f"{first.path} and {second.path}",
        lead=f"{len(differing)} values differ, {len(equal)} are equal.",
        sections=(
            Section(title="What differs", blocks=tuple(blocks)),
            Section(title="What is equal", blocks=(same,) if equal else ()),
        ),
    )


def file_link(path: str, name: str) -> str:
    """The address of a file under the root."""
    return "/files/" + quote(name if path == "." else f"{path}/{name}")


def _entry_link(entry: Entry) -> str:
    return "/entry?" + urlencode({"path": entry.path, "file": entry.file})


def _files(root: Path, entry: Entry) -> Table:
    folder = root if entry.path == "." else inside(root, entry.path)
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    files.sort(key=lambda path: path.name != REPORT)
    kept = files[:_MOST_COMPARED]
    return Table(
        columns=("file", "bytes"),
        rows=tuple((path.name, f"{path.stat().st_size:,}") for path in kept),
        links=tuple(file_link(entry.path, path.name) for path in kept),
        caption="Files of the result",
    )


def _candidates(entry: Entry, same: Sequence[Entry]) -> Table:
    def link(other: Entry) -> str:
        first = {"first": entry.path, "first_file": entry.file}
        second = {"second": other.path, "second_file": other.file}
        return "/compare?" + urlencode(first | second)

    return Table(
        columns=("result", "figures"),
        rows=tuple(
            (o.path, ", ".join(f"{k} {v}" for k, v in o.figures.items() if v)) for o in same
        ),
        links=tuple(map(link, same)),
        caption="Other results of this kind",
        searchable=len(same) > 8,
    )


def _leaves_table(record: Any) -> Table:
    rows = tuple(_leaves(record).items())
    return Table(columns=("", "value"), rows=rows, caption="Every value", searchable=True)


def _leaves(record: Any) -> dict[str, str]:
    """Dotted name -> text of every scalar, in order, up to a limit."""
    found: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [("", record)]
    while waiting and len(found) < _MOST_LEAVES:
        name, value = waiting.pop(0)
        if isinstance(value, Mapping):
            waiting[:0] = [(f"{name}.{key}" if name else str(key), v) for key, v in value.items()]
        elif isinstance(value, list):
            if len(value) > 8 and all(number(v) is not None for v in value):
                found[name] = f"{len(value)} numbers, {shown(value[0])} to {shown(value[-1])}"
            else:
                waiting[:0] = [(f"{name}[{i}]", v) for i, v in enumerate(value[:_MOST_LEAVES])]
        else:
            found[name[:200]] = str(value)[:200] if isinstance(value, bool) else shown(value)
    return found


def _convergence(root: Path, first: Entry, second: Entry) -> Iterator[Figure]:
    drawn = [
        Curve(name=f"{place}: {entry.path}"[:40], x=x, y=y, tone=place - 1, dashed=place == 2)
        for place, entry in enumerate((first, second), start=1)
        for x, y in [_history(root, entry)]
        if x
    ]
    if len(drawn) == 2:
        last = [curve.y[-1] for curve in drawn]
        yield curves(
            drawn,
            x=Axis(label="iteration"),
            y=Axis(label="infidelity 1 − F", log=True),
            title="Infidelity against iteration",
            caption="Of both optimisations.",
            alternative=f"They end at {last[0]:.2e} and {last[1]:.2e}",
            table=False,
        )


def _history(root: Path, entry: Entry) -> tuple[list[float], list[float]]:
    folder = "" if entry.path == "." else f"{entry.path}/"
    try:
        text = read_text(inside(root, f"{folder}history.jsonl"), what="history")
        rows = [parse_json(line, source="a history") for line in text.splitlines()]
    except BadInputError:
        return [], []
    pairs = [
        (number(row.get("iteration")), number(row.get("infidelity")))
        for row in rows
        if isinstance(row, dict)
    ]
    kept = [(x, y) for x, y in pairs if x is not None and y is not None and y > 0]
    return [x for x, _ in kept], [y for _, y in kept]
