"""qtools inside Qiskit's transpiler: a pass over circuits, and a state as an operation.

Compiling a state holds for one input, |0...0>. So nothing here is registered for Qiskit's own
evolution gates, which may stand anywhere in a circuit: the pass replaces the leading part only, and
the operation is one of our own, which may stand only where its qubits are still in |0>.
"""

from dataclasses import fields, replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Gate, Instruction, Qubit
from qiskit.converters import circuit_to_dag, dag_to_circuit
from qiskit.dagcircuit import DAGCircuit
from qiskit.transpiler.basepasses import TransformationPass
from qiskit.transpiler.passes.synthesis.plugin import HighLevelSynthesisPlugin

from qtools.compile.compiler import compile_problem
from qtools.compile.depth import search_depth
from qtools.compile.inputs.circuit_input import circuit_problem, given_circuit
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import InitialState
from qtools.compile.settings import DEEPEST, CompileSettings
from qtools.compile.synthesis.circuit_metrics import two_qubit_depth
from qtools.compile.synthesis.native_basis import DEFAULT_BASIS
from qtools.errors import BadInputError

# Qiskit's own options come along with those of the user.
_SETTINGS = {field.name for field in fields(CompileSettings)}


class CompressLeadingPart(TransformationPass):  # type: ignore[misc]
    """Replace the leading part of a circuit on |0...0> by a shallower one of a given fidelity.

    Belongs before routing, for instance into ``pass_manager.init``. A circuit that gains nothing is
    left as it is.
    """

    def __init__(
        self,
        fidelity: float,
        *,
        max_bond: int = 64,
        deepest: int = DEEPEST,
        basis: tuple[str, ...] = DEFAULT_BASIS,
    ) -> None:
        """Compress to ``fidelity`` as much of a circuit as has a state within ``max_bond``."""
        super().__init__()
        self._settings = CompileSettings(layers=deepest, fidelity=fidelity, basis=basis)
        self._max_bond = max_bond

    def run(self, dag: DAGCircuit) -> DAGCircuit:
        """The circuit with its leading part replaced; the fidelity is in the property set."""
        circuit = dag_to_circuit(dag)
        leading, behind = _leading_gates(circuit)
        if two_qubit_depth(leading) < 2 or circuit.num_qubits < 2:
            return dag
        try:
            problem = circuit_problem(
                given_circuit(leading).circuit,
                max_bond=self._max_bond,
                basis=self._settings.basis,
            )
        except BadInputError:
            return dag
        result = search_depth(problem, self._settings)
        reached = result.fidelity >= (self._settings.fidelity or 0.0)
        if not reached or result.two_qubit_depth >= problem.original_depth:
            return dag
        self.property_set["qtools_fidelity"] = result.fidelity
        replaced = circuit.copy_empty_like()
        replaced.global_phase = 0.0
        replaced.compose(result.whole_circuit, circuit.qubits, inplace=True)
        for instruction in behind:
            replaced.append(instruction)
        return circuit_to_dag(replaced)


def _leading_gates(circuit: QuantumCircuit) -> tuple[QuantumCircuit, list[CircuitInstruction]]:
    """The gates that wait for nothing but gates, and everything else."""
    leading = QuantumCircuit(list(circuit.qubits), global_phase=circuit.global_phase)
    behind: list[CircuitInstruction] = []
    closed: set[Qubit] = set()
    for instruction in circuit.data:
        operation = instruction.operation
        is_free = isinstance(operation, Gate) and not operation.is_parameterized()
        if is_free and not instruction.clbits and closed.isdisjoint(instruction.qubits):
            leading.append(instruction)
        else:
            closed.update(instruction.qubits)
            behind.append(instruction)
    return leading, behind


class EvolvedState(Instruction):  # type: ignore[misc]
    """Prepare ``exp(-i H t)|initial>`` on qubits that are in |0>."""

    def __init__(self, problem: EvolutionProblem, settings: CompileSettings) -> None:
        """The state of ``problem``, to be compiled as ``settings`` say."""
        super().__init__("evolved_state", problem.num_qubits, 0, [])
        self.problem = problem
        self.settings = settings

    @classmethod
    def of(cls, hamiltonian: Any, *, time: float, initial: str = "zero", **settings: Any) -> Any:
        """The state of an evolution; ``settings`` are those of :class:`CompileSettings`.

        Args:
            hamiltonian: a ``SparsePauliOp`` or a ``ChainHamiltonian``.
            time: t, positive.
            initial: ``zero``, ``neel``, ``domain-wall``, or bits in site order.
            settings: ``layers`` at least.
        """
        if not isinstance(hamiltonian, ChainHamiltonian):
            hamiltonian = ChainHamiltonian.from_sparse_pauli_op(hamiltonian)
        start = InitialState.named(initial, num_qubits=hamiltonian.num_qubits)
        problem = EvolutionProblem.on_qubits(hamiltonian=hamiltonian, initial=start, time=time)
        return cls(problem, CompileSettings(**settings))

    def _define(self) -> None:
        self.definition = compile_problem(self.problem, self.settings).circuit


class EvolvedStateSynthesis(HighLevelSynthesisPlugin):  # type: ignore[misc]
    """Synthesises :class:`EvolvedState`, by another depth or fidelity where options ask for it."""

    def run(
        self,
        high_level_object: Any,
        coupling_map: Any = None,
        target: Any = None,
        qubits: Any = None,
        **options: Any,
    ) -> QuantumCircuit | None:
        """The circuit; None for another operation. Options override fields of the settings."""
        if not isinstance(high_level_object, EvolvedState):
            return None
        asked = {name: options[name] for name in _SETTINGS & set(options)}
        if not asked:
            return high_level_object.definition
        settings = replace(high_level_object.settings, **asked)
        return compile_problem(high_level_object.problem, settings).circuit
