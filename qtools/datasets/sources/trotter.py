"""Time evolution of spin models on small lattices by Trotter's formula (our own, Apache-2.0).

Bonds are applied colour by colour. A second-order step is the first-order step of half the time
followed by its mirror image; a fourth-order step is Suzuki's composition of five second-order
steps (Suzuki 1991).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtools.datasets.sources.base import Arguments, Instance, Source
from qtools.datasets.sources.lattices import LATTICES, bonds, coloured

# Per family: couplings on bonds, as (gate, coupling name), and fields on sites.
_MODELS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "trotter_ising": (("rzz",), ("rx",)),
    "trotter_ising_tilted": (("rzz",), ("rx", "rz")),
    "trotter_xy": (("rxx", "ryy"), ()),
    "trotter_heisenberg": (("rxx", "ryy", "rzz"), ()),
    "trotter_xxz": (("rxx", "ryy", "rzz"), ()),
    "trotter_xyz": (("rxx", "ryy", "rzz"), ("rz",)),
    "trotter_random_field": (("rxx", "ryy", "rzz"), ("rz",)),
    "floquet_kicked_ising": (("rzz",), ("rx", "rz")),
}
_STATES = ("zero", "neel", "plus", "domain_wall", "random_product")
_MAX_GATES = 1000
_SUZUKI = 1 / (4 - 4 ** (1 / 3))


class Trotter(Source):
    """Trotter circuits of eight spin models on six lattices."""

    name = "trotter"
    license = "Apache-2.0"
    origin = "qtools"
    copyright = "Copyright the qtools developers"
    distribution = "qtools-quantum"

    def families(self) -> tuple[str, ...]:
        """See :class:`Source`."""
        return tuple(sorted(_MODELS))

    def sizes(self, family: str) -> Sequence[int]:
        """See :class:`Source`."""
        self.check_family(family)
        return range(2, 101)

    def draw(self, family: str, num_qubits: int, rng: np.random.Generator) -> Arguments:
        """See :class:`Source`."""
        lattice = str(rng.choice(LATTICES))
        order = 1 if family.startswith("floquet") else int(rng.choice([1, 1, 2, 2, 4]))
        per_step = _gates_per_step(family, num_qubits, lattice, order)
        if per_step > _MAX_GATES:
            order, per_step = 1, _gates_per_step(family, num_qubits, lattice, 1)
        most = max(1, min(12, _MAX_GATES // max(1, per_step)))
        return {
            "num_qubits": num_qubits,
            "lattice": lattice,
            "order": order,
            # Log-uniform: many short circuits, some at the limit.
            "steps": int(np.exp(rng.uniform(0, np.log(most + 1)))),
            "initial": str(rng.choice(_STATES)),
            "measure": bool(rng.random() < 0.5),
        }

    def circuit(self, instance: Instance) -> QuantumCircuit:
        """See :class:`Source`."""
        chosen = instance.arguments
        n = chosen["num_qubits"]
        rng = instance.rng("angles")
        circuit = QuantumCircuit(n)
        _prepare(circuit, chosen["initial"], rng)
        step = _Step(instance.family, n, chosen["lattice"], rng)
        time = float(rng.uniform(0.1, 1.0))
        for _ in range(chosen["steps"]):
            step.apply(circuit, time, chosen["order"])
        if chosen["measure"]:
            circuit.measure_all(add_bits=True)
        return circuit


def _gates_per_step(family: str, n: int, lattice: Any, order: int) -> int:
    on_bonds, on_sites = _MODELS[family]
    once = len(on_bonds) * len(bonds(lattice, n)) + len(on_sites) * n
    return {1: 1, 2: 2, 4: 10}[order] * once


def _prepare(circuit: QuantumCircuit, state: str, rng: np.random.Generator) -> None:
    n = circuit.num_qubits
    if state == "plus":
        circuit.h(range(n))
    elif state == "neel":
        circuit.x(range(1, n, 2))
    elif state == "domain_wall":
        circuit.x(range(n // 2, n))
    elif state == "random_product":
        for qubit in range(n):
            circuit.ry(float(rng.uniform(0, np.pi)), qubit)


class _Step:
    """One model with its couplings drawn; angles are 2 J t for exp(-i J t P)."""

    def __init__(self, family: str, n: int, lattice: Any, rng: np.random.Generator) -> None:
        on_bonds, on_sites = _MODELS[family]
        self._colours = coloured(bonds(lattice, n))
        strength = {gate: float(rng.uniform(0.25, 1.5)) for gate in on_bonds}
        if family == "trotter_heisenberg":
            strength = dict.fromkeys(on_bonds, strength["rxx"])
        if family in ("trotter_xxz", "trotter_xy", "trotter_random_field"):
            strength["ryy"] = strength["rxx"]
        self._bond_terms = strength
        shared = {gate: float(rng.uniform(0.25, 1.5)) for gate in on_sites}
        disorder = family == "trotter_random_field"
        self._site_terms = {
            gate: rng.uniform(-2, 2, n).tolist() if disorder else [value] * n
            for gate, value in shared.items()
        }

    def apply(self, circuit: QuantumCircuit, time: float, order: int) -> None:
        if order == 1:
            self._sweep(circuit, time, mirrored=False)
        elif order == 2:
            self._sweep(circuit, time / 2, mirrored=False)
            self._sweep(circuit, time / 2, mirrored=True)
        else:
            for part in (_SUZUKI, _SUZUKI, 1 - 4 * _SUZUKI, _SUZUKI, _SUZUKI):
                self.apply(circuit, part * time, 2)

    def _sweep(self, circuit: QuantumCircuit, time: float, *, mirrored: bool) -> None:
        n = circuit.num_qubits
        parts: list[tuple[str, tuple[int, ...], float]] = [
            (gate, pair, strength)
            for colour in self._colours
            for gate, strength in self._bond_terms.items()
            for pair in colour
        ]
        parts += [
            (gate, (site,), values[site])
            for gate, values in self._site_terms.items()
            for site in range(n)
        ]
        for gate, operands, strength in reversed(parts) if mirrored else parts:
            getattr(circuit, gate)(2 * strength * time, *operands)


SOURCE = Trotter()
