"""All structural features of a circuit in one flat record."""

from dataclasses import dataclass, fields

from qtools.circuits.features.dependency import dependency_metrics
from qtools.circuits.features.interaction import interaction_metrics
from qtools.circuits.features.schedule import schedule
from qtools.circuits.features.supermarq import supermarq_features
from qtools.circuits.normal import NormalCircuit


@dataclass(frozen=True, kw_only=True)
class Features:
    """The 18 metrics of Bandic et al. (size, ig_*, gdg_*, density) and SupermarQ's 6 (sq_*).

    See the modules of this package for the definitions. None marks a metric whose work limit the
    circuit exceeds.

    Attributes:
        num_qubits: size of the quantum register, idle qubits included.
        num_gates: gates; measurements, resets and barriers are none.
        two_qubit_gates: gates on exactly two qubits.
        two_qubit_fraction: two_qubit_gates / num_gates.
        depth: layers of gates, measurements and resets, as ``QuantumCircuit.depth()`` counts them
            when there are no barriers.
        density_score: (sum of the gates' operands / d - 1) / (n - 1), d layers of gates alone.
        idling_score: mean over qubits of the fraction of the d layers in which they are idle.
    """

    num_qubits: int
    num_gates: int
    two_qubit_gates: int
    two_qubit_fraction: float
    depth: int
    ig_average_shortest_path: float | None
    ig_adjacency_std: float
    ig_diameter: int | None
    ig_central_dominance: float | None
    ig_average_degree: float
    ig_maximal_cliques: int | None
    ig_clustering: float
    gdg_critical_path_length: int
    gdg_path_length_mean: float
    gdg_path_length_std: float
    gdg_critical_path_fraction: float
    density_score: float
    idling_score: float
    sq_program_communication: float
    sq_critical_depth: float
    sq_entanglement_ratio: float
    sq_parallelism: float
    sq_liveness: float
    sq_measurement: float


#: Names of the features, in the order of the corpus columns.
FEATURE_NAMES = tuple(field.name for field in fields(Features))


def features(circuit: NormalCircuit) -> Features:
    """Compute all features of a circuit."""
    n = circuit.num_qubits
    sizes = [len(gate.qubits) for gate in circuit.gates()]
    interaction = interaction_metrics(circuit)
    dependency = dependency_metrics(circuit)
    plan = schedule(circuit)
    supermarq = supermarq_features(n, plan, average_degree=interaction.average_degree)
    gate_depth = dependency.critical_path_length
    operands = sum(sizes)
    two_qubit = sizes.count(2)
    return Features(
        num_qubits=n,
        num_gates=len(sizes),
        two_qubit_gates=two_qubit,
        two_qubit_fraction=two_qubit / len(sizes) if sizes else 0.0,
        depth=plan.total_depth,
        density_score=(operands / gate_depth - 1) / (n - 1) if gate_depth and n > 1 else 0.0,
        idling_score=1 - operands / (n * gate_depth) if gate_depth else 0.0,
        **{f"ig_{name}": value for name, value in vars(interaction).items()},
        **{f"gdg_{name}": value for name, value in vars(dependency).items()},
        **{f"sq_{name}": value for name, value in vars(supermarq).items()},
    )
