"""Where an evolution starts: a product state, or what a short circuit makes of one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qtools.compile.geometry.routing import flipped, routed
from qtools.compile.mps import ComplexArray
from qtools.compile.problem.hamiltonians import MAX_SITES, MIN_SITES
from qtools.errors import BadInputError

_UNITARY_ATOL = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class InitialState:
    """Two-qubit preparation gates applied in time order to a product state.

    Attributes:
        vectors: (num_qubits, 2), normalised up to the global phase that they carry.
        preparation: ``(i, matrix)`` in time order; ``matrix`` is a (4, 4) unitary on sites
            ``(i, j)`` with row ``2 * bit_i + bit_j``.
        rights: ``j`` of each preparation gate; None where all act on neighbours ``(i, i + 1)``.
    """

    vectors: ComplexArray
    preparation: tuple[tuple[int, ComplexArray], ...] = ()
    rights: tuple[int, ...] | None = None

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
        object.__setattr__(self, "preparation", gates)
        if self.rights == tuple(bond + 1 for bond, _ in gates):
            object.__setattr__(self, "rights", None)
        for pair, matrix in self.blocks:
            _check_gate(pair, matrix, len(vectors))

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return len(self.vectors)

    @property
    def blocks(self) -> tuple[tuple[tuple[int, int], ComplexArray], ...]:
        """``((i, j), matrix)`` of each preparation gate."""
        rights = self.rights or [bond + 1 for bond, _ in self.preparation]
        gates = zip(self.preparation, rights, strict=True)
        return tuple(((bond, right), matrix) for (bond, matrix), right in gates)

    @classmethod
    def of_blocks(
        cls,
        vectors: ComplexArray,
        blocks: Iterable[tuple[tuple[int, int], ComplexArray]],
    ) -> "InitialState":
        """The state with preparation gates on any pairs; their sites may come in either order."""
        sorted_blocks = [
            (pair, matrix) if pair[0] < pair[1] else (pair[::-1], flipped(matrix))
            for pair, matrix in blocks
        ]
        return cls(
            vectors=vectors,
            preparation=tuple((i, matrix) for (i, _), matrix in sorted_blocks),
            rights=tuple(j for (_, j), _ in sorted_blocks),
        )

    def relabelled(self, sites: Sequence[int]) -> "InitialState":
        """The same state with site ``i`` called ``sites[i]``."""
        vectors = np.empty_like(self.vectors)
        vectors[list(sites)] = self.vectors
        return InitialState.of_blocks(
            vectors, [((sites[i], sites[j]), matrix) for (i, j), matrix in self.blocks]
        )

    def on_neighbours(self) -> "InitialState":
        """The same state with gates on neighbours only, some of them swaps."""
        if self.rights is None:
            return self
        gates = routed([pair for pair, _ in self.blocks], self.num_qubits)
        matrices = [matrix for _, matrix in self.preparation]
        return InitialState(
            vectors=self.vectors,
            preparation=tuple((gate.bond, gate.matrix(matrices)) for gate in gates),
        )

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


def _check_gate(pair: tuple[int, int], matrix: ComplexArray, num_qubits: int) -> None:
    if not 0 <= pair[0] < pair[1] < num_qubits:
        raise BadInputError(
            f"a preparation gate acts on sites {pair[0]} and {pair[1]}, but a chain of "
            f"{num_qubits} qubits has sites 0 to {num_qubits - 1}"
        )
    if matrix.shape != (4, 4):
        raise BadInputError(f"expected preparation gates of shape (4, 4), got {matrix.shape}")
    if not np.allclose(matrix @ matrix.conj().T, np.eye(4), rtol=0.0, atol=_UNITARY_ATOL):
        raise BadInputError(f"the preparation gate on sites {pair} is not unitary")
