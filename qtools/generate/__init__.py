"""A GPT-style model that writes circuits, and the verification of what it writes.

Importing this package loads nothing heavy; the names below load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qtools.generate.sampling.draw import Temper
    from qtools.generate.sampling.generator import CircuitGenerator, Sample

__all__ = ["CircuitGenerator", "Sample", "Temper"]

_HOMES = {
    "CircuitGenerator": "sampling.generator",
    "Sample": "sampling.generator",
    "Temper": "sampling.draw",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
