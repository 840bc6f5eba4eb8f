import json

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qtools import cli
from qtools.compile.inputs.mps_input import from_aer, read_state
from qtools.compile.mps import MPS
from qtools.compile.output.circuit_files import read_circuit
from qtools.compile.output.mps_formats import save_mps, to_quimb
from qtools.compile.starts.disentangle import disentangled_ansatz
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, fidelity, random_mps


@pytest.fixture
def state():
    return random_mps(np.random.default_rng(5), 6, 3)


def gamma_lambda(dense, n):
    """Vidal's form of a statevector, site 0 first; by singular value decompositions."""
    gammas, lambdas, left = [], [], np.ones(1)
    rest = dense.reshape((2,) * n).transpose(range(n)[::-1]).reshape(1, -1)
    for _ in range(n - 1):
        u, s, v = np.linalg.svd(rest.reshape(len(left) * 2, -1), full_matrices=False)
        keep = s > 1e-12
        u, s, v = u[:, keep], s[keep], v[keep]
        gammas.append(u.reshape(len(left), 2, -1).transpose(1, 0, 2) / left[:, None])
        lambdas.append(s)
        left, rest = s, s[:, None] * v
    gammas.append(rest.reshape(len(left), 2, 1).transpose(1, 0, 2) / left[:, None])
    return [tuple(gamma) for gamma in gammas], lambdas


def test_all_forms_give_the_same_state(tmp_path, state):
    h5py = pytest.importorskip("h5py")
    dense = state.to_dense()
    save_mps(tmp_path / "own.npz", state)
    quimb = to_quimb(state)
    quimb.permute_arrays("lrp")
    np.savez(tmp_path / "quimb.npz", *quimb.arrays)
    with h5py.File(tmp_path / "quimb.h5", "w") as file:
        for site, array in enumerate(quimb.arrays):
            file[f"arr_{site}"] = array
    gammas, lambdas = gamma_lambda(dense, 6)
    named = {f"gamma_{i}": np.array(g) for i, g in enumerate(gammas)}
    np.savez(tmp_path / "aer.npz", **named, **{f"lambda_{i}": x for i, x in enumerate(lambdas)})
    for name in ("own.npz", "quimb.npz", "quimb.h5", "aer.npz"):
        np.testing.assert_allclose(read_state(tmp_path / name).to_dense(), dense, atol=1e-12)
    np.testing.assert_allclose(from_aer((gammas, lambdas)).to_dense(), dense, atol=1e-12)


def test_bad_states_are_refused(tmp_path, state):
    save_mps(tmp_path / "long.npz", state.scaled(1.1))
    arrays = [tensor.transpose(0, 2, 1) for tensor in state.tensors]
    arrays[2] = arrays[2][:, :1]
    np.savez(tmp_path / "bonds.npz", *arrays)
    np.savez(tmp_path / "other.npz", x=np.ones(3))
    np.savez(tmp_path / "objects.npz", arr_0=np.array([{}], dtype=object))
    (tmp_path / "state.pkl").write_bytes(b"")
    for name, message in {
        "long.npz": "norm 1.1",
        "bonds.npz": "left bond",
        "other.npz": "holds no state",
        "objects.npz": "no npz file of arrays",
        "state.pkl": "pickle",
        "none.npz": "cannot read",
    }.items():
        with pytest.raises(BadInputError, match=message) as caught:
            read_state(tmp_path / name)
        assert name in str(caught.value)


def test_enough_layers_disentangle_a_product_of_pairs():
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(3, 2, 2)) + 1j * rng.normal(size=(3, 2, 2))
    tensors = []
    for pair in pairs / np.linalg.norm(pairs, axis=(1, 2))[:, None, None]:
        tensors += [np.eye(2).reshape(1, 2, 2).astype(complex), pair.reshape(2, 2, 1)]
    target = MPS(tensors=tuple(tensors))
    ansatz = disentangled_ansatz(target, 1)
    assert fidelity(ansatz_state(ansatz), target.to_dense()) == pytest.approx(1.0, abs=1e-9)


def test_a_state_file_is_compiled(tmp_path, capsys):
    state = random_mps(np.random.default_rng(1), 6, 2)
    save_mps(tmp_path / "in.npz", state)
    options = ("--layers", "5", "--fidelity", "0.99", "--out", str(tmp_path / "run"), "--json")
    assert cli.run(["compile", "mps", str(tmp_path / "in.npz"), *options]) == 0
    record = json.loads(capsys.readouterr().out)
    made = Statevector(read_circuit(tmp_path / "run" / "circuit.qasm")).data
    assert fidelity(made, state.to_dense()) == pytest.approx(record["fidelity"], abs=1e-6)
    assert np.angle(np.vdot(state.to_dense(), made)) == pytest.approx(0.0, abs=1e-6)


def test_what_aer_itself_gives_is_read():
    aer = pytest.importorskip("qiskit_aer")
    circuit = QuantumCircuit(4)
    for qubit in range(4):
        circuit.ry(0.3 + qubit, qubit)
    for qubit in range(3):
        circuit.cx(qubit, qubit + 1)
        circuit.rx(0.2 * qubit + 0.1, qubit)
    exact = Statevector(circuit).data
    circuit.save_matrix_product_state()
    run = aer.AerSimulator(method="matrix_product_state").run(circuit)
    state = from_aer(run.result().data()["matrix_product_state"])
    assert fidelity(state.to_dense(), exact) == pytest.approx(1.0, abs=1e-9)
