"""A circuit diagram: wires from left to right, every gate as early as it can be."""

from collections.abc import Sequence
from typing import Protocol

from qtools.report.svg import Drawing

_COLUMN, _ROW = 40.0, 32.0
_LEFT = 46.0
_CONTROLLED = {
    "cx": "X",
    "cy": "Y",
    "cz": "Z",
    "ch": "H",
    "csx": "√X",
    "cp": "P",
    "crx": "RX",
    "cry": "RY",
    "crz": "RZ",
    "cu": "U",
    "ccx": "X",
    "ccz": "Z",
}
_NAMES = {"sx": "√X", "sxdg": "√X†", "sdg": "S†", "tdg": "T†", "measure": "M", "reset": "0"}


class Drawable(Protocol):
    """One statement to draw."""

    @property
    def name(self) -> str:
        """As in OpenQASM."""

    @property
    def qubits(self) -> tuple[int, ...]:
        """Operands in order, controls first."""


def circuit_diagram(
    gates: Sequence[Drawable], *, num_qubits: int, title: str, description: str, most: int = 60
) -> str:
    """The SVG of the first columns of a circuit; its end is cut when it is longer.

    Args:
        gates: in time order.
        num_qubits: wires.
        title, description: for those who cannot see it.
        most: columns drawn.
    """
    free = [0] * num_qubits
    placed: list[tuple[int, Drawable]] = []
    cut = False
    for gate in gates:
        low, high = min(gate.qubits, default=0), max(gate.qubits, default=num_qubits - 1)
        column = max(free[low : high + 1])
        free[low : high + 1] = [column + (0 if gate.name == "barrier" else 1)] * (high - low + 1)
        if column < most:
            placed.append((column, gate))
        else:
            cut = True
    columns = min(max(free, default=0), most)
    width = _LEFT + _COLUMN * columns + (34 if cut else 14)
    drawing = Drawing(
        width, _ROW * num_qubits + 8, title=title, description=description, natural=True
    )
    for qubit in range(num_qubits):
        y = _wire(qubit)
        drawing.line(_LEFT - 8, y, width - (28 if cut else 6), y, "wire")
        drawing.text(_LEFT - 14, y + 4, f"q{qubit}", "tick", anchor="end")
        if cut:
            drawing.text(width - 20, y + 4, "…", "tick")
    for column, gate in placed:
        _draw(drawing, _LEFT + _COLUMN * (column + 0.5), gate)
    return drawing.markup()


def _draw(drawing: Drawing, x: float, gate: Drawable) -> None:
    if gate.name == "barrier":
        for qubit in gate.qubits:
            drawing.line(x, _wire(qubit) - 14, x, _wire(qubit) + 14, "grid")
        return
    if len(gate.qubits) > 1:
        low, high = _wire(min(gate.qubits)), _wire(max(gate.qubits))
        drawing.line(x, low, x, high, "link")
    swapped = {"swap": 0, "cswap": 1}.get(gate.name)
    if gate.name in _CONTROLLED:
        for qubit in gate.qubits[:-1]:
            drawing.circle(x, _wire(qubit), 4.5, "f0")
        _target(drawing, x, gate.qubits[-1], gate.name)
    elif swapped is not None:
        for qubit in gate.qubits[:swapped]:
            drawing.circle(x, _wire(qubit), 4.5, "f0")
        for qubit in gate.qubits[swapped:]:
            y = _wire(qubit)
            drawing.line(x - 5, y - 5, x + 5, y + 5, "link")
            drawing.line(x - 5, y + 5, x + 5, y - 5, "link")
    else:
        for qubit in gate.qubits:
            _box(drawing, x, qubit, _NAMES.get(gate.name, gate.name.upper()))


def _target(drawing: Drawing, x: float, qubit: int, name: str) -> None:
    y = _wire(qubit)
    if name in ("cz", "ccz"):
        drawing.circle(x, y, 4.5, "f0")
    elif name in ("cx", "ccx"):
        drawing.circle(x, y, 9, "box")
        drawing.line(x - 9, y, x + 9, y, "link")
        drawing.line(x, y - 9, x, y + 9, "link")
    else:
        _box(drawing, x, qubit, _CONTROLLED[name])


def _box(drawing: Drawing, x: float, qubit: int, text: str) -> None:
    y = _wire(qubit)
    drawing.rectangle(x - 16, y - 12, 32, 24, "box", rounded=3)
    drawing.text(x, y + 4, text[:4], "inside", anchor="middle")


def _wire(qubit: int) -> float:
    return _ROW * (qubit + 0.5) + 4
