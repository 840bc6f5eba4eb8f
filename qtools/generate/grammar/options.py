"""Texts of the command line as requests."""

import re

from qtools.errors import UsageError, nearest
from qtools.generate.grammar.limits import Measure
from qtools.generate.grammar.request import Request


def make_request(
    *,
    qubits: str = "",
    gates: str = "",
    depth: int | None = None,
    family: str = "",
    gate_set: str = "",
    level: str = "",
    only_gates: str = "",
    measure: str = "any",
) -> Request:
    """The request of a command line; empty texts leave a condition open.

    Raises:
        UsageError: a text that is none of what the option takes.
        BadInputError: a range that is empty.
    """
    kinds = {kind.name.lower(): kind for kind in Measure}
    if measure not in kinds:
        raise UsageError(
            f"expected --measure {', '.join(kinds)}, got {measure!r}{nearest(measure, kinds)}"
        )
    return Request(
        family=family or None,
        gate_set=gate_set or None,
        level=level or None,
        num_qubits=parse_span("--qubits", qubits),
        gates=parse_span("--gates", gates),
        max_depth=depth,
        measure=kinds[measure],
        only_gates=tuple(name.strip() for name in only_gates.split(",") if name.strip()),
    )


def parse_span(option: str, text: str) -> tuple[int, int] | None:
    """``12:20`` or ``12``; None for an empty text.

    Raises:
        UsageError: anything else.
    """
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,6})(?::(\d{1,6}))?", text)
    if not match:
        raise UsageError(f"expected {option} LOW:HIGH or one number, got {text!r}")
    low = int(match[1])
    return low, int(match[2]) if match[2] else low
