"""The work of one task: make an instance, lower it, describe every result."""

import warnings
from dataclasses import asdict
from typing import Any

from qtools.circuits.normal import NormalCircuit, UnsupportedCircuitError
from qtools.datasets.levels import Variant, lower
from qtools.datasets.rows import Provenance, Row, make_row
from qtools.datasets.sources import Instance, source
from qtools.runs.calls import Outcome, attempt

# Directives and measurements come on top of the gates.
_OPERATIONS_PER_GATE = 4


def make_rows(arguments: dict[str, Any]) -> dict[str, Any]:
    """Rows of one task and what was rejected.

    Args:
        arguments: of a task from :func:`qtools.datasets.plan.plan_tasks`.

    Returns:
        ``{"rows": [row, ...], "rejected": [{"variant", "reason", "message"}, ...]}``.
    """
    made = source(arguments["source"])
    instance = Instance(
        family=arguments["family"], arguments=arguments["arguments"], seed=arguments["seed"]
    )
    rows: list[Row] = []
    rejected: list[dict[str, Any]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written = attempt(made.circuit, 0, instance, unforeseen="generator-failed")
        if written.value is None:
            return {"rows": [], "rejected": [_rejection(written, None)]}
        circuit = written.value
        for level, target, opt_level in arguments["variants"]:
            variant = Variant(level=level, target=target, opt_level=opt_level)
            outcome = attempt(
                lambda v: _row(arguments, instance, circuit, v),
                0,
                variant,
                unforeseen="lowering-failed",
            )
            if outcome.value is not None:
                rows.append(outcome.value)
            else:
                rejected.append(_rejection(outcome, variant))
                if level == "alg" and outcome.reason in ("too-many-gates", "too-many-operations"):
                    # Lowering only adds gates where there are far too many already.
                    break
    return {"rows": rows, "rejected": rejected}


def _rejection(outcome: Outcome[Any], variant: Variant | None) -> dict[str, Any]:
    return {
        "variant": None if variant is None else asdict(variant),
        "reason": outcome.reason,
        "message": outcome.message,
    }


def _row(arguments: dict[str, Any], instance: Instance, circuit: Any, variant: Variant) -> Row:
    made = source(arguments["source"])
    limit = arguments["max_gates"]
    normal = lower(circuit, variant, max_operations=_OPERATIONS_PER_GATE * limit)
    check_bounds(
        normal,
        min_qubits=arguments["min_qubits"],
        max_qubits=arguments["max_qubits"],
        max_gates=limit,
    )
    provenance = Provenance(
        source=made.name,
        license=made.license,
        family=instance.family,
        parameters=instance.arguments,
        level=variant.level,
        gate_set=variant.gate_set,
        target=variant.target if variant.level == "mapped" else "",
        opt_level=variant.opt_level,
        generator=arguments["generator"],
        seed=instance.seed,
    )
    return make_row(normal, provenance)


def check_bounds(
    circuit: NormalCircuit, *, min_qubits: int, max_qubits: int, max_gates: int
) -> None:
    """Refuse a circuit outside the corpus's bounds.

    Raises:
        UnsupportedCircuitError: too narrow, too wide, no gates, or too many.
    """
    gates = sum(1 for _ in circuit.gates())
    if not min_qubits <= circuit.num_qubits <= max_qubits:
        raise UnsupportedCircuitError(
            "qubits-out-of-bounds",
            f"expected {min_qubits} to {max_qubits} qubits, got {circuit.num_qubits}",
        )
    if not gates:
        raise UnsupportedCircuitError("no-gates", "expected at least one gate, got none")
    if gates > max_gates:
        raise UnsupportedCircuitError(
            "too-many-gates", f"expected at most {max_gates} gates, got {gates}"
        )
