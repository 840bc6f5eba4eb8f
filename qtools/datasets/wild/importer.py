"""Import a folder of files as one source of a corpus; every file is accounted for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtools.circuits.qiskit_io import MAX_OPERATIONS
from qtools.console import Ticker, counting
from qtools.datasets.generate import check_bounds
from qtools.datasets.levels import UNIVERSAL
from qtools.datasets.manifest import FILE_NAME, Manifest, read_manifest
from qtools.datasets.notices import copy_folder_notices
from qtools.datasets.publish import (
    UNKNOWN_LICENSE,
    Batch,
    Rejection,
    RowKey,
    publish,
    split_rules_json,
)
from qtools.datasets.recipe import SplitRules
from qtools.datasets.rows import Provenance, Row, make_row
from qtools.datasets.wild.read import read_file
from qtools.errors import BadInputError, OutputExistsError
from qtools.runs.executors import Ending, Executor, Limits, run_all
from qtools.runs.provenance import versions

SUFFIXES = (".qasm", ".qasm2", ".qasm3", ".qpy")
LIMITS = Limits(seconds=60.0, memory_bytes=2 << 30)
MAX_QUBITS = 10_000
_SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,40}")
# Benchmark suites name files after algorithm, size and form: adder_n4_transpiled.
_FILE_NAME = re.compile(r"(?P<name>(?P<family>.+?)(?:_n\d+)?)(?:_transpiled)?")


@dataclass(frozen=True, kw_only=True)
class ImportJob:
    """What to import and as what.

    Attributes:
        paths: files and folders; folders are searched for :data:`SUFFIXES`.
        source: name of the source, of small letters, digits and underscores.
        license: SPDX identifier, or ``unknown``, which keeps the circuits out of releases.
        origin, copyright: for the notices.
        seed: of the split, if the corpus is new.
    """

    paths: tuple[Path, ...]
    source: str
    license: str
    origin: str = ""
    copyright: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if not _SOURCE_NAME.fullmatch(self.source):
            raise BadInputError(
                "expected a source name of small letters, digits and underscores, got "
                f"{self.source!r}"
            )
        if not re.fullmatch(r"[A-Za-z0-9.+-]+", self.license):
            raise BadInputError(
                f"expected an SPDX licence identifier such as BSD-3-Clause, or "
                f"{UNKNOWN_LICENSE!r}, got {self.license!r}"
            )


def import_files(
    job: ImportJob, corpus: Path, *, executor: Executor, tick: Ticker, limits: Limits = LIMITS
) -> Manifest:
    """Add the circuits of files to a corpus, or start a corpus with them.

    Raises:
        BadInputError: no such path, no files there, or the disk refuses.
        OutputExistsError: the corpus has a source of that name, or ``corpus`` is none.
    """
    manifest = _open_or_new(job, corpus)
    files = find_files(job.paths)
    results = _read_all(job, files, executor, limits, tick)
    keys: list[RowKey] = []
    rejected: list[Rejection] = []
    for number, (file, result) in enumerate(zip(files, results, strict=True)):
        keys += [RowKey.of(row, (number, i)) for i, row in enumerate(result["rows"])]
        rejected += [{**entry, "candidate": file.label} for entry in result["rejected"]]
    folder = next((path for path in job.paths if path.is_dir()), job.paths[0].parent)
    batch = Batch(
        keys=keys,
        read=lambda place: results[place[0]]["rows"][place[1]],
        rejected=rejected,
        name=job.source,
        license=job.license,
        origin=job.origin,
        copyright=job.copyright,
        generator="file",
        notices=copy_folder_notices(corpus, job.source, folder),
    )
    return publish(corpus, manifest, [batch])


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """A file to import and what to call it: its path below the folder it was found in."""

    path: Path
    label: str


def find_files(paths: Iterable[Path]) -> list[FoundFile]:
    """All files to import, sorted, each once.

    Raises:
        BadInputError: a path that does not exist, or no files at all.
    """
    found: dict[Path, FoundFile] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.suffix.lower() in SUFFIXES and file.is_file():
                    label = file.relative_to(path).as_posix()
                    found.setdefault(file.resolve(), FoundFile(path=file, label=label))
        elif path.is_file():
            found.setdefault(path.resolve(), FoundFile(path=path, label=path.name))
        else:
            raise BadInputError(f"expected a file or folder to import, and {path} does not exist")
    if not found:
        raise BadInputError(
            f"expected files ending in {', '.join(SUFFIXES)} in "
            f"{', '.join(map(str, paths))}, found none"
        )
    return sorted(found.values(), key=lambda file: (file.label, str(file.path)))


def _open_or_new(job: ImportJob, corpus: Path) -> Manifest:
    if (corpus / FILE_NAME).exists():
        manifest = read_manifest(corpus)
        if any(entry.name == job.source for entry in manifest.sources):
            raise OutputExistsError(
                f"expected a new source for {corpus}, which holds one named {job.source!r} "
                "already; choose another --source"
            )
        return manifest
    if corpus.exists() and (not corpus.is_dir() or any(corpus.iterdir())):
        raise OutputExistsError(
            f"expected {corpus} to be a corpus or an empty directory, and it holds other files; "
            "choose another --out"
        )
    return Manifest(
        name=job.source,
        seed=job.seed,
        recipe=None,
        recipe_id="",
        versions=versions("qiskit", "pyarrow", "numpy", "rustworkx"),
        splits=split_rules_json(SplitRules()),
    )


def _read_all(
    job: ImportJob,
    files: Sequence[FoundFile],
    executor: Executor,
    limits: Limits,
    tick: Ticker,
) -> list[dict[str, Any]]:
    arguments = [(str(file.path), file.label, job.source, job.license) for file in files]
    results: list[dict[str, Any]] = [{} for _ in files]
    show = counting(tick, len(files), "files")
    outcomes = run_all(rows_of_file, arguments, executor=executor, limits=limits)
    for done, outcome in enumerate(outcomes, start=1):
        if outcome.ending is Ending.DONE and outcome.value is not None:
            results[outcome.index] = {"rows": outcome.value, "rejected": []}
        else:
            entry = {"reason": outcome.reason, "message": outcome.message}
            results[outcome.index] = {"rows": [], "rejected": [entry]}
        show(done)
    return results


def rows_of_file(argument: tuple[str, str, str, str]) -> list[Row]:
    """Rows of one file, given as (path, label, source, licence).

    Raises:
        UnsupportedCircuitError: the whole file is quarantined, with a reason.
    """
    path, label, source, license_ = argument
    match = _FILE_NAME.fullmatch(Path(label).stem)
    family, name = (match["family"], match["name"]) if match else (label, label)
    rows = []
    for number, reading in enumerate(read_file(Path(path))):
        check_bounds(reading.circuit, min_qubits=1, max_qubits=MAX_QUBITS, max_gates=MAX_OPERATIONS)
        provenance = Provenance(
            source=source,
            license=license_,
            family=family,
            parameters={"name": name, "circuit": number},
            level="file",
            gate_set=UNIVERSAL,
            generator="file",
            repairs=reading.repairs,
            path=label,
        )
        rows.append(make_row(reading.circuit, provenance))
    return rows
