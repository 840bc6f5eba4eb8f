"""File-defined gates that are really standard gates, told by their matrix, never by their name."""

import re
from functools import lru_cache
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import UnsupportedCircuitError
from qtools.circuits.qiskit_io import Expansion, from_qiskit, to_qiskit

# Exporters make names unique with a number: ecr_140.
_EXPORTED_NAME = re.compile(r"(?P<name>[a-z]+)(?:_\d+)?")
_MAX_DEFINITION = 64
_DISTANCE = 1e-9
_STANDARD = {name: type(gate) for name, gate in get_standard_gate_name_mapping().items()}


def standard_meaning(gate: Any) -> Expansion | None:
    """The alphabet gate that a file-defined gate of that name equals up to a global phase.

    None when the name is no alphabet gate's or the definition means something else; the gate is
    then expanded by its definition.
    """
    if not isinstance(gate, Gate) or isinstance(gate, tuple(_STANDARD.values())):
        return None
    match = _EXPORTED_NAME.fullmatch(gate.name)
    spec = ALPHABET.get(match["name"]) if match else None
    if spec is None or (spec.num_qubits, spec.num_params) != (gate.num_qubits, len(gate.params)):
        return None
    definition = getattr(gate, "definition", None)
    if definition is None:
        return None
    try:
        flat = from_qiskit(definition, max_operations=_MAX_DEFINITION)
        angles = tuple(float(param) for param in gate.params)
    except (UnsupportedCircuitError, TypeError):
        return None
    if not all(operation.is_gate and operation.condition is None for operation in flat.operations):
        return None
    if not _equal(spec.name, angles, flat.operations):
        return None
    return ((spec.name, angles, tuple(range(spec.num_qubits))),)


@lru_cache(maxsize=4096)
def _equal(name: str, angles: tuple[float, ...], operations: tuple[Any, ...]) -> bool:
    from qtools.circuits.normal import NormalCircuit

    width = ALPHABET[name].num_qubits
    defined = to_qiskit(NormalCircuit(num_qubits=width, operations=operations))
    standard = QuantumCircuit(width)
    standard.append(_STANDARD[name](*angles), range(width))
    try:
        difference = Operator(standard).adjoint().compose(Operator(defined)).data
    except QiskitError:
        return False
    return _is_phase(difference)


def _is_phase(matrix: np.ndarray) -> bool:
    phase = matrix[0, 0]
    return bool(np.allclose(matrix, phase * np.eye(len(matrix)), atol=_DISTANCE))
