"""The registered sources; a module is imported when its source is asked for."""

from importlib import import_module

from qtools.datasets.sources.base import Source
from qtools.errors import BadInputError, MissingDependencyError, nearest

_MODULES = {
    "mqt_bench": "qtools.datasets.sources.mqt_bench",
    "trotter": "qtools.datasets.sources.trotter",
    "compiled": "qtools.datasets.sources.compiled",
    "qiskit_library": "qtools.datasets.sources.qiskit_library",
}

#: Names of all registered sources of generated circuits.
SOURCE_NAMES = tuple(_MODULES)


def source(name: str) -> Source:
    """The source of that name.

    Raises:
        BadInputError: there is none.
        MissingDependencyError: its package is not installed.
    """
    if name not in _MODULES:
        raise BadInputError(
            f"expected a source among {', '.join(SOURCE_NAMES)}, got {name!r}"
            f"{nearest(name, SOURCE_NAMES)}"
        )
    try:
        made: Source = import_module(_MODULES[name]).SOURCE
    except ModuleNotFoundError as error:
        raise MissingDependencyError.of(str(error.name), extra="datasets") from error
    return made
