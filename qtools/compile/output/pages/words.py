"""Numbers and problems as the reports of compile write them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any


def fidelity(value: float) -> str:
    """Six digits, or the distance from one where they would round to one."""
    return f"{value:.6f}" if value < 1 - 1e-5 else f"1 − {max(0.0, 1 - value):.1e}"


def angle_of(value: float) -> float:
    """``arccos sqrt F``, radians."""
    return math.acos(math.sqrt(min(1.0, max(0.0, value))))


def hamiltonian(terms: Sequence[Mapping[str, Any]]) -> str:
    """Every kind of term with its coefficients, such as ``49 XX (−0.25)``."""
    return ", ".join(f"{term['terms']} {term['label']} ({_range(term)})" for term in terms)


def asked(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The problem and the settings of a record, row by row."""
    problem, settings = record.get("problem") or {}, record["settings"]
    rows: list[tuple[str, str]] = []
    if "name" in problem:
        rows.append(("State", problem["name"]))
    if "hamiltonian" in problem:
        rows.append(("Hamiltonian", hamiltonian(problem["hamiltonian"]) or "zero"))
    if "initial" in problem:
        rows.append(("Initial state", problem["initial"]))
    rows.append(("Qubits", str(record["num_qubits"])))
    if record.get("time") is not None:
        rows.append(("Evolution time", f"{record['time']:g}"))
    goal = settings["fidelity"]
    rows += [
        ("Brick layers", str(record["layers"])),
        ("Fidelity asked for", "as high as it goes" if goal is None else f"{goal:g}"),
        ("Infidelity allowed to the target", f"{settings['tolerance']:g}"),
        ("Native gates", ", ".join(settings["basis"])),
        ("Seed", str(settings["seed"])),
    ]
    return rows


def scalar(value: str | float) -> str:
    """A value as it is shown where its meaning is not known."""
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def title(record: Mapping[str, Any]) -> str:
    """What was compiled, in one line."""
    problem = record.get("problem") or {}
    size = f"{record['num_qubits']} qubits"
    if "name" in problem:
        return f"{problem['name']}, {size}"
    return f"Time evolution to t = {record['time']:g} on {size}"


def versions(record: Mapping[str, Any]) -> str:
    """The software that made a result."""
    return ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def _range(term: Mapping[str, Any]) -> str:
    least, most = f"{term['least']:g}", f"{term['most']:g}"
    return (least if least == most else f"{least} to {most}").replace("-", "−")
