"""Devices: which qubits a two-qubit gate can join, in which direction, and how well."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rustworkx as rx

from qtools.compile.geometry.lattices import Lattice, Pair
from qtools.compile.synthesis.native_basis import ENTANGLERS, ONE_QUBIT_FAMILIES
from qtools.errors import BadInputError
from qtools.runs.untrusted import parse_json, read_text

if TYPE_CHECKING:
    from qiskit.transpiler import Target

_MAX_BYTES = 10_000_000
_LINE = re.compile(r"\s*(\d+)[\s,]+(\d+)(?:[\s,]+([-+.\deE]+))?\s*")


@dataclass(frozen=True, kw_only=True, eq=False)
class Device:
    """What a circuit is to run on.

    Attributes:
        name: for people.
        num_qubits: all of them, usable or not.
        edges: pairs ``(control, target)`` that a two-qubit gate can join, each once.
        errors: of the two-qubit gate on each edge; None where they are not known.
        basis: native gates; None where they are not known.
        target: Qiskit's description, where there is one.
    """

    name: str
    num_qubits: int
    edges: tuple[Pair, ...]
    errors: tuple[float, ...] | None = None
    basis: tuple[str, ...] | None = None
    target: "Target | None" = None

    @property
    def pairs(self) -> dict[Pair, float]:
        """The error on every pair ``(i, j)``, ``i < j``, the better of its two directions."""
        found: dict[Pair, float] = {}
        errors = self.errors or (0.0,) * len(self.edges)
        for (i, j), error in zip(self.edges, errors, strict=True):
            pair = min(i, j), max(i, j)
            found[pair] = min(error, found.get(pair, math.inf))
        return dict(sorted(found.items()))

    @property
    def components(self) -> list[list[int]]:
        """Connected sets of qubits, the largest first."""
        graph = rx.PyGraph()
        graph.add_nodes_from(range(self.num_qubits))
        graph.add_edges_from_no_data(list(self.pairs))
        return sorted((sorted(c) for c in rx.connected_components(graph)), key=lambda c: -len(c))

    def lattice(self) -> Lattice:
        """All its qubits and couplings as a lattice."""
        return Lattice(name=self.name, num_sites=self.num_qubits, edges=tuple(self.pairs))


def read_coupling_map(path: Path) -> Device:
    """The device in a file.

    The file holds JSON, a list of edges ``[i, j]`` or ``[i, j, error]`` or an object with that list
    as ``coupling_map``, or one edge ``i j`` or ``i j error`` per line (``#`` begins a comment).

    Raises:
        BadInputError: when it cannot be read as that, or when its qubits do not hang together.
    """
    text = read_text(path, what="coupling map", max_bytes=_MAX_BYTES)
    rows = _json_rows(path, text) if text.lstrip()[:1] in ("[", "{") else _line_rows(path, text)
    device = _device(path.name, rows)
    if len(device.components) > 1:
        alone = device.components[1][0]
        raise BadInputError(
            f"the coupling map {path} is disconnected: no edges lead from qubit "
            f"{device.components[0][0]} to qubit {alone}; expected one connected map"
        )
    return device


def _json_rows(path: Path, text: str) -> list[Any]:
    found = parse_json(text, source=str(path))
    rows = found.get("coupling_map") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise BadInputError(
            f"the coupling map {path} holds no list of edges; expected [[0, 1], [1, 2], ...]"
        )
    return rows


def _line_rows(path: Path, text: str) -> list[Any]:
    rows: list[Any] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.split("#")[0]
        if not stripped.strip():
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise BadInputError(
                f"line {number} of the coupling map {path} is no edge; expected two qubits, such "
                f"as 0 1, got {line.strip()[:40]!r}"
            )
        error = [] if match[3] is None else [_number(match[3])]
        rows.append([int(match[1]), int(match[2]), *error])
    return rows


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _device(name: str, rows: Sequence[Any]) -> Device:
    edges: dict[Pair, float] = {}
    for row in rows:
        match row:
            case [int(i), int(j)] if i != j and min(i, j) >= 0:
                edges[i, j] = 0.0
            case [int(i), int(j), int() | float() as error] if (
                i != j and min(i, j) >= 0 and 0.0 <= error < 1.0
            ):
                edges[i, j] = float(error)
            case _:
                raise BadInputError(
                    f"the coupling map {name} has the edge {row!r}; expected two different qubits, "
                    "and an error between 0 and 1 where one is known"
                )
    if not edges:
        raise BadInputError(f"the coupling map {name} has no edges")
    has_errors = any(len(row) == 3 for row in rows)
    return Device(
        name=name,
        num_qubits=1 + max(max(edge) for edge in edges),
        edges=tuple(edges),
        errors=tuple(edges.values()) if has_errors else None,
    )


def device_of(backend: Any) -> Device:
    """A Qiskit ``BackendV2``, ``Target`` or ``CouplingMap`` as a device.

    Raises:
        BadInputError: for anything else, or one without two-qubit gates.
    """
    from qiskit.transpiler import CouplingMap, Target

    if isinstance(backend, Device):
        return backend
    if isinstance(backend, CouplingMap):
        return _device("coupling map", [list(edge) for edge in backend.get_edges()])
    target = getattr(backend, "target", backend)
    if not isinstance(target, Target):
        raise BadInputError(
            f"expected a Qiskit BackendV2, Target or CouplingMap, got {type(backend).__name__}"
        )
    name = str(getattr(backend, "name", None) or target.description or "target")
    names = [gate for gate in ENTANGLERS if gate in target.operation_names]
    for entangler in names:
        properties = target[entangler]
        if None not in properties and properties:
            edges = tuple((int(i), int(j)) for i, j in properties)
            errors = [getattr(p, "error", None) for p in properties.values()]
            known = any(error is not None for error in errors)
            # A gate that reports an error of one is broken.
            usable = [k for k, error in enumerate(errors) if error is None or error < 1.0]
            return Device(
                name=name,
                num_qubits=int(target.num_qubits),
                edges=tuple(edges[k] for k in usable),
                errors=tuple(errors[k] or 0.0 for k in usable) if known else None,
                basis=_basis(entangler, target.operation_names),
                target=target,
            )
    raise BadInputError(
        f"{name} has no two-qubit gate out of {', '.join(ENTANGLERS)} on given pairs of qubits"
    )


def _basis(entangler: str, names: Iterable[str]) -> tuple[str, ...]:
    available = set(names)
    for family in ONE_QUBIT_FAMILIES.values():
        if family <= available:
            return (entangler, *sorted(family), *(["x"] if "x" in available - family else []))
    raise BadInputError(
        f"the one-qubit gates of the device ({', '.join(sorted(available))}) cannot make every "
        "rotation in a way that is known here"
    )
