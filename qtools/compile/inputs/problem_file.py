"""What the user asked for: options of the command line over the keys of a ``problem.toml``.

::

    [hamiltonian]            # model keys, or file = "H.json" (or "chains.hdf5::KEY")
    model = "heisenberg"
    sites = 100
    lattice = "chain"        # or ring, ladder; square and heavy-hex have a size = [4, 4]
    coupling = -0.25         # or [Jx, Jy, Jz]; likewise field, disorder, seed
    [evolution]
    initial = "neel"         # or zero, domain-wall, bits, a QASM file
    time = 1.2
    [ansatz]
    layers = 5               # or steps = 2
    coupling_map = "map.json"  # of the device, if there is one
    [optimize]
    fidelity = 0.9995        # any of the fields of CompileSettings

File names are relative to the file that holds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from qtools.compile.geometry.device import Device, read_coupling_map
from qtools.compile.geometry.lattices import Lattice, lattice
from qtools.compile.geometry.placement import Placement, placed_on
from qtools.compile.inputs.hamiltonian_file import read_hamiltonian
from qtools.compile.inputs.hamlib import names_hamlib, read_hamlib
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.compile.problem.initial_state import NAMED_STATES, InitialState, is_bits
from qtools.compile.problem.models import Components, Disorder, lattice_model
from qtools.compile.settings import DEEPEST, CompileSettings, layers_of_steps
from qtools.errors import BadInputError, UsageError, nearest
from qtools.runs.untrusted import read_toml

# TOML type of each key of each table: the sorts of value that _checked accepts.
_TABLES: dict[str, dict[str, str]] = {
    "hamiltonian": {
        "model": "text",
        "sites": "whole number",
        "coupling": "number or three",
        "field": "number or three",
        "disorder": "number or two",
        "periodic": "true or false",
        "lattice": "text",
        "size": "two whole numbers",
        "seed": "whole number",
        "file": "text",
    },
    "evolution": {"initial": "text", "time": "number"},
    "ansatz": {"layers": "whole number", "steps": "whole number", "coupling_map": "text"},
    "optimize": {
        "fidelity": "number",
        "max_iterations": "whole number",
        "max_seconds": "number",
        "tolerance": "number",
        "max_bond": "whole number",
        "max_memory": "whole number",
        "device": "text",
        "precision": "text",
        "basis": "list of texts",
        "seed": "whole number",
        "objective": "text",
        "optimizer": "text",
        "blocks": "text",
        "start": "text",
    },
}


@dataclass(frozen=True, kw_only=True)
class HamiltonianRequest:
    """A lattice model by its keys, or a file; ``None`` means not given."""

    model: str | None = None
    sites: int | None = None
    coupling: Components | None = None
    field: Components | None = None
    disorder: Disorder | None = None
    periodic: bool | None = None
    lattice: str | None = None
    size: tuple[int, int] | None = None
    seed: int | None = None
    file: Path | None = None

    def build(self, device: Device | None = None) -> ChainHamiltonian:
        """The Hamiltonian that was asked for.

        Args:
            device: on whose qubits and edges a model without a size of its own lives.

        Raises:
            UsageError: when keys are missing or do not fit together.
            BadInputError: when a value is wrong.
        """
        keys = [f.name for f in fields(self) if f.name not in ("file", "seed")]
        given = [key for key in keys if getattr(self, key) is not None]
        if self.file is not None:
            if given:
                raise UsageError(
                    f"a Hamiltonian file and {given[0]} do not fit together; give one of them"
                )
            if names_hamlib(self.file):
                return read_hamlib(self.file)
            return read_hamiltonian(self.file)
        if self.model is None:
            raise UsageError("no model given; give a model with sites, or a Hamiltonian file")
        return lattice_model(
            self.model,
            self._sites(device),
            coupling=self.coupling,
            field=self.field,
            disorder=0.0 if self.disorder is None else self.disorder,
            seed=self.seed or 0,
            periodic=bool(self.periodic),
        )

    def _sites(self, device: Device | None) -> int | Lattice:
        """Where the model lives."""
        if self.lattice is not None:
            if self.sites is not None and self.size is not None:
                raise UsageError("sites and size do not fit together; give one of them")
            return lattice(self.lattice, sites=self.sites, size=self.size)
        if self.size is not None:
            raise UsageError("a size needs a lattice; give a lattice such as square")
        if self.sites is not None:
            return self.sites
        if device is not None:
            return device.lattice()
        raise UsageError("no sites given; give a model with sites, or a Hamiltonian file")


@dataclass(frozen=True, kw_only=True)
class CompileRequest:
    """A problem and how to compile it, as far as given; ``None`` means not given.

    Attributes:
        hamiltonian: model keys or file.
        initial: a name, bits in site order, or a QASM file.
        initial_directory: where a QASM file named by ``initial`` is looked for.
        time: evolution time.
        layers: brick layers; exclusive with ``steps``.
        steps: second-order Trotter steps.
        coupling_map: file with the edges of the device.
        optimize: fields of :class:`CompileSettings` other than ``layers``.
    """

    hamiltonian: HamiltonianRequest = HamiltonianRequest()
    initial: str | None = None
    initial_directory: Path = Path()
    time: float | None = None
    layers: int | None = None
    steps: int | None = None
    coupling_map: Path | None = None
    optimize: Mapping[str, Any] = field(default_factory=dict)

    def problem(self) -> EvolutionProblem:
        """The problem that was asked for; raises as :meth:`HamiltonianRequest.build`."""
        return self.placed()[0]

    def placed(self) -> tuple[EvolutionProblem, Placement | None]:
        """The problem, and where it is on the device; raises as :meth:`problem`."""
        if self.time is None:
            raise UsageError("no evolution time given; give a time")
        device = None if self.coupling_map is None else read_coupling_map(self.coupling_map)
        hamiltonian = self.hamiltonian.build(device)
        placement = None
        if device is not None:
            placement = placed_on(device, hamiltonian.num_qubits, hamiltonian.couplings)
        initial = self._initial_state(hamiltonian.num_qubits)
        problem = EvolutionProblem.on_qubits(
            hamiltonian=hamiltonian,
            initial=initial,
            time=self.time,
            circuit_edges=None if placement is None else placement.circuit_edges,
        )
        return problem, placement

    def settings(self, colours: int = 2) -> CompileSettings:
        """The settings that were asked for.

        Args:
            colours: layers of disjoint pairs into which the coupled pairs fall.

        Raises:
            UsageError: unless exactly one of layers and steps is given.
            BadInputError: when a value is wrong.
        """
        if self.layers is not None and self.steps is not None:
            raise UsageError("expected exactly one of layers and steps; give one of them")
        layers = layers_of_steps(self.steps, colours) if self.steps is not None else self.layers
        return CompileSettings(layers=layers or self._deepest(), **self.optimize)

    @property
    def searches_depth(self) -> bool:
        """Whether the depth is to be found: no depth is given."""
        return self.layers is None and self.steps is None

    def _deepest(self) -> int:
        """The deepest circuit that a search may try; refuses to search without an end."""
        if self.layers is None and not {"fidelity", "max_seconds"} & set(self.optimize):
            raise UsageError(
                "expected exactly one of layers and steps, or a fidelity or a budget to find the "
                "depth for"
            )
        return DEEPEST if self.layers is None else self.layers

    def _initial_state(self, num_qubits: int) -> InitialState:
        name = self.initial or "zero"
        if name in NAMED_STATES or is_bits(name):
            return InitialState.named(name, num_qubits=num_qubits)
        path = self.initial_directory / name
        if not (_exists(path) or path.suffix in (".qasm", ".qpy")):
            raise BadInputError(
                f"unknown initial state {name!r}{nearest(name, NAMED_STATES)}; expected "
                f"{', '.join(NAMED_STATES)}, bits in site order, or an existing QASM file"
            )
        from qtools.compile.problem.preparation import read_initial_state

        return read_initial_state(path)


def read_problem_file(path: Path) -> CompileRequest:
    """The request in the TOML file ``path``.

    Raises:
        BadInputError: when the file cannot be read, or holds an unknown table or key (the nearest
            known one is suggested) or a value of the wrong type.
    """
    return problem_request(read_toml(path, what="problem"), path)


def problem_request(tables: Mapping[str, Any], path: Path) -> CompileRequest:
    """The request in the tables of a problem file; ``path`` names it and is where its files are.

    Raises:
        BadInputError: as :func:`read_problem_file`.
    """
    known = {name: _checked_table(path, name, tables.get(name, {})) for name in _TABLES}
    for name in tables:
        if name not in _TABLES:
            raise BadInputError(
                f"{path} has the unknown table [{name}]{nearest(name, _TABLES)}; "
                f"expected {', '.join(_TABLES)}"
            )
    model = known["hamiltonian"]
    if "file" in model:
        model["file"] = path.parent / model["file"]
    if "coupling_map" in known["ansatz"]:
        known["ansatz"]["coupling_map"] = path.parent / known["ansatz"]["coupling_map"]
    if {"layers", "steps"} <= set(known["ansatz"]):
        raise BadInputError(f"{path}: [ansatz] has both layers and steps; keep one of them")
    return CompileRequest(
        hamiltonian=HamiltonianRequest(**model),
        initial_directory=path.parent,
        **known["evolution"],
        **known["ansatz"],
        optimize=known["optimize"],
    )


def merged(base: CompileRequest, over: CompileRequest) -> CompileRequest:
    """``base`` with everything that ``over`` gives.

    An alternative counts as one thing: a model given in ``over`` drops the file in ``base`` and the
    other way round, and so do layers and steps.
    """
    hamiltonian = base.hamiltonian
    if over.hamiltonian.file is not None or (over.hamiltonian.model and hamiltonian.file):
        hamiltonian = HamiltonianRequest(seed=hamiltonian.seed)
    result = replace(
        base,
        hamiltonian=replace(hamiltonian, **_given(over.hamiltonian)),
        optimize={**base.optimize, **over.optimize},
    )
    if over.layers is not None or over.steps is not None:
        result = replace(result, layers=over.layers, steps=over.steps)
    if over.coupling_map is not None:
        result = replace(result, coupling_map=over.coupling_map)
    if over.initial is not None:
        result = replace(result, initial=over.initial, initial_directory=over.initial_directory)
    return result if over.time is None else replace(result, time=over.time)


def _exists(path: Path) -> bool:
    """Like ``path.exists()``, but False for what cannot be a file name (too long, null bytes)."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _given(request: HamiltonianRequest) -> dict[str, Any]:
    values = {f.name: getattr(request, f.name) for f in fields(request)}
    return {name: value for name, value in values.items() if value is not None}


