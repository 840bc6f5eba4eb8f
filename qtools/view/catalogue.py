"""What lies under a directory: compilations, series, corpora, verifications, sampled circuits."""

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qtools.errors import BadInputError
from qtools.report.page import REPORT
from qtools.runs.untrusted import inside, read_json

_MOST_ENTRIES = 5000
_MOST_DEPTH = 8
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One result.

    Attributes:
        kind: what it is, such as ``compiled state``.
        path: of its directory, relative to the root, with ``/``; ``.`` for the root itself.
        file: name of the file that describes it.
        figures: name -> value, as they are shown.
        when: last change of the file, UTC.
        report: whether a report lies beside it.
    """

    kind: str
    path: str
    file: str
    figures: Mapping[str, str]
    when: str
    report: bool


def catalogue(root: Path) -> list[Entry]:
    """All results under ``root``, by path; files that cannot be read are left out."""
    found = []
    for folder in _folders(root):
        for name, recognise in _KINDS.items():
            entry = _entry(root, folder, name, recognise)
            if entry is not None:
                found.append(entry)
        if len(found) >= _MOST_ENTRIES:
            break
    return sorted(found, key=lambda entry: entry.path)


def find(root: Path, path: str, file: str) -> Entry:
    """The entry of one directory.

    Raises:
        BadInputError: there is none, or the path leads out of ``root``.
    """
    if file not in _KINDS:
        raise BadInputError(f"expected one of {', '.join(_KINDS)}, got {file[:60]!r}")
    entry = _entry(root, folder_of(root, path), file, _KINDS[file])
    if entry is None:
        raise BadInputError(f"expected a result in {path}, found none")
    return entry


def folder_of(root: Path, path: str) -> Path:
    """The directory of an entry; raises :class:`BadInputError` outside ``root``."""
    return root if path == "." else inside(root, path)


def record_of(root: Path, entry: Entry) -> Any:
    """What the file of an entry holds."""
    path = "" if entry.path == "." else f"{entry.path}/"
    return read_json(inside(root, path + entry.file), what=entry.kind, max_bytes=_MOST_BYTES)


def _folders(root: Path) -> Iterator[Path]:
    for place, folders, _ in os.walk(root):  # follows no links
        depth = len(Path(place).relative_to(root).parts)
        hidden = [name for name in folders if name.startswith(".") or name == "checkpoint"]
        folders[:] = [] if depth >= _MOST_DEPTH else sorted(set(folders) - set(hidden))
        yield Path(place)


Recognise = Callable[[Any], tuple[str, dict[str, str]] | None]


def _entry(root: Path, folder: Path, name: str, recognise: Recognise) -> Entry | None:
    relative = folder.relative_to(root).as_posix()
    try:
        file = inside(root, name if relative == "." else f"{relative}/{name}")
        if not file.is_file():
            return None
        known = recognise(read_json(file, what="result", max_bytes=_MOST_BYTES))
        changed = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
    except (BadInputError, OSError):
        return None
    if known is None:
        return None
    return Entry(
        kind=known[0],
        path=relative,
        file=name,
        figures=known[1],
        when=f"{changed:%Y-%m-%d %H:%M}",
        report=(folder / REPORT).is_file(),
    )


def _compilation(record: Any) -> tuple[str, dict[str, str]] | None:
    if not isinstance(record, dict):
        return None
    operator = "process_fidelity" in record
    fidelity = record.get("process_fidelity" if operator else "fidelity")
    if number(fidelity) is None:
        return None
    return ("compiled operator" if operator else "compiled state"), {
        "qubits": shown(record.get("num_qubits")),
        "time": shown(record.get("time")),
        "fidelity": shown(fidelity),
        "layers": shown(record.get("layers")),
        "2q depth": shown(record.get("two_qubit_depth")),
        "seconds": shown(record.get("seconds")),
    }


def _series(record: Any) -> tuple[str, dict[str, str]] | None:
    rows = [row for row in record if isinstance(row, dict)] if isinstance(record, list) else []
    found = [value for row in rows if (value := number(row.get("fidelity"))) is not None]
    if not found:
        return None
    return "series", {"circuits": str(len(rows)), "fidelity": shown(min(found))}


def _corpus(record: Any) -> tuple[str, dict[str, str]] | None:
    if not isinstance(record, dict) or not isinstance(record.get("circuits"), dict):
        return None
    counts = [number(value) or 0 for value in record["circuits"].values()]
    sources = record.get("sources")
    return "corpus", {
        "name": shown(record.get("name")),
        "circuits": shown(sum(counts)),
        "sources": str(len(sources)) if isinstance(sources, list) else "",
    }


def _verification(record: Any) -> tuple[str, dict[str, str]] | None:
    sets = record.get("sets") if isinstance(record, dict) else None
    first = sets[0] if isinstance(sets, list) and sets and isinstance(sets[0], dict) else {}
    if not isinstance(sets, list) or "novelty" not in first:
        return None
    return "verification", {"circuits": shown(first.get("circuits")), "sets": str(len(sets))}


def _samples(record: Any) -> tuple[str, dict[str, str]] | None:
    if not isinstance(record, dict) or not isinstance(record.get("circuits"), list):
        return None
    return "sampled circuits", {
        "circuits": str(len(record["circuits"])),
        "name": shown(record.get("model")),
    }


def _sweep(record: Any) -> tuple[str, dict[str, str]] | None:
    summary = record.get("summary") if isinstance(record, dict) else None
    if not isinstance(summary, dict) or number(summary.get("points")) is None:
        return None
    return "sweep", {"circuits": shown(summary["points"])}


_KINDS: dict[str, Recognise] = {
    "sweep.json": _sweep,
    "result.json": _compilation,
    "series.json": _series,
    "manifest.json": _corpus,
    "verification.json": _verification,
    "index.json": _samples,
}


def number(value: Any) -> float | None:
    """A finite number as such; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def shown(value: Any) -> str:
    """A value from a file as short text; nothing for what is no scalar."""
    found = number(value)
    if found is not None:
        return f"{found:.9g}"
    return value[:200] if isinstance(value, str) else ""
