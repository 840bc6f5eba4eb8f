"""Where an evolution starts: a product state, or what a short circuit makes of one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qtools.compile.mps import ComplexArray
from qtools.compile.problem.hamiltonians import MAX_SITES, MIN_SITES
from qtools.errors import BadInputError

_UNITARY_ATOL = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class InitialState:
    """Two-qubit preparation gates applied in time order to a product state.

    Attributes:
        vectors: (num_qubits, 2), normalised up to the global phase that they carry.
        preparation: ``(i, matrix)`` in time order; ``matrix`` is a (4, 4) unitary on qubits
            ``(i, i + 1)`` with row ``2 * bit_i + bit_(i+1)``.
    """

    vectors: ComplexArray
    preparation: tuple[tuple[int, ComplexArray], ...] = ()

    def __post_init__(self) -> None:
        vectors = _frozen_array(self.vectors)
        if vectors.ndim != 2 or vectors.shape[1] != 2:
            raise BadInputError(
                f"expected one vector of length 2 per qubit, got an array of shape {vectors.shape}"
            )
        if not MIN_SITES <= len(vectors) <= MAX_SITES:
            raise BadInputError(
                f"expected an initial state of {MIN_SITES} to {MAX_SITES} qubits, "
                f"got {len(vectors)}"
            )
        norms = np.linalg.norm(vectors, axis=1)
        if not np.allclose(norms, 1.0, rtol=0.0, atol=_UNITARY_ATOL):
            raise BadInputError("expected initial vectors of norm 1; normalise them first")
        object.__setattr__(self, "vectors", vectors)
        gates = tuple((int(bond), _frozen_array(matrix)) for bond, matrix in self.preparation)
        for bond, matrix in gates:
            _check_gate(bond, matrix, len(vectors))
        object.__setattr__(self, "preparation", gates)

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return len(self.vectors)

    @classmethod
    def basis_state(cls, bits: Sequence[int]) -> "InitialState":
        """The computational basis state with ``bits[i]`` on site ``i``."""
        vectors = np.zeros((len(bits), 2), dtype=complex)
        vectors[np.arange(len(bits)), np.asarray(bits, dtype=int)] = 1.0
        return cls(vectors=vectors)

    @classmethod
    def named(cls, text: str, *, num_qubits: int) -> "InitialState":
        """The state called ``text``.

        ``zero`` is 00...0; ``neel`` is 0101..., an X on every odd site; ``domain-wall`` has 0 on
        the first ``num_qubits // 2`` sites and 1 on the others; a string of 0 and 1 gives the bits
        in site order.

        Raises:
            BadInputError: for another name, or bits of the wrong length.
        """
        if text in NAMED_STATES:
            return cls.basis_state([NAMED_STATES[text](i, num_qubits) for i in range(num_qubits)])
        if not is_bits(text):
            raise BadInputError(
                f"unknown initial state {text!r}; expected {', '.join(NAMED_STATES)}, bits in "
                "site order, or a QASM file"
            )
        if len(text) != num_qubits:
            raise BadInputError(
                f"the initial bits have length {len(text)}, but the chain has {num_qubits} sites; "
                "give one bit per site"
            )
        return cls.basis_state([int(bit) for bit in text])


NAMED_STATES: dict[str, Callable[[int, int], int]] = {
    "zero": lambda site, num_qubits: 0,
    "neel": lambda site, num_qubits: site % 2,
    "domain-wall": lambda site, num_qubits: int(site >= num_qubits // 2),
}


def is_bits(text: str) -> bool:
    """Whether ``text`` is a string of 0 and 1."""
    return bool(text) and set(text) <= {"0", "1"}


def _frozen_array(values: ComplexArray) -> ComplexArray:
    array = np.array(values, dtype=complex)
    array.setflags(write=False)
    return array


def _check_gate(bond: int, matrix: ComplexArray, num_qubits: int) -> None:
    if not 0 <= bond < num_qubits - 1:
        raise BadInputError(
            f"a preparation gate acts on bond {bond}, but a chain of {num_qubits} qubits has bonds "
            f"0 to {num_qubits - 2}"
        )
    if matrix.shape != (4, 4):
        raise BadInputError(f"expected preparation gates of shape (4, 4), got {matrix.shape}")
    if not np.allclose(matrix @ matrix.conj().T, np.eye(4), rtol=0.0, atol=_UNITARY_ATOL):
        raise BadInputError(f"the preparation gate on bond {bond} is not unitary")