def _checked_table(path: Path, table: str, values: Any) -> dict[str, Any]:
    sorts = _TABLES[table]
    if not isinstance(values, dict):
        raise BadInputError(f"{path}: expected a table [{table}], got {values!r}")
    checked = {}
    for key, value in values.items():
        if key not in sorts:
            raise BadInputError(
                f"{path}: unknown key {key!r} in [{table}]{nearest(key, sorts)}; "
                f"expected {', '.join(sorts)}"
            )
        checked[key] = _checked(f"{path}: {key} in [{table}]", sorts[key], value)
    return checked


def _checked(name: str, sort: str, value: Any) -> Any:
    match sort, value:
        case ("true or false", bool()) | ("text", str()):
            return value
        case (_, bool()):
            pass
        case ("whole number", int()):
            return value
        case ("number" | "number or three" | "number or two", int() | float()):
            return _float(name, value)
        case ("number or three", [_, _, _]) | ("number or two", [_, _]):
            if all(isinstance(x, int | float) and not isinstance(x, bool) for x in value):
                return tuple(_float(name, x) for x in value)
        case ("two whole numbers", [int() as rows, int() as columns]):
            return rows, columns
        case ("list of texts", list()) if all(isinstance(x, str) for x in value):
            return tuple(value)
    raise BadInputError(f"{name} should be {_article(sort)}, got {value!r}")


def _float(name: str, value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise BadInputError(f"{name} is too large a number; expected one below 1e308") from None


def _article(sort: str) -> str:
    return sort if sort in ("true or false", "two whole numbers") else f"a {sort}"
