"""How to cut the states between the layers of a deep circuit: time and error of each way.

The states of a Trotter-like circuit whose blocks were turned a little since the reference (as in an
optimisation) are made once with each way of cutting, at the same bonds. Error: the infidelity
between the final state and that at a bond where nothing is lost.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.deep_gradient import turned
from benchmarks.measure import machine, write_results
from benchmarks.peer.problems import suite
from benchmarks.problems import evolution_problem
from benchmarks.truncation_methods import (
    by_eigenvectors,
    by_guide_twice,
    by_qr,
    by_random_sketch,
    by_svd,
    fitted_layer,
)
from qtools.compile.ansatz import Ansatz, trotter_ansatz
from qtools.compile.mps import MPS, ComplexArray, overlap
from qtools.compile.overlap.arrays import DOUBLE, Precision, on_cpu
from qtools.compile.overlap.layer_states import apply_layer, improved, layer_state, reference
from qtools.compile.overlap.layers import layers_of
from qtools.compile.target.chain import Chain, Truncation, apply_gates
from qtools.compile.threads import single_threaded_blas

WAYS: dict[str, Callable[..., Any]] = {
    "singular values": by_svd,
    "eigenvectors of the Gram matrix": by_eigenvectors,
    "randomised SVD": by_random_sketch,
    "QR from the tensor itself": by_qr,
    "guided by the reference": improved,
    "guided, two steps": by_guide_twice,
}
REPEATS = 3


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all ways for every turn asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=24)
    parser.add_argument("--time", type=float, default=4.8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--weight", type=float, default=1e-6, help="discarded per cut")
    parser.add_argument("--turns", type=float, nargs="+", default=[0.003, 0.03])
    options = parser.parse_args(arguments)
    measured_on = machine()
    chain = suite(sites=options.sites, time=options.time, steps=options.steps)
    ansatz = trotter_ansatz(evolution_problem(chain), 2 * options.steps + 1)
    rows = []
    with single_threaded_blas():
        for turn in options.turns:
            rows += _rows(ansatz, options.weight, turn)
    write_results(
        "truncation",
        rows,
        measured_on=measured_on,
        notes=f"{chain.name}; one evolution through all layers, one thread, best of {REPEATS}.",
    )


def _rows(ansatz: Ansatz, weight: float, turn: float) -> list[dict[str, Any]]:
    layers = layers_of(ansatz.bonds)
    start, gates = Chain.product(ansatz.initial), turned(ansatz.gates, turn)
    matrices = [gates[layer.blocks] for layer in layers]
    before = [ansatz.gates[layer.blocks] for layer in layers]
    sharp = start
    for layer, matrix in zip(layers, matrices, strict=True):
        sharp, _ = apply_gates(sharp, layer.sites, matrix, Truncation(max_weight=weight * 1e-4))
    exact = sharp.to_mps()
    guides = reference(start, layers, before, Truncation(max_weight=weight), DOUBLE)

    def batched(way: Callable[..., Any], precision: Precision = Precision.DOUBLE) -> MPS:
        arrays = on_cpu(precision)
        # Two threads would blur the processor time of one.
        state = layer_state(start, arrays)
        cut = reference_in(precision)
        for layer, matrix, guide in zip(layers, matrices, cut.guides, strict=True):
            state, _ = apply_layer(
                state, layer.sites, arrays.put(matrix), guide, arrays, spaces=way
            )
        return MPS(tensors=tuple(np.asarray(t, dtype=complex) for t in _trimmed(state.tensors)))

    references = {Precision.DOUBLE: guides}

    def reference_in(precision: Precision) -> Any:
        if precision not in references:
            references[precision] = reference(
                start, layers, before, Truncation(max_weight=weight), on_cpu(precision)
            )
        return references[precision]

    def variational() -> MPS:
        ket = [tensor.copy() for tensor in MPS.product(ansatz.initial).tensors]
        for layer, matrix, guess in zip(layers, matrices, guesses, strict=True):
            ket = fitted_layer(ket, dict(zip(layer.sites.tolist(), matrix, strict=True)), guess)
        return MPS(tensors=tuple(ket))

    guesses, state = [], start
    for layer, matrix in zip(layers, before, strict=True):
        state, _ = apply_gates(state, layer.sites, matrix, Truncation(max_weight=weight))
        guesses.append(list(state.to_mps().tensors))
    reference_in(Precision.SINGLE)
    runs: list[tuple[str, Callable[[], MPS]]] = [
        (name, lambda way=way: batched(way))  # type: ignore[misc]
        for name, way in WAYS.items()
    ]
    runs.append(("guided, single precision", lambda: batched(improved, Precision.SINGLE)))
    runs.append(("variational sweeps from the reference", variational))
    rows: list[dict[str, Any]] = []
    for name, run in runs:
        times = []
        for _ in range(REPEATS):
            began = time.process_time()
            made = run()
            times.append(time.process_time() - began)
        fidelity = abs(overlap(exact, made)) ** 2 / (made.norm() * exact.norm()) ** 2
        rows.append(
            {
                "way": name,
                "turn of the blocks": turn,
                "bond": guides.max_bond,
                "processor seconds": min(times),
                "infidelity": 1.0 - fidelity,
                "load": os.getloadavg()[0],
            }
        )
        print(rows[-1], flush=True)
    best = next(row for row in rows if row["way"] == "singular values")
    for row in rows:
        row["error / that of singular values"] = row["infidelity"] / best["infidelity"]
        row["time / that of singular values"] = row["processor seconds"] / best["processor seconds"]
    return rows


def _trimmed(tensors: ComplexArray) -> list[ComplexArray]:
    """Site tensors with outer bonds of dimension one."""
    sites = list(tensors)
    return [sites[0][:1], *sites[1:-1], sites[-1][:, :, :1]]


if __name__ == "__main__":
    main()
