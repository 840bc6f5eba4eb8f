"""Sources of circuits, one module each, found by name through :func:`source`."""

from qtools.datasets.sources.base import Instance, Source
from qtools.datasets.sources.registry import SOURCE_NAMES, source

__all__ = ["SOURCE_NAMES", "Instance", "Source", "source"]
