"""The blocks of a circuit on a chain: sites from left to right, time upwards."""

from collections.abc import Sequence

from qtools.report.page import Figure
from qtools.report.svg import Drawing

_MOST_WIDTH = 1060.0
_SITE, _SMALLEST_SITE = 40.0, 4.0
_LAYER = 26.0
_MOST_BLOCKS = 6000


def brickwork(
    pairs: Sequence[tuple[int, int]],
    strengths: Sequence[float],
    *,
    num_qubits: int,
    title: str,
    caption: str,
    unit: str,
    most: float,
) -> Figure:
    """Blocks in time order, each as early as it can be, shaded by a strength.

    Args:
        pairs: the two sites of each block.
        strengths: of each block, from 0 to ``most``.
        num_qubits: length of the chain.
        title, caption: of the figure.
        unit: of the strengths.
        most: the strength of the darkest shade.
    """
    free = [0] * num_qubits
    placed = []
    for pair, strength in zip(pairs, strengths, strict=True):
        low, high = min(pair), max(pair)
        layer = max(free[low : high + 1])
        free[low : high + 1] = [layer + 1] * (high - low + 1)
        placed.append((low, high, layer, strength))
    depth = max(free, default=0)
    site = min(_SITE, max(_SMALLEST_SITE, (_MOST_WIDTH - 20) / num_qubits))
    natural = 20 + site * num_qubits > _MOST_WIDTH
    drawing = Drawing(
        20 + site * num_qubits,
        44 + _LAYER * depth,
        title=title,
        description=f"{len(pairs)} blocks in {depth} layers on {num_qubits} qubits; {unit} from "
        f"{min(strengths, default=0.0):.3g} to {max(strengths, default=0.0):.3g}",
        natural=natural,
    )
    base = 14 + _LAYER * depth
    for qubit in range(num_qubits):
        x = 10 + site * (qubit + 0.5)
        drawing.line(x, 8, x, base, "wire")
        if qubit % max(1, round(40 / site)) == 0:
            drawing.text(x, base + 20, str(qubit), "tick", anchor="middle")
    for low, high, layer, strength in placed[:_MOST_BLOCKS]:
        drawing.rectangle(
            10 + site * (low + 0.5) - 0.3 * site,
            base - _LAYER * (layer + 1) + 4,
            site * (high - low + 0.6),
            _LAYER - 8,
            "block",
            opacity=0.12 + 0.88 * min(1.0, strength / most),
            rounded=min(4.0, site / 6),
            hint=f"sites {low}, {high}: {strength:.3f} {unit}" if len(placed) <= 800 else "",
        )
    if len(placed) > _MOST_BLOCKS:
        caption += f" The first {_MOST_BLOCKS} of {len(placed)} blocks are drawn."
    return Figure(title=title, svg=drawing.markup(), caption=caption, wide=True)
