"""Hamiltonians in JSON, in the shape of Qiskit's ``SparsePauliOp.from_sparse_list``.

::

    {"num_qubits": 4, "terms": [["XX", [0, 1], 0.25], ["Z", [2], 0.1]]}

Letter ``k`` of a label acts on the ``k``-th site named after it.
"""

from pathlib import Path
from typing import Any

from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.errors import BadInputError, nearest
from qtools.runs.untrusted import parse_json, read_text

_KEYS = ("num_qubits", "terms")


def read_hamiltonian(path: Path) -> ChainHamiltonian:
    """The Hamiltonian in the JSON file ``path``.

    Raises:
        BadInputError: when the file cannot be read, is no JSON of the shape above, or holds no
            Hermitian neighbour chain.
    """
    return parse_hamiltonian(read_text(path, what="Hamiltonian"), source=str(path))


def parse_hamiltonian(text: str, *, source: str = "the Hamiltonian") -> ChainHamiltonian:
    """The Hamiltonian in the JSON text ``text``; errors name ``source``."""
    data = parse_json(text, source=source)
    if not isinstance(data, dict):
        raise BadInputError(
            f"{source} should hold a JSON object with num_qubits and terms, such as "
            '{"num_qubits": 4, "terms": [["XX", [0, 1], 0.25]]}'
        )
    for key in data:
        if key not in _KEYS:
            raise BadInputError(f"{source} has the unknown key {key!r}{nearest(key, _KEYS)}")
    for key in _KEYS:
        if key not in data:
            raise BadInputError(f"{source} lacks the key {key!r}")
    if not isinstance(data["terms"], list):
        raise BadInputError(f"{source} should hold a list of terms, got {data['terms']!r}")
    triples = [_triple(entry, index, source) for index, entry in enumerate(data["terms"])]
    try:
        return ChainHamiltonian.from_terms(triples, num_qubits=data["num_qubits"])
    except BadInputError as error:
        raise BadInputError(f"{source}: {error}") from None


def _triple(entry: Any, index: int, source: str) -> tuple[str, list[int], float]:
    match entry:
        case [str(label), list(sites), bool() | str() | None | list() | dict() as coefficient]:
            raise BadInputError(
                f"{source}: term {index} ({label} on {sites}) has the coefficient "
                f"{coefficient!r}; expected a real number"
            )
        case [str(label), list(sites), coefficient]:
            return label, sites, coefficient
    raise BadInputError(
        f'{source}: term {index} is {entry!r}; expected a list such as ["XX", [0, 1], 0.25]'
    )
