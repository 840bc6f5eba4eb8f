"""A GPT-style model that writes circuits, and the verification of what it writes.

Importing this package loads nothing heavy; the names below load on first use.
"""

from typing import TYPE_CHECKING

from qtools.lazy_names import lazy_names

if TYPE_CHECKING:
    from qtools.generate.sampling.draw import Temper
    from qtools.generate.sampling.generator import CircuitGenerator, Sample

__all__ = ["CircuitGenerator", "Sample", "Temper"]

_HOMES = {
    "CircuitGenerator": "sampling.generator",
    "Sample": "sampling.generator",
    "Temper": "sampling.draw",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
