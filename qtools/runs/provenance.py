"""Which software made a result."""

import platform
from importlib import metadata

from qtools import __version__


def versions(*distributions: str) -> dict[str, str]:
    """Versions of Python, qtools and the named distributions (those that are installed)."""
    found = {"python": platform.python_version(), "qtools": __version__}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
