import math
from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qtools.compile import aer_check
from qtools.compile.certify import certify
from qtools.compile.mps import MPS
from qtools.compile.synthesis.circuit import synthesize
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, random_graph_ansatz, random_mps
from tests.compile.states import brickwork, random_ansatz

TARGET = random_mps(np.random.default_rng(0), 5, 3)


@pytest.mark.parametrize("layers", [0, 1, 6])
def test_fidelity_and_phase_agree_with_statevectors(layers):
    ansatz = random_ansatz(8, brickwork(8, layers), seed=layers)
    circuit = synthesize(ansatz, phase=0.4)
    target = random_mps(np.random.default_rng(1), 8, 4)
    certificate = certify(circuit, target, target_angle=0.0)
    dense = target.to_dense() / np.linalg.norm(target.to_dense())
    overlap = np.vdot(dense, Statevector(circuit).data)
    assert certificate.fidelity == pytest.approx(abs(overlap) ** 2, abs=1e-11)
    assert certificate.phase == pytest.approx(np.angle(overlap), abs=1e-9)
    assert certificate.truncation_angle < 1e-6


def test_aer_agrees_with_statevectors():
    pytest.importorskip("qiskit_aer")
    circuit = synthesize(random_ansatz(7, brickwork(7, 5), seed=5), basis=("ecr", "u"))
    target = random_mps(np.random.default_rng(6), 7, 4)
    dense = target.to_dense() / np.linalg.norm(target.to_dense())
    expected = abs(np.vdot(dense, Statevector(circuit).data)) ** 2
    certificate = certify(circuit, target, target_angle=0.0)
    assert certificate.aer_fidelity == pytest.approx(expected, abs=1e-9)


def test_the_truncation_angle_bounds_the_error_of_a_small_bond():
    ansatz = random_ansatz(8, brickwork(8, 4), seed=3)
    circuit = synthesize(ansatz)
    target = random_mps(np.random.default_rng(4), 8, 16)
    exact = certify(circuit, target, target_angle=0.0)
    for limit in (2, 4, 8):
        rough = certify(circuit, target, target_angle=0.0, bond_limit=limit)
        moved = abs(math.acos(math.sqrt(rough.fidelity)) - math.acos(math.sqrt(exact.fidelity)))
        assert rough.max_bond <= limit
        assert moved <= rough.truncation_angle + 1e-9
        assert rough.fidelity_lower_bound <= exact.fidelity


def test_the_lower_bound_adds_angles_and_stops_at_a_right_angle():
    target = MPS.product(np.array([[1, 0], [0.8, 0.6]], dtype=complex))
    circuit = QuantumCircuit(2)
    certificate = certify(circuit, target, target_angle=0.1)
    expected = math.cos(math.acos(0.8) + 0.1 + certificate.truncation_angle) ** 2
    assert certificate.fidelity == pytest.approx(0.64)
    assert certificate.fidelity_lower_bound == pytest.approx(expected)
    assert certify(circuit, target, target_angle=2.0).fidelity_lower_bound < 1e-30


def test_the_lower_of_two_opinions_counts():
    certificate = certify(QuantumCircuit(5), TARGET, target_angle=0.0)
    doubted = replace(certificate, aer_fidelity=certificate.fidelity / 2)
    assert doubted.fidelity_lower_bound < certificate.fidelity_lower_bound
    alone = replace(certificate, aer_fidelity=None)
    assert alone.fidelity_lower_bound >= certificate.fidelity_lower_bound


def test_without_aer_there_is_one_opinion(monkeypatch):
    monkeypatch.setattr(aer_check, "find_spec", lambda name: None)
    assert certify(QuantumCircuit(5), TARGET, target_angle=0.0).aer_fidelity is None


def test_sizes_must_agree_and_gates_act_on_two_qubits_at_most():
    with pytest.raises(BadInputError, match="3 qubits, but the target has 5"):
        certify(QuantumCircuit(3), TARGET, target_angle=0.0)
    wide = QuantumCircuit(5)
    wide.ccx(0, 1, 2)
    with pytest.raises(BadInputError, match="acts on 3 qubits"):
        certify(wide, TARGET, target_angle=0.0)


def test_circuits_on_qubits_in_any_order_and_gates_between_any_two():
    rng = np.random.default_rng(4)
    ansatz, qubits = random_graph_ansatz(rng, 6, 8), rng.permutation(6).tolist()
    target = random_mps(rng, 6, 8)
    certificate = certify(
        synthesize(ansatz, qubits=qubits), target, target_angle=0.0, qubits=qubits
    )
    overlap = np.vdot(target.to_dense(), ansatz_state(ansatz))
    assert certificate.fidelity == pytest.approx(abs(overlap) ** 2, abs=1e-10)
    assert certificate.phase == pytest.approx(np.angle(overlap), abs=1e-8)
    assert certificate.aer_fidelity == pytest.approx(certificate.fidelity, abs=1e-8)
