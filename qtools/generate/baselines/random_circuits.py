"""Random circuits: Qiskit's, and shuffles that keep a real circuit's size and gates."""

import numpy as np
from qiskit.circuit.random import random_circuit

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import NormalCircuit, Operation
from qtools.circuits.qiskit_io import from_qiskit

_MAX_LAYERS = 400


def qiskit_random(like: NormalCircuit, rng: np.random.Generator) -> NormalCircuit:
    """``qiskit.circuit.random_circuit`` with the width and about the size of a real circuit."""
    gates = sum(1 for _ in like.gates())
    # A layer of random_circuit holds gates on one to three qubits.
    layers = int(np.clip(round(2 * gates / like.num_qubits), 1, _MAX_LAYERS))
    made = random_circuit(
        like.num_qubits,
        layers,
        max_operands=min(3, like.num_qubits),
        measure=any(op.name == "measure" for op in like.operations),
        seed=int(rng.integers(1 << 31)),
    )
    return from_qiskit(made)


def matched_random(like: NormalCircuit, rng: np.random.Generator) -> NormalCircuit:
    """The gates of a real circuit in random order on random qubits; the rest of it unchanged.

    Size, gate histogram, angles and final measurements are those of the real circuit.
    """
    gates = [op for op in like.operations if op.is_gate and op.condition is None]
    kept = [op for op in like.operations if not op.is_gate]
    shuffled = [
        Operation(op.name, _operands(like.num_qubits, op.name, rng), op.params)
        for op in (gates[i] for i in rng.permutation(len(gates)))
    ]
    return NormalCircuit(
        num_qubits=like.num_qubits, cregs=like.cregs, operations=(*shuffled, *kept)
    )


def _operands(n: int, name: str, rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(rng.choice(n, size=ALPHABET[name].num_qubits, replace=False).tolist())
