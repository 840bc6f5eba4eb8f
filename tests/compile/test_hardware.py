"""Circuits on devices, against Qiskit's own transpiler and statevectors."""

import json

import numpy as np
import pytest
from qiskit import transpile
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit.transpiler import CouplingMap

from qtools.compile import compile_evolution
from qtools.compile.ansatz import Ansatz
from qtools.compile.geometry.lattices import chain, heavy_hex, ring
from qtools.compile.synthesis.circuit import synthesize
from tests.compile.dense import ansatz_state, random_complex
from tests.compile.states import brickwork


def ising(lattice):
    terms = [("ZZ", edge, 1.0) for edge in lattice.edges]
    terms += [("X", (site,), 0.7) for site in range(lattice.num_sites)]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=lattice.num_sites)


def compiled(lattice, device, layers=5):
    return compile_evolution(
        ising(lattice), time=0.5, layers=layers, backend=device, max_iterations=40, tolerance=1e-5
    )


@pytest.mark.parametrize("lattice", [chain(6), ring(12)], ids=lambda lattice: lattice.name)
def test_routing_adds_nothing_on_a_backend_that_has_the_edges(lattice):
    coupling = CouplingMap([list(edge) for edge in heavy_hex(1, 2).edges])
    coupling.make_symmetric()
    basis = ["cz", "rz", "sx", "x", "id"]
    backend = GenericBackendV2(21, basis_gates=basis, coupling_map=coupling, seed=3)
    result = compiled(lattice, backend)
    hardware = result.hardware
    assert result.settings.basis == ("cz", "rz", "sx", "x")
    assert hardware.two_qubit_gates <= result.two_qubit_gates
    assert hardware.two_qubit_depth <= result.two_qubit_depth
    assert hardware.fidelity == pytest.approx(result.fidelity, abs=1e-10)
    assert 0.0 < hardware.success < 1.0
    again = transpile(hardware.circuit, backend, optimization_level=0)
    assert again.count_ops() == hardware.circuit.count_ops()
    assert json.loads(json.dumps(hardware.record()))["device"]


def test_a_device_without_the_edges_gets_blocks_on_its_own():
    result = compiled(ring(5), CouplingMap.from_line(5), layers=7)
    assert result.hardware.placement.circuit_edges is not None
    assert result.hardware.two_qubit_gates <= result.two_qubit_gates
    assert result.hardware.fidelity == pytest.approx(result.fidelity, abs=1e-10)
    assert result.fidelity > 0.99


@pytest.mark.parametrize("basis", [("cx", "rz", "sx", "x"), ("ecr", "rz", "sx", "x"), ("cz", "u")])
@pytest.mark.parametrize("size", [1e-5, 1e-7, 1e-8])
def test_angles_around_a_millionth_survive_level_3(basis, size):
    """Level 3 drops angles below 1e-6, and takes a block for a simpler one 1e-9 away from it."""
    rng = np.random.default_rng(2)
    bonds = brickwork(6, 5)
    generators = random_complex(rng, (len(bonds), 4, 4)) * size
    gates = np.linalg.qr(np.eye(4) + generators - generators.conj().swapaxes(1, 2))[0]
    initial = random_complex(rng, (6, 2))
    initial /= np.linalg.norm(initial, axis=1)[:, None]
    ansatz = Ansatz(initial=initial, bonds=bonds, gates=gates)
    circuit = transpile(
        synthesize(ansatz, basis=basis), basis_gates=list(basis), optimization_level=3
    )
    fidelity = abs(np.vdot(ansatz_state(ansatz), Statevector(circuit).data)) ** 2
    assert 1.0 - fidelity < 4e-9 * len(bonds)
