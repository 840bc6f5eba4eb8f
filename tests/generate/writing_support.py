"""Circuits, documents and small models that the tests of this folder share."""

import math
from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.angles import snapped
from qtools.circuits.normal import NormalCircuit, Operation
from qtools.datasets.corpus import Corpus
from qtools.datasets.manifest import Manifest, SourceEntry, write_manifest
from qtools.datasets.rows import Provenance, make_row
from qtools.datasets.shards import RELEASED, write_shards
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.rows import encode_circuit
from qtools.generate.model.network import CircuitConfig, CircuitModel
from qtools.runs.files import write_text

# Two test processes on two cores: more threads would only wait for each other.
torch.set_num_threads(1)

CONDITION_SIZES = (5, 4, 3, 129, 25, 25)


def angles():
    fractions = st.builds(
        lambda a, b: snapped(math.pi * Fraction(a, b)),
        st.integers(-64, 64),
        st.sampled_from([1, 2, 4, 5, 7, 12, 32, 64]),
    )
    return st.one_of(fractions, st.floats(-20, 20), st.floats(-1e-6, 1e-6))


@st.composite
def circuits(draw, max_qubits=8, max_operations=30):
    n = draw(st.integers(1, max_qubits))
    cregs = tuple(draw(st.lists(st.integers(1, 5), max_size=3)))
    names = [name for name, gate in ALPHABET.items() if gate.num_qubits <= n]
    kinds = [*names, "barrier", "reset"] + (["measure"] if cregs else [])
    operations = []
    for _ in range(draw(st.integers(0, max_operations))):
        name = draw(st.sampled_from(kinds))
        order = draw(st.permutations(range(n)))
        condition = None
        if cregs and name != "barrier" and draw(st.booleans()):
            register = draw(st.integers(0, len(cregs) - 1))
            condition = (register, draw(st.integers(0, (1 << cregs[register]) - 1)))
        if name == "barrier":
            size = draw(st.integers(1, n))
            operations.append(Operation(name, tuple(order[:size])))
        elif name == "measure":
            bit = draw(st.integers(0, sum(cregs) - 1))
            operations.append(Operation(name, (order[0],), (), (bit,), condition))
        elif name == "reset":
            operations.append(Operation(name, (order[0],), (), (), condition))
        else:
            spec = ALPHABET[name]
            params = tuple(draw(angles()) for _ in range(spec.num_params))
            operations.append(
                Operation(name, tuple(order[: spec.num_qubits]), params, (), condition)
            )
    return NormalCircuit(num_qubits=n, cregs=cregs, operations=tuple(operations))


def small_model(seed=0):
    torch.manual_seed(seed)
    config = CircuitConfig(
        condition_sizes=CONDITION_SIZES, width=32, layers=2, heads=2, inner=64, pointer=16
    )
    model = CircuitModel(config)
    # Larger weights than training starts from, so that nothing under test is near zero.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(8)
    return model.eval()


def documents_of(circuits, conditions=None):
    rows = [encode_circuit(circuit) for circuit in circuits]
    return EncodedDocuments(
        rows=np.concatenate(rows),
        offsets=np.concatenate([[0], np.cumsum([len(r) for r in rows])]),
        conditions=np.ones((len(rows), 6), dtype=np.int64) if conditions is None else conditions,
        gates=np.array([sum(1 for _ in circuit.gates()) for circuit in circuits]),
    )


def line_circuits(count=40, seed=0):
    """GHZ-like lines, rotations and measurements of different widths."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        n = int(rng.integers(2, 9))
        operations = [Operation("h", (0,))]
        for q in range(n - 1):
            operations.append(Operation("cx", (q, q + 1)))
        operations += [Operation("rz", (q,), (float(rng.uniform(0, 6)),)) for q in range(n)]
        operations += [Operation("measure", (q,), (), (q,)) for q in range(n)]
        made.append(NormalCircuit(num_qubits=n, cregs=(n,), operations=tuple(operations)))
    return made


def small_corpus(directory, counts, *, license_="MIT"):
    """A corpus of line circuits on disk, one source, so many circuits per split."""
    shards, families = [], 0
    for seed, (split, count) in enumerate(counts.items()):
        rows = [
            make_row(
                circuit,
                Provenance(
                    source="lines",
                    license=license_,
                    family=("line", "ghz")[i % 2],
                    parameters={"num_qubits": circuit.num_qubits} | ({"i": i} if i % 2 else {}),
                    level="alg",
                    gate_set="universal",
                    generator="test",
                ),
            )
            for i, circuit in enumerate(line_circuits(count, seed=seed))
        ]
        shards += write_shards(directory, RELEASED, split, "lines", rows)
        families += count
    write_text(directory / "LICENSES" / "lines-LICENSE", "Do as you like.\n")
    entry = SourceEntry(
        name="lines",
        license=license_,
        origin="tests",
        copyright="Nobody",
        generator="test",
        released=True,
        circuits=dict(counts),
        rejected={},
        candidates=families,
        families={"line": families},
        shards=tuple(shards),
        notices=("LICENSES/lines-LICENSE",),
    )
    manifest = Manifest(
        name="lines", seed=0, recipe=None, recipe_id="", versions={}, splits={}, sources=(entry,)
    )
    write_manifest(directory, manifest)
    return Corpus.open(directory)
