"""Predicted work against that of an engine whose array library counts what it is asked for."""

from types import SimpleNamespace

import numpy as np
import pytest

from qtools.compile.ansatz import trotter_ansatz
from qtools.compile.geometry.lattices import chain, ring
from qtools.compile.mps import compress
from qtools.compile.overlap.arrays import Arrays, Precision
from qtools.compile.overlap.choice import Engine, Prediction, precise_overlap
from qtools.compile.overlap.cost import Rates, Work, dense_work, exact_work, truncated_work
from qtools.compile.overlap.exact import ExactOverlap
from qtools.compile.overlap.routed import RoutedOverlap
from qtools.compile.overlap.truncated import TruncatedOverlap
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.problem.models import heisenberg
from qtools.compile.target.evolve import evolve

FACTOR = 2.0
PLENTY = 2**34


class CountingNumPy:
    """NumPy, with counts of the real operations in products and decompositions, and of both."""

    def __init__(self):
        self.forget()
        self.linalg = SimpleNamespace(diagonal=np.linalg.diagonal, qr=self._qr)

    def forget(self):
        self.products = self.decompositions = self.calls = 0

    def matmul(self, a, b, out=None):
        product = np.matmul(a, b) if out is None else np.matmul(a, b, out=out)
        self.products += 8 * np.shape(a)[-1] * np.size(product)
        self.calls += 1
        return product

    def _qr(self, a):
        m, n = a.shape[-2:]
        k = min(m, n)
        self.decompositions += 8 * 2 * (m * k**2 - k**3 / 3) * np.prod(a.shape[:-2])
        self.calls += 1
        return np.linalg.qr(a)

    def __getattr__(self, name):
        return getattr(np, name)


class CountingArrays(Arrays):
    def get(self, array):
        return np.asarray(array, dtype=complex)


def counting():
    return CountingArrays(xp=CountingNumPy(), dtype=np.complex128, precision=Precision.DOUBLE)


def shape(lattice, time, layers, sharper=1.0):
    """Circuit, target and angle as a stage of a fit has them."""
    problem = EvolutionProblem.on_qubits(
        hamiltonian=heisenberg(lattice, coupling=-0.25),
        initial=InitialState.named("neel", num_qubits=lattice.num_sites),
        time=time,
    )
    ansatz, target = trotter_ansatz(problem, layers), evolve(problem, tolerance=1e-4).mps
    infidelity = 1.0 - abs(precise_overlap(ansatz, target, max_memory=PLENTY)) ** 2
    infidelity *= sharper
    cut = compress(target, max_weight=0.01 * infidelity / (target.num_sites - 1)).mps
    return ansatz, cut, float(np.sqrt(0.3 * infidelity))


@pytest.mark.parametrize("sharper", [1.0, 0.1])
@pytest.mark.parametrize(("sites", "time", "layers"), [(20, 1.2, 5), (20, 2.4, 9), (16, 3.6, 13)])
def test_the_truncated_engine_does_about_what_was_predicted(sites, time, layers, sharper):
    ansatz, target, angle = shape(chain(sites), time, layers, sharper)
    arrays = counting()
    engine = TruncatedOverlap(ansatz, target, max_angle=angle, arrays=arrays)
    check(engine, ansatz, arrays.xp, truncated_work(ansatz, target))


def test_swaps_of_other_geometries_are_counted():
    ansatz, target, angle = shape(ring(12), 0.8, 5)
    arrays = counting()
    engine = RoutedOverlap(
        ansatz, lambda a: TruncatedOverlap(a, target, max_angle=angle, arrays=arrays)
    )
    check(engine, ansatz, arrays.xp, truncated_work(ansatz, target))


@pytest.mark.parametrize("lattice", [chain(20), ring(12)])
def test_the_exact_engine_does_what_was_predicted(lattice):
    ansatz, target, _ = shape(lattice, 0.8, 5)
    arrays = counting()
    work = exact_work(ansatz, target)
    check(ExactOverlap(ansatz, target, arrays=arrays), ansatz, arrays.xp, work)
    if ansatz.rights is None:
        assert arrays.xp.products == pytest.approx(work.products, rel=0.01)


def check(engine, ansatz, counts, work):
    engine.value_and_environments(ansatz.gates)  # what an engine does once
    counts.forget()
    engine.value_and_environments(ansatz.gates)
    assert within(work.products, counts.products)
    assert within(work.calls, counts.calls)
    if counts.decompositions:
        assert within(work.decompositions, counts.decompositions)


def within(predicted, counted):
    return counted / FACTOR <= predicted <= counted * FACTOR


def test_the_dense_engine_multiplies_thrice_per_group():
    """Forth, back and the derivative, each a (16, 16) matrix with the whole state."""
    ansatz, _, _ = shape(chain(8), 0.8, 5)
    groups = 2 + 2 + 2 + 2 + 2  # four blocks in a layer, or three
    work = dense_work(ansatz)
    assert work.calls == 3 * groups
    assert work.products == 3 * groups * 8 * 16 * 2**8


def test_threads_share_the_operations_and_not_the_calls():
    work = Work(products=4e9, decompositions=1e9, moves=10.0, calls=3, memory=1, threads=2)
    rates = Rates(product=1e-9, decomposition=2e-9, move=0.1, call=1.0)
    assert work.seconds(rates) == pytest.approx((4.0 + 2.0 + 1.0) / 2 + 3.0)
    assert Prediction.of(Engine.EXACT, work, rates).seconds == work.seconds(rates)
