"""The engines on torch tensors and in single precision, against NumPy in double precision."""

import sys

import numpy as np
import pytest

from qtools.compile.ansatz import BELL_PAIR, Ansatz
from qtools.compile.fitting.objectives.log_infidelity import LogInfidelity
from qtools.compile.overlap.arrays import (
    DOUBLE,
    Device,
    Precision,
    arrays_for,
    on_cpu,
    on_torch,
)
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.errors import BadInputError, MissingDependencyError
from tests.compile.dense import random_complex, random_mps, random_unitaries
from tests.compile.overlap.test_operators import random_operator
from tests.compile.states import brickwork, random_ansatz

KINDS = [
    pytest.param(lambda: on_cpu(Precision.SINGLE), 1e-5, id="numpy-single"),
    pytest.param(lambda: on_torch("cpu"), 1e-11, id="torch-double"),
    pytest.param(lambda: on_torch("cpu", Precision.SINGLE), 1e-5, id="torch-single"),
]


def engine_on(kind, ansatz, target, arrays):
    if kind is ExactOverlap:
        return ExactOverlap(ansatz, target, arrays=arrays)
    return TruncatedOverlap(ansatz, target, max_angle=1e-2, arrays=arrays)


def state_case():
    return random_ansatz(7, brickwork(7, 5), seed=1), random_mps(np.random.default_rng(2), 7, 5)


def operator_case():
    rng = np.random.default_rng(3)
    bonds = brickwork(4, 4)
    ansatz = Ansatz(
        initial=np.tile(BELL_PAIR, (4, 1)), bonds=bonds, gates=random_unitaries(rng, len(bonds))
    )
    return ansatz, random_operator(rng, 4, 4)


@pytest.mark.parametrize("case", [state_case, operator_case])
@pytest.mark.parametrize("kind", [ExactOverlap, TruncatedOverlap])
@pytest.mark.parametrize(("make", "tolerance"), KINDS)
def test_other_arrays_give_the_same(case, kind, make, tolerance):
    ansatz, target = case()
    expected = engine_on(kind, ansatz, target, DOUBLE)
    found = engine_on(kind, ansatz, target, make())
    rng = np.random.default_rng(4)
    moved = ansatz.gates + 1e-2 * random_complex(rng, ansatz.gates.shape)
    for gates in (ansatz.gates, moved):
        assert found.value(gates) == pytest.approx(expected.value(gates), abs=tolerance)
        values = [engine.value_and_environments(gates) for engine in (found, expected)]
        assert values[0][0] == pytest.approx(values[1][0], abs=tolerance)
        np.testing.assert_allclose(values[0][1], values[1][1], atol=tolerance)
        assert values[0][1].dtype == np.complex128


@pytest.mark.parametrize("kind", [ExactOverlap, TruncatedOverlap])
@pytest.mark.parametrize(("make", "tolerance"), KINDS)
def test_other_arrays_sweep_the_same(kind, make, tolerance):
    ansatz, target = state_case()
    found = []
    for arrays in (DOUBLE, make()):
        cost = LogInfidelity(engine=engine_on(kind, ansatz, target, arrays))
        found.append(cost.swept(ansatz.gates))
    np.testing.assert_allclose(found[1], found[0], atol=100 * tolerance)


def test_the_processor_is_numpys():
    assert arrays_for(Device.CPU).is_numpy
    assert arrays_for(Device.CPU, Precision.SINGLE).dtype is np.complex64


def test_no_gpu_is_one_sentence(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BadInputError, match=r"finds no CUDA device on this machine; use --device"):
        arrays_for(Device.CUDA)


def test_no_torch_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "array_api_compat.torch", raising=False)
    with pytest.raises(MissingDependencyError, match=r"qtools-quantum\[gpu\]"):
        arrays_for(Device.CUDA)


def test_work_is_done_once_whether_in_halves_or_not():
    for count in (0, 1, 2, 5):
        done = np.zeros(count, dtype=int)

        def work(part, done=done):
            done[part] += 1

        DOUBLE.halves(work, count)
        assert done.tolist() == [1] * count
