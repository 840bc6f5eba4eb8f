"""What a source of generated circuits is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from qtools.errors import BadInputError, nearest

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Arguments = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One circuit that a source can make, before it is lowered to any level.

    Attributes:
        family: one of the source's families.
        arguments: what tells it apart within its family, as JSON values; ``num_qubits`` always.
        seed: of everything random that is not in the arguments (angles above all).
    """

    family: str
    arguments: Arguments = field(default_factory=dict)
    seed: int

    def rng(self, purpose: str) -> np.random.Generator:
        """The instance's own random stream for one purpose."""
        return np.random.default_rng([self.seed, *purpose.encode()])


class Source(ABC):
    """A generator of circuits with one licence.

    Attributes:
        name: what the corpus calls it.
        license: SPDX identifier of everything it makes.
        origin: who made the generator, with a link.
        copyright: the notice that must travel with the circuits.
        distribution: the Python package whose version is recorded.
        extra: the extra of qtools that installs it; empty when qtools does.
    """

    name: str
    license: str
    origin: str
    copyright: str
    distribution: str
    extra: str = ""

    @abstractmethod
    def families(self) -> tuple[str, ...]:
        """Names of the families, sorted."""

    @abstractmethod
    def sizes(self, family: str) -> Sequence[int]:
        """Numbers of qubits at which the family exists, ascending, up to 100."""

    def variety(self, family: str) -> bool:
        """Whether a family has more than one circuit per size."""
        return True

    @abstractmethod
    def draw(self, family: str, num_qubits: int, rng: np.random.Generator) -> Arguments:
        """Random arguments for one instance, ``num_qubits`` included."""

    @abstractmethod
    def circuit(self, instance: Instance) -> "QuantumCircuit":
        """Make the circuit, with all parameters bound.

        Raises:
            QtoolsError, ValueError, qiskit.exceptions.QiskitError: the arguments do not fit.
        """

    def check_family(self, family: str) -> None:
        """Refuse an unknown family and suggest the nearest.

        Raises:
            BadInputError: the source has no such family.
        """
        known = self.families()
        if family not in known:
            raise BadInputError(
                f"expected a family of the source {self.name}, got {family!r}"
                f"{nearest(family, known)}; see `qtools datasets sources`"
            )


def bind_random_angles(circuit: "QuantumCircuit", rng: np.random.Generator) -> "QuantumCircuit":
    """The circuit with every free parameter uniform in [0, 2 pi), from the instance's stream."""
    parameters = list(circuit.parameters)
    if not parameters:
        return circuit
    values: Mapping[Any, float] = dict(
        zip(parameters, rng.uniform(0, 2 * np.pi, len(parameters)).tolist(), strict=True)
    )
    return circuit.assign_parameters(values)
