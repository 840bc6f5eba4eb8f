"""The grid of a sweep: a ``problem.toml`` whose table ``[sweep]`` lists what varies.

::

    observables = ["Z:3"]            # measured at every point; may be left out
    [hamiltonian]                    # what does not vary, as in problem.toml
    coupling = -0.25
    [evolution]
    initial = "neel"
    [sweep]                          # every combination of these values, the last varying fastest
    hamiltonian.model = ["heisenberg", "tfim"]
    hamiltonian.sites = [20, 50]
    evolution.time = [0.4, 0.8, 1.2] # or "0.4:1.2:0.4"
    ansatz.layers = [3, 5]

Files that a grid names are relative to it; their content is part of a point's id.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from qtools.compile.inputs.hamlib import SEPARATOR
from qtools.compile.inputs.problem_file import CompileRequest, problem_request
from qtools.compile.series import parse_times
from qtools.compile.target.observables import read_observables
from qtools.errors import BadInputError
from qtools.runs.tasks import Task
from qtools.runs.untrusted import read_toml

KIND = "compile"
_SWEEP, _OBSERVABLES = "sweep", "observables"
_MOST_POINTS = 1_000_000

Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A sweep as it was asked for; make it with :func:`read_grid` or :meth:`from_json`.

    Attributes:
        tables: of ``problem.toml``, what does not vary.
        axes: ``table.key`` -> its values, in the order of the file.
        observables: measured at every point.
        directory: where files that it names are looked for.
        files: SHA-256 of every file that it names, by name.
    """

    tables: Tables
    axes: Mapping[str, tuple[Any, ...]]
    observables: tuple[str, ...] = ()
    directory: Path = field(default=Path(), compare=False)
    files: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return math.prod(len(values) for values in self.axes.values())

    def points(self) -> Iterator[Tables]:
        """Tables of every point."""
        for values in product(*self.axes.values()):
            tables = {name: dict(keys) for name, keys in self.tables.items()}
            for axis, value in zip(self.axes, values, strict=True):
                table, key = axis.split(".")
                tables.setdefault(table, {})[key] = value
            yield tables

    def varied(self, tables: Tables) -> dict[str, Any]:
        """The values of the axes at a point."""
        return {axis: tables[axis.split(".")[0]][axis.split(".")[1]] for axis in self.axes}

    def tasks(self) -> list[Task]:
        """One task per point."""
        more = {"observables": list(self.observables), "files": dict(self.files)}
        return [Task(kind=KIND, arguments={"point": p, **more}) for p in self.points()]

    def refuse_wrong_points(self) -> None:
        """Check the request of every point.

        Raises:
            BadInputError, UsageError: the first one that makes no sense, with its place.
        """
        for tables in self.points():
            request_of(tables, self.directory)

    def as_json(self) -> dict[str, Any]:
        """JSON values from which :meth:`from_json` makes the grid again."""
        return {
            "tables": self.tables,
            "axes": {axis: list(values) for axis, values in self.axes.items()},
            "observables": list(self.observables),
            "directory": str(self.directory.absolute()),
            "files": dict(self.files),
        }

    @classmethod
    def from_json(cls, record: Any) -> "Grid":
        """The grid of :meth:`as_json`.

        Raises:
            BadInputError: for anything else.
        """
        try:
            return cls(
                tables={str(name): dict(keys) for name, keys in record["tables"].items()},
                axes={str(axis): tuple(values) for axis, values in record["axes"].items()},
                observables=tuple(map(str, record["observables"])),
                directory=Path(record["directory"]),
                files=dict(record["files"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInputError(f"expected the grid of a sweep, got other JSON ({error})") from None


def request_of(tables: Mapping[str, Any], directory: Path) -> CompileRequest:
    """The request at a point; values of the wrong type are refused."""
    return problem_request(tables, directory / "grid.toml")


def read_grid(path: Path) -> Grid:
    """The grid in a TOML file.

    Raises:
        BadInputError: the file cannot be read, is no grid, or names a file that cannot be read.
    """
    tables = read_toml(path, what="grid")
    sweep = tables.pop(_SWEEP, {})
    observables = tables.pop(_OBSERVABLES, [])
    if not isinstance(observables, list) or not all(isinstance(o, str) for o in observables):
        raise BadInputError(f"{path}: observables should be a list of texts, got {observables!r}")
    for name, keys in tables.items():
        if not isinstance(keys, dict):
            raise BadInputError(f"{path}: expected a table [{name}], got {keys!r}")
    axes = dict(_axes(path, sweep))
    count = math.prod(len(values) for values in axes.values())
    if count > _MOST_POINTS:
        raise BadInputError(f"{path} has {count} points; expected at most {_MOST_POINTS}")
    measured = tuple(str(observable) for observable in read_observables(observables))
    grid = Grid(tables=tables, axes=axes, observables=measured, directory=path.parent)
    # Tables and keys are checked before anything reads their values.
    grid.refuse_wrong_points()
    return Grid(
        tables=tables,
        axes=axes,
        observables=measured,
        directory=path.parent,
        files=_digests(grid),
    )


def _axes(path: Path, sweep: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    wrong = BadInputError(
        f"{path}: expected [sweep] to list what varies, such as evolution.time = [0.4, 0.8]"
    )
    if not isinstance(sweep, dict) or not sweep:
        raise wrong
    for table, keys in sweep.items():
        if not isinstance(keys, dict):
            raise wrong
        for key, values in keys.items():
            if (table, key) == ("evolution", "time") and isinstance(values, str):
                values = list(parse_times(values))
            if not isinstance(values, list) or not values or "." in table + key:
                raise BadInputError(
                    f"{path}: {table}.{key} in [sweep] should be a list of values, got {values!r}"
                )
            yield f"{table}.{key}", tuple(values)


def _digests(grid: Grid) -> dict[str, str]:
    """SHA-256 of the files that points name."""
    digests: dict[str, str] = {}
    for tables in grid.points():
        for name in _names(tables):
            path = grid.directory / name.partition(SEPARATOR)[0]
            if name in digests or not path.is_file():
                continue
            with path.open("rb") as stream:
                digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return dict(sorted(digests.items()))


def _names(tables: Tables) -> list[str]:
    """What may be names of files at a point."""
    named = [tables.get("hamiltonian", {}).get("file"), tables.get("evolution", {}).get("initial")]
    return [name for name in named if isinstance(name, str)]
