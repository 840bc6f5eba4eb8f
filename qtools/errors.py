"""Every error that qtools raises on purpose, and the exit code that each one becomes.

::

    QtoolsError                    1  a bug, unless a subclass says otherwise
    ├── UsageError                 2  the command was called wrongly
    ├── GoalNotReachedError        3  the job ran, its result is written, its goal was missed
    ├── BadInputError              4  what came in is wrong: a file, a number, a name
    │   ├── CapacityError          4  the request needs more memory than it may take
    │   └── OutputExistsError      4  the output directory holds something else
    ├── MissingDependencyError     5  an optional package is not installed
    └── StoppedEarlyError         75  stopped with its state saved; run again to go on

A message is one sentence that says what was expected, what came, and what to do.
"""

import difflib
from collections.abc import Iterable

#: Packages that are not always installed, and the extra that brings each.
_EXTRAS = {
    **dict.fromkeys(("pyarrow", "mqt", "networkx"), "datasets"),
    **dict.fromkeys(("torch", "transformers", "accelerate", "safetensors", "sklearn"), "generate"),
    **dict.fromkeys(("dask", "distributed", "dask_jobqueue"), "cluster"),
    "qiskit_aer": "aer",
    "h5py": "hdf5",
    "pytket": "verify",
}


class QtoolsError(Exception):
    """Base of all errors of this package; carries the exit code of the command line."""

    exit_code = 1


class UsageError(QtoolsError):
    """Options that do not fit together."""

    exit_code = 2


class GoalNotReachedError(QtoolsError):
    """The job ran to its end and wrote its result, but the asked-for goal was missed."""

    exit_code = 3


class BadInputError(QtoolsError):
    """Input that cannot mean what the caller wants."""

    exit_code = 4


class CapacityError(BadInputError):
    """A request whose predicted memory is over the limit; nothing was allocated."""


class OutputExistsError(BadInputError):
    """The output directory holds the result of something else."""


class MissingDependencyError(QtoolsError):
    """An optional package is missing; the message names the extra that brings it."""

    exit_code = 5

    @classmethod
    def of(cls, package: str, *, extra: str) -> "MissingDependencyError":
        """The error for ``package``, which comes with the extra ``extra``."""
        return cls(
            f"{package} is not installed; install it with: pip install 'qtools-quantum[{extra}]'"
        )

    @classmethod
    def from_import(cls, error: ModuleNotFoundError) -> "MissingDependencyError | None":
        """The error for an import that failed; None where the module comes with no extra."""
        package = (error.name or "").partition(".")[0]
        extra = _EXTRAS.get(package)
        return None if extra is None else cls.of(package, extra=extra)


class StoppedEarlyError(QtoolsError):
    """The job stopped before its end with its state saved."""

    exit_code = 75


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the known name closest to ``name``, else an empty string."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
