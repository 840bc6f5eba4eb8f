"""Import a folder of files as one source of a corpus; every file is accounted for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from qtools import __version__
from qtools.circuits.qiskit_io import MAX_OPERATIONS
from qtools.console import Ticker
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
from qtools.datasets.shards import file_sha256
from qtools.datasets.wild.read import read_file
from qtools.errors import BadInputError, OutputExistsError
from qtools.runs.calls import Limits
from qtools.runs.campaign import (
    FOLDER,
    Campaign,
    Failure,
    Results,
    begun,
    forget,
    resumed,
)
from qtools.runs.executors import Executor
from qtools.runs.lock import holds_anything
from qtools.runs.provenance import versions
from qtools.runs.publishing import merge_and_publish, run_and_publish
from qtools.runs.sharding import WHOLE, Shard
from qtools.runs.tasks import Task, content_id
from qtools.runs.typed import typed

KIND = "import"
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


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A corpus with the source that was asked for.

    Attributes:
        manifest: of the corpus.
        before: the same import had added it already; nothing was done.
    """

    manifest: Manifest
    before: bool = False


def import_files(
    job: ImportJob,
    corpus: Path,
    *,
    executor: Executor,
    tick: Ticker,
    limits: Limits = LIMITS,
    shard: Shard = WHOLE,
) -> Imported | None:
    """Add the circuits of files to a corpus, or start a corpus with them, or find it done.

    Returns:
        The corpus; None for a shard, after which :func:`merge_import` makes one.

    Raises:
        BadInputError: no such path, no files there, or the disk refuses.
        OutputExistsError: the corpus has another source of that name, or ``corpus`` is none.
    """
    files = find_files(job.paths)
    campaign = campaign_of(job, files, limits=limits)
    finished = _finished(job, campaign, corpus)
    if finished is not None:
        return Imported(manifest=finished, before=True)
    making = partial(_publish, job, files, _open_or_new(job, corpus), corpus)
    made = run_and_publish(campaign, corpus, making, executor=executor, tick=tick, shard=shard)
    return None if made is None else Imported(manifest=made)


def merge_import(corpus: Path) -> Manifest:
    """Publish an import whose shards have all run.

    Raises:
        StoppedEarlyError: some files have not been read.
        BadInputError: records disagree or are damaged, or the files have changed.
    """
    request, _ = resumed(corpus / FOLDER)
    job = typed(ImportJob, _with_paths(request), source="the request of the import")
    files = find_files(job.paths)
    campaign = campaign_of(job, files)
    finished = _finished(job, campaign, corpus)
    if finished is not None:
        return finished
    making = partial(_publish, job, files, _open_or_new(job, corpus), corpus)
    return merge_and_publish(campaign, corpus, making)


def campaign_of(
    job: ImportJob, files: Sequence["FoundFile"], *, limits: Limits = LIMITS
) -> Campaign:
    """One task per file, named by what the file holds and is called."""
    tasks = [
        Task(
            kind="file",
            arguments={
                "label": file.label,
                "sha256": file_sha256(file.path),
                "source": job.source,
                "license": job.license,
                "qtools": __version__,
            },
        )
        for file in files
    ]
    paths = {task.id: str(file.path.absolute()) for task, file in zip(tasks, files, strict=True)}
    request = asdict(job) | {"paths": [str(path.absolute()) for path in job.paths]}
    return Campaign(
        kind=KIND,
        request=request,
        tasks=tasks,
        function=rows_of_file,
        payload=lambda task: (
            paths[task.id],
            task.arguments["label"],
            task.arguments["source"],
            task.arguments["license"],
        ),
        limits=limits,
    )


def _publish(
    job: ImportJob,
    files: Sequence["FoundFile"],
    manifest: Manifest,
    corpus: Path,
    found: Results,
) -> Manifest:
    results = _Read(found=found)
    keys: list[RowKey] = []
    rejected: list[Rejection] = []
    for number, (file, result) in enumerate(zip(files, results, strict=True)):
        keys += [RowKey.of(row, (number, i)) for i, row in enumerate(result["rows"])]
        rejected += [{**entry, "candidate": file.label} for entry in result["rejected"]]
    folder = next((path for path in job.paths if path.is_dir()), job.paths[0].parent)
    batch = Batch(
        keys=keys,
        read=results.row,
        rejected=rejected,
        name=job.source,
        license=job.license,
        origin=job.origin,
        copyright=job.copyright,
        generator="file",
        notices=copy_folder_notices(corpus, job.source, folder),
        import_id=_import_id(job, found.campaign),
    )
    return publish(corpus, manifest, [batch])


def _import_id(job: ImportJob, campaign: Campaign) -> str:
    """Content id of everything that affects what an import adds to a corpus."""
    return content_id([campaign.id, job.origin, job.copyright, job.seed])


def _finished(job: ImportJob, campaign: Campaign, corpus: Path) -> Manifest | None:
    """The corpus that holds the result of this import already; None if there is none.

    Raises:
        OutputExistsError: it holds another source of that name.
    """
    if not (corpus / FILE_NAME).exists():
        return None
    manifest = read_manifest(corpus)
    held = [entry for entry in manifest.sources if entry.name == job.source]
    if not held:
        return None
    if any(entry.import_id != _import_id(job, campaign) for entry in held):
        raise OutputExistsError(
            f"expected a new source for {corpus}, which holds one named {job.source!r} already, of "
            "other files or options; choose another --source"
        )
    state = begun(corpus / FOLDER)
    if state is not None and state["id"] == campaign.id:
        forget(corpus / FOLDER)  # a run that was killed while it tidied up
    return manifest


def _with_paths(request: Any) -> Any:
    """The request with its paths as paths."""
    if isinstance(request, dict) and isinstance(request.get("paths"), list):
        return request | {"paths": [Path(str(path)) for path in request["paths"]]}
    return request


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What became of the files, in their order."""

    found: Results

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self._of(value) for _, value in self.found)

    def row(self, place: tuple[int, int]) -> Row:
        """One row of one file."""
        row: Row = self.found.of(self.found.campaign.tasks[place[0]])[place[1]]
        return row

    def _of(self, value: Any) -> dict[str, Any]:
        if isinstance(value, Failure):
            return {"rows": [], "rejected": [asdict(value)]}
        return {"rows": value, "rejected": []}


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
                    refuse_link_out(path, file)
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


def refuse_link_out(folder: Path, file: Path) -> None:
    """Raise :class:`BadInputError` for a symbolic link that leads out of the imported folder."""
    if not file.resolve().is_relative_to(folder.resolve()):
        raise BadInputError(
            f"expected the files of {folder} to lie in it, and {file} is a link to somewhere else; "
            "remove it, or name its target as a file to import"
        )


def _open_or_new(job: ImportJob, corpus: Path) -> Manifest:
    if (corpus / FILE_NAME).exists():
        return read_manifest(corpus)
    if begun(corpus / FOLDER) is None and holds_anything(corpus):
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
