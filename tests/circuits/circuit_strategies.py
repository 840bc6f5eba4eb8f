"""Random circuits in normal form, for Hypothesis and for loops."""

import math
import random

from hypothesis import strategies as st

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.angles import snapped
from qtools.circuits.normal import NormalCircuit, Operation


def random_normal(
    seed: int, *, num_qubits: int, num_gates: int, measure: bool = False
) -> NormalCircuit:
    """Gates of the whole alphabet on random operands, some angles multiples of pi."""
    rng = random.Random(seed)
    specs = [spec for spec in ALPHABET.values() if spec.num_qubits <= num_qubits]
    operations = []
    for _ in range(num_gates):
        spec = rng.choice(specs)
        angles = tuple(
            snapped(rng.choice([rng.uniform(-7, 7), rng.randint(-8, 8) * math.pi / 8]))
            for _ in range(spec.num_params)
        )
        # U(0, 0, 0) is written as id.
        if spec.name == "u" and not any(angles):
            angles = (math.pi / 2, 0.0, 0.0)
        qubits = tuple(rng.sample(range(num_qubits), spec.num_qubits))
        operations.append(Operation(spec.name, qubits, angles))
    if measure:
        operations += [Operation("measure", (q,), (), (q,)) for q in range(num_qubits)]
    return NormalCircuit(
        num_qubits=num_qubits,
        cregs=(num_qubits,) if measure else (),
        operations=tuple(operations),
    )


normal_circuits = st.builds(
    random_normal,
    st.integers(0, 1 << 30),
    num_qubits=st.integers(1, 5),
    num_gates=st.integers(1, 25),
    measure=st.booleans(),
)
