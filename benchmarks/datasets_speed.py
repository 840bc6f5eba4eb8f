"""Speed per core of reading, fingerprinting and describing circuits of about 100 gates.

    python -m benchmarks.datasets_speed

Prints circuits per second of CPU time of each step alone and of whole import steps, against bare
``qiskit.qasm2.loads`` of the same texts. CPU time, so that other work on the machine matters less.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from qiskit import qasm2 as qiskit_qasm2

from benchmarks.measure import machine, write_results
from qtools.circuits import qasm2
from qtools.circuits.canonical import canonical_fingerprints
from qtools.circuits.features import features
from qtools.circuits.normal import NormalCircuit, UnsupportedCircuitError
from qtools.datasets.levels import Variant, lower
from qtools.datasets.rows import Provenance, make_row
from qtools.datasets.sources import Instance, source
from qtools.datasets.wild import read_circuit

_FAMILIES = ("vqe_su2", "qaoa", "qft", "graphstate", "bmw_quark_cardinality", "dj", "qnn", "bv")
_LEVELS = (
    Variant(level="alg"),
    Variant(level="nativegates", target="ibm_heron", opt_level=1),
    Variant(level="nativegates", target="quantinuum", opt_level=1),
)


def sample(count: int = 200) -> list[NormalCircuit]:
    """Circuits of 60 to 150 gates from several families, at three levels."""
    made = source("mqt_bench")
    rng = np.random.default_rng(11)
    found: list[NormalCircuit] = []
    while len(found) < count:
        family = str(rng.choice(_FAMILIES))
        size = int(rng.integers(5, 30))
        if size not in made.sizes(family):
            continue
        instance = Instance(
            family=family, arguments=made.draw(family, size, rng), seed=int(rng.integers(1 << 30))
        )
        variant = _LEVELS[int(rng.integers(len(_LEVELS)))]
        try:
            circuit = lower(made.circuit(instance), variant, max_operations=5000)
        except UnsupportedCircuitError:
            continue
        if 60 <= sum(1 for _ in circuit.gates()) <= 150:
            found.append(circuit)
    return found


def rate(function: Callable[[Any], object], arguments: list[Any], *, repeats: int = 5) -> float:
    """Calls per second of CPU time, the best of some repeats."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        for argument in arguments:
            function(argument)
        best = min(best, time.process_time() - start)
    return len(arguments) / best


def main() -> None:
    """Print and write the table."""
    measured_on = machine()
    circuits = sample()
    texts = [qasm2.dumps(circuit) for circuit in circuits]
    provenance = Provenance(
        source="speed", license="MIT", family="f", level="file", gate_set="universal", generator="-"
    )
    bare = rate(qiskit_qasm2.loads, texts)
    gates = np.mean([sum(1 for _ in circuit.gates()) for circuit in circuits])
    rows: list[tuple[str, Callable[[Any], object], list[Any]]] = [
        ("qtools.circuits.qasm2.loads", qasm2.loads, texts),
        ("wild.read_circuit (checks, repairs)", read_circuit, texts),
        ("qasm2.dumps", qasm2.dumps, circuits),
        ("canonical_fingerprints (two)", canonical_fingerprints, circuits),
        ("features (24)", features, circuits),
        (
            "whole import: read, 3 fingerprints, features",
            lambda text: make_row(read_circuit(text).circuit, provenance),
            texts,
        ),
    ]
    found: list[dict[str, Any]] = [{"step": "bare qiskit.qasm2.loads", "rate": bare, "ratio": 1.0}]
    for name, function, arguments in rows:
        # Bare loads beside every step: the machine may be slower now than a minute ago.
        now = rate(qiskit_qasm2.loads, texts)
        speed = rate(function, arguments)
        found.append({"step": name, "rate": speed, "ratio": speed / now})
    for row in found:
        print(f"{row['step']:48s} {row['rate']:8.0f}   {row['ratio']:5.2f} of bare loads")
    write_results(
        "datasets_speed",
        found,
        measured_on=measured_on,
        columns={"step": "step", "rate": "circuits per CPU second", "ratio": "of bare loads"},
        notes=f"{len(circuits)} circuits of {gates:.0f} gates on average, best of 5 passes; bare "
        "loads are measured again right before every step. A core that other processes share is "
        "slower for all of them: the last column is what to compare.",
    )


if __name__ == "__main__":
    main()
