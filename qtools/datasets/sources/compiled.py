"""Short circuits that ``qtools.compile`` finds for time-evolved states (our own, Apache-2.0)."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from qtools.datasets.sources.base import Arguments, Instance, Source
from qtools.datasets.sources.lattices import bonds
from qtools.errors import MissingDependencyError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_MODELS = {
    "compiled_heisenberg": ("XX", "YY", "ZZ"),
    "compiled_ising": ("ZZ",),
    "compiled_xy": ("XX", "YY"),
}


class Compiled(Source):
    """Compiled evolution on open chains; empty while the compiler cannot be imported."""

    name = "compiled"
    license = "Apache-2.0"
    origin = "qtools"
    copyright = "Copyright the qtools developers"
    distribution = "qtools-quantum"

    def families(self) -> tuple[str, ...]:
        """See :class:`Source`."""
        return tuple(sorted(_MODELS)) if _compiler() else ()

    def sizes(self, family: str) -> Sequence[int]:
        """See :class:`Source`."""
        self.check_family(family)
        return range(4, 25, 2)

    def draw(self, family: str, num_qubits: int, rng: np.random.Generator) -> Arguments:
        """See :class:`Source`."""
        return {
            "num_qubits": num_qubits,
            "time": round(float(rng.uniform(0.2, 1.5)), 6),
            "coupling": round(float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.5)), 6),
            "field": 0.0 if family != "compiled_ising" else round(float(rng.uniform(0.1, 1)), 6),
            "initial_state": str(rng.choice(["neel", "zero"])),
            "layers": int(rng.choice([3, 5])),
        }

    def circuit(self, instance: Instance) -> "QuantumCircuit":
        """See :class:`Source`."""
        from qiskit.quantum_info import SparsePauliOp

        compiler = _compiler()
        if compiler is None:
            raise MissingDependencyError(
                "expected the compiler of qtools, which cannot be imported"
            )
        chosen = instance.arguments
        n = chosen["num_qubits"]
        terms = [
            (pauli, list(pair), chosen["coupling"])
            for pair in bonds("chain", n)
            for pauli in _MODELS[instance.family]
        ]
        if chosen["field"]:
            terms += [("X", [site], chosen["field"]) for site in range(n)]
        hamiltonian = SparsePauliOp.from_sparse_list(terms, num_qubits=n)
        made: QuantumCircuit = compiler(
            hamiltonian,
            time=chosen["time"],
            initial_state=chosen["initial_state"],
            layers=chosen["layers"],
        ).circuit
        return made


def _compiler() -> Callable[..., Any] | None:
    """The compiler's entry point, if this installation has it."""
    compiler: Callable[..., Any] | None = getattr(
        import_module("qtools.compile"), "compile_evolution", None
    )
    return compiler


SOURCE = Compiled()
