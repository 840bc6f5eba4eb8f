import json
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, Statevector, entropy, partial_trace

from qtools import cli
from qtools.compile.problem.models import xyz
from qtools.compile.target.observables import Observable, circuit_state, measure
from qtools.errors import BadInputError
from tests.compile.dense import ansatz_state, fidelity, random_ansatz, random_mps


@given(st.integers(0, 1000), st.permutations(range(6)), st.text("IXYZ", min_size=1, max_size=4))
def test_expectation_values_agree_with_qiskit(seed, sites, label):
    mps = random_mps(np.random.default_rng(seed), 6, 4)
    observable = Observable(label=label, sites=tuple(sites[: len(label)]))
    operator = SparsePauliOp.from_sparse_list([(label, observable.sites, 1.0)], num_qubits=6)
    exact = Statevector(mps.to_dense()).expectation_value(operator).real
    assert measure(mps, (observable,)).observables[str(observable)] == pytest.approx(exact)


def test_entropy_spin_and_energy_agree_with_qiskit():
    mps = random_mps(np.random.default_rng(0), 6, 5)
    state = Statevector(mps.to_dense())
    chain = xyz(6, coupling=(0.3, -0.2, 0.5), field=(0.1, 0.2, 0.3))
    found = measure(mps, (), chain)
    entropies = [entropy(partial_trace(state, range(cut))) for cut in range(1, 6)]
    np.testing.assert_allclose(found.entanglement_entropy, entropies, atol=1e-9)
    energy = state.expectation_value(chain.to_sparse_pauli_op()).real
    assert found.energy == pytest.approx(energy)
    sz = reduce(
        lambda a, b: a + b,
        [SparsePauliOp.from_sparse_list([("Z", [site], 0.5)], num_qubits=6) for site in range(6)],
    )
    assert found.total_sz == pytest.approx(state.expectation_value(sz).real)


def test_the_state_of_blocks_is_that_of_the_dense_twin():
    ansatz = random_ansatz(np.random.default_rng(2), 6, 12)
    made = circuit_state(ansatz).to_dense()
    assert fidelity(made, ansatz_state(ansatz)) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("text", ["Z", "Z:", "ZZ:1", "ZZ:1,1", "Q:1", "Z:-1", ":1", "Z:1,"])
def test_what_is_no_observable_is_refused(text):
    with pytest.raises(BadInputError, match="Z:24"):
        Observable.parse(text)


CHAIN = ["--model", "heisenberg", "--sites", "6", "--coupling", "-0.25", "--initial", "neel"]


def test_observables_and_conserved_quantities_are_in_the_record(tmp_path, capsys):
    (tmp_path / "wanted.txt").write_text("XX:0,1  # a bond\n\nZ:5\n")
    wanted = ("--observable", "Z:3", "--observable", str(tmp_path / "wanted.txt"))
    options = ("--time", "0.5", "--layers", "5", "--out", str(tmp_path / "run"), "--json")
    assert cli.run(["compile", "evolution", *CHAIN, *options, *wanted]) == 0
    physics = json.loads(capsys.readouterr().out)["physics"]
    for state in physics.values():
        assert list(state["observables"]) == ["Z:3", "XX:0,1", "Z:5"]
        assert len(state["entanglement_entropy"]) == 5
        assert state["total_sz"] == pytest.approx(0.0, abs=1e-2)
        assert state["energy"] == pytest.approx(1.25, abs=1e-2)  # 5 bonds, <ZZ> = -1 at first
    assert cli.run(["compile", "evolution", *CHAIN, *options, "--observable", "Z:6"]) == 4


def test_a_run_names_the_papers_it_rests_on(tmp_path, capsys):
    options = ("--time", "0.5", "--layers", "3", "--out", str(tmp_path / "run"), "--quiet")
    assert cli.run(["compile", "evolution", *CHAIN, *options]) == 0
    assert cli.run(["cite", str(tmp_path / "run")]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("2301.08609", "quimb", "0903.3253"))
    assert "1908.07958" not in text
    assert cli.run(["cite", str(tmp_path)]) == 4
