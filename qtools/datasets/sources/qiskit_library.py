"""Families of Qiskit's circuit library that MQT Bench lacks (Apache-2.0)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import library
from qiskit.quantum_info import SparsePauliOp, random_clifford

from qtools.datasets.sources.base import Arguments, Instance, Source, bind_random_angles

_Draw = Callable[[int, np.random.Generator], Arguments]
_Make = Callable[[Arguments, np.random.Generator], QuantumCircuit]


@dataclass(frozen=True, kw_only=True)
class _Family:
    sizes: Sequence[int]
    draw: _Draw
    make: _Make


def _nothing(n: int, rng: np.random.Generator) -> Arguments:
    return {}


def _repeated(most: int) -> _Draw:
    """Repetitions and an entanglement layout; dense layouts only where they stay small."""

    def draw(n: int, rng: np.random.Generator) -> Arguments:
        layouts = ["linear", "circular", "pairwise"] + (["full"] if n <= 12 else [])
        return {
            "reps": int(rng.integers(1, max(2, min(most + 1, 600 // (4 * n))))),
            "entanglement": str(rng.choice(layouts)),
        }

    return draw


def _zz_feature_map(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    return library.zz_feature_map(
        given["num_qubits"], reps=given["reps"], entanglement=given["entanglement"]
    )


def _pauli_feature_map(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    return library.pauli_feature_map(
        given["num_qubits"],
        reps=given["reps"],
        entanglement=given["entanglement"],
        paulis=given["paulis"],
    )


def _draw_pauli_feature_map(n: int, rng: np.random.Generator) -> Arguments:
    choices = [["Z", "YY"], ["X", "ZZ"], ["Z", "XX"], ["Y", "ZX"], ["Z", "Y", "ZZ"]]
    return {**_repeated(3)(n, rng), "paulis": choices[int(rng.integers(len(choices)))]}


def _excitation_preserving(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    return library.excitation_preserving(
        given["num_qubits"],
        reps=given["reps"],
        entanglement=given["entanglement"],
        mode=given["mode"],
    )


def _draw_excitation_preserving(n: int, rng: np.random.Generator) -> Arguments:
    return {**_repeated(4)(n, rng), "mode": str(rng.choice(["iswap", "fsim"]))}


def _symmetric(n: int, density: float, high: int, rng: np.random.Generator) -> np.ndarray:
    matrix = rng.integers(1, high + 1, (n, n)) * (rng.random((n, n)) < density)
    upper = np.triu(matrix)
    return np.asarray(upper + np.triu(upper, 1).T)


def _draw_density(n: int, rng: np.random.Generator) -> Arguments:
    return {"density": round(min(1.0, float(rng.uniform(0.1, 0.9)), 600 / n**2), 6)}


def _iqp(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    return library.iqp(_symmetric(given["num_qubits"], given["density"], 7, rng))


def _hidden_linear_function(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    return library.hidden_linear_function(
        _symmetric(given["num_qubits"], given["density"], 1, rng).tolist()
    )


def _quantum_volume(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    return library.quantum_volume(
        given["num_qubits"], depth=given["depth"], seed=int(rng.integers(1 << 30))
    )


def _draw_quantum_volume(n: int, rng: np.random.Generator) -> Arguments:
    return {"depth": int(rng.integers(1, max(2, min(n, 900 // (6 * n)) + 1)))}


def _on_qubits(gate: Any) -> QuantumCircuit:
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, range(gate.num_qubits))
    return circuit


def _linear_rotations(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    state = given["num_qubits"] - 1
    slope, offset = (float(value) for value in rng.uniform(0.05, 1.5, 2))
    circuit = QuantumCircuit(given["num_qubits"])
    circuit.h(range(state))
    gate = library.LinearPauliRotationsGate(state, slope, offset, basis=given["basis"])
    circuit.append(gate, range(gate.num_qubits))
    return circuit


def _draw_basis(n: int, rng: np.random.Generator) -> Arguments:
    return {"basis": str(rng.choice(["x", "y", "z"]))}


def _inner_product(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    half = given["num_qubits"] // 2
    circuit = QuantumCircuit(2 * half)
    circuit.h(range(2 * half))
    circuit.append(library.InnerProductGate(half), range(2 * half))
    circuit.h(np.flatnonzero(rng.integers(0, 2, 2 * half)).tolist())
    return circuit


def _permutation(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    n = given["num_qubits"]
    circuit = QuantumCircuit(n)
    circuit.x(np.flatnonzero(rng.integers(0, 2, n)).tolist())
    # Synthesised as adjacent swaps, the only form that needs no further choice.
    order = rng.permutation(n).tolist()
    for end in range(n - 1, 0, -1):
        for site in range(end):
            if order[site] > order[site + 1]:
                order[site], order[site + 1] = order[site + 1], order[site]
                circuit.swap(site, site + 1)
    return circuit


def _clifford(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    return random_clifford(given["num_qubits"], seed=int(rng.integers(1 << 30))).to_circuit()


def _qaoa_maxcut(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    n = given["num_qubits"]
    graph = nx.random_regular_graph(given["degree"], n, seed=int(rng.integers(1 << 30)))
    edges = [("ZZ", sorted(edge), 1.0) for edge in sorted(map(sorted, graph.edges))]
    cost = SparsePauliOp.from_sparse_list(edges, num_qubits=n)
    circuit = library.qaoa_ansatz(cost, reps=given["reps"], flatten=True)
    if given["measure"]:
        circuit.measure_all()
    return circuit


def _draw_qaoa_maxcut(n: int, rng: np.random.Generator) -> Arguments:
    degrees = [degree for degree in (2, 3, 4, 5) if degree < n and n * degree % 2 == 0]
    degree = int(rng.choice(degrees))
    most = max(2, min(6, 900 // (n * degree // 2 + n)))
    return {
        "degree": degree,
        "reps": int(rng.integers(1, most)),
        "measure": bool(rng.integers(2)),
    }


def _pauli_evolution(given: Arguments, rng: np.random.Generator) -> QuantumCircuit:
    n = given["num_qubits"]
    terms = []
    for _ in range(given["terms"]):
        support = sorted(
            rng.choice(n, size=min(n, int(rng.integers(1, 5))), replace=False).tolist()
        )
        letters = "".join(rng.choice(list("XYZ"), len(support)).tolist())
        terms.append((letters, support, float(rng.uniform(-1, 1))))
    operator = SparsePauliOp.from_sparse_list(terms, num_qubits=n)
    return _on_qubits(library.PauliEvolutionGate(operator, time=float(rng.uniform(0.1, 1))))


def _draw_terms(n: int, rng: np.random.Generator) -> Arguments:
    return {"terms": int(rng.integers(2, 60))}


_WIDE = range(2, 101)
_FAMILIES = {
    "excitation_preserving": _Family(
        sizes=_WIDE, draw=_draw_excitation_preserving, make=_excitation_preserving
    ),
    "hidden_linear_function": _Family(
        sizes=_WIDE, draw=_draw_density, make=_hidden_linear_function
    ),
    "inner_product": _Family(sizes=range(2, 101, 2), draw=_nothing, make=_inner_product),
    "iqp": _Family(sizes=_WIDE, draw=_draw_density, make=_iqp),
    "linear_pauli_rotations": _Family(
        sizes=range(3, 101), draw=_draw_basis, make=_linear_rotations
    ),
    "pauli_evolution": _Family(sizes=_WIDE, draw=_draw_terms, make=_pauli_evolution),
    "pauli_feature_map": _Family(
        sizes=_WIDE, draw=_draw_pauli_feature_map, make=_pauli_feature_map
    ),
    "permutation": _Family(sizes=range(3, 41), draw=_nothing, make=_permutation),
    "qaoa_maxcut": _Family(sizes=range(3, 101), draw=_draw_qaoa_maxcut, make=_qaoa_maxcut),
    "quantum_volume": _Family(sizes=range(2, 31), draw=_draw_quantum_volume, make=_quantum_volume),
    "random_clifford": _Family(sizes=range(2, 21), draw=_nothing, make=_clifford),
    "zz_feature_map": _Family(sizes=_WIDE, draw=_repeated(3), make=_zz_feature_map),
}


class QiskitLibrary(Source):
    """Circuits of the installed Qiskit's library."""

    name = "qiskit_library"
    license = "Apache-2.0"
    origin = "Qiskit circuit library, https://github.com/Qiskit/qiskit"
    copyright = "Copyright IBM 2017 - 2026 and the Qiskit contributors"
    distribution = "qiskit"

    def families(self) -> tuple[str, ...]:
        """See :class:`Source`."""
        return tuple(_FAMILIES)

    def sizes(self, family: str) -> Sequence[int]:
        """See :class:`Source`; the circuit may have ancillas beyond its size."""
        self.check_family(family)
        return _FAMILIES[family].sizes

    def draw(self, family: str, num_qubits: int, rng: np.random.Generator) -> Arguments:
        """See :class:`Source`."""
        return {"num_qubits": num_qubits, **_FAMILIES[family].draw(num_qubits, rng)}

    def circuit(self, instance: Instance) -> QuantumCircuit:
        """See :class:`Source`."""
        make = _FAMILIES[instance.family].make
        circuit = make(instance.arguments, instance.rng("structure"))
        return bind_random_angles(circuit, instance.rng("angles"))


SOURCE = QiskitLibrary()
