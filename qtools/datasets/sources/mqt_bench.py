"""MQT Bench (MIT): its 36 families, with our own random angles and keyword sweeps.

MQT Bench binds free angles from one fixed seed, which would put the same angles into all
variational circuits; here every instance binds its own. Keyword sweeps give the families that
have options more than one circuit per size.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from mqt.bench.benchmarks import create_circuit, get_available_benchmark_names

from qtools.datasets.sources.base import Arguments, Instance, Source, bind_random_angles
from qtools.datasets.sources.mqt_families import MQT_FAMILIES, MqtFamily

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_UNKNOWN = MqtFamily(sizes=range(2, 21), has_angles=True)


class MqtBench(Source):
    """Circuits of the installed version of MQT Bench."""

    name = "mqt_bench"
    license = "MIT"
    origin = "MQT Bench, Chair for Design Automation, TUM, https://github.com/munich-quantum-toolkit/bench"
    copyright = (
        "Copyright (c) 2023 - 2026 Chair for Design Automation, TUM; "
        "Copyright (c) 2025 - 2026 Munich Quantum Software Company GmbH"
    )
    distribution = "mqt.bench"
    extra = "datasets"

    def families(self) -> tuple[str, ...]:
        """All families of the installed version, also ones that this file has no sweep for."""
        return tuple(get_available_benchmark_names())

    def sizes(self, family: str) -> Sequence[int]:
        """See :class:`Source`."""
        return self._family(family).sizes

    def variety(self, family: str) -> bool:
        """See :class:`Source`."""
        known = self._family(family)
        return known.has_angles or known.sweep is not None

    def draw(self, family: str, num_qubits: int, rng: np.random.Generator) -> Arguments:
        """See :class:`Source`."""
        sweep = self._family(family).sweep
        return {"num_qubits": num_qubits, **(sweep(num_qubits, rng) if sweep else {})}

    def circuit(self, instance: Instance) -> "QuantumCircuit":
        """See :class:`Source`."""
        options = dict(instance.arguments)
        size = options.pop("num_qubits")
        # Some families draw from the global generators; seeding them keeps the corpus repeatable.
        _seed_globals(instance)
        circuit = create_circuit(instance.family, size, **options)
        return bind_random_angles(circuit, instance.rng("angles"))

    def _family(self, family: str) -> MqtFamily:
        self.check_family(family)
        return MQT_FAMILIES.get(family, _UNKNOWN)


def _seed_globals(instance: Instance) -> None:
    import random

    seed = int(instance.rng("global").integers(1 << 32))
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the library's own global draws


SOURCE = MqtBench()
