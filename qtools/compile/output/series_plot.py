"""Fidelity and depth against time, drawn as SVG."""

from collections.abc import Sequence

_WIDTH, _HEIGHT = 640, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 30, 40
_STYLE = (
    "<style>text{font:12px sans-serif;fill:#333}line,polyline{fill:none;stroke:#bbb}"
    ".a{stroke:#1f5fa8;stroke-width:2}.b{stroke:#c8641e;stroke-dasharray:5 4}</style>"
)


def series_plot(
    *,
    times: Sequence[float],
    fidelities: Sequence[float],
    trotter: Sequence[float],
    depths: Sequence[int],
) -> str:
    """Two panels under each other: fidelities of compiled and Trotter circuits, and depths."""
    lowest = min([*fidelities, *trotter])
    upper = _panel(times, [fidelities, trotter], (lowest, 1.0), "fidelity (dashed: Trotter)")
    lower = _panel(times, [depths], (0, max(depths)), "two-qubit depth")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{2 * _HEIGHT}">'
        f'{_STYLE}<rect width="100%" height="100%" fill="white"/>{upper}'
        f'<g transform="translate(0,{_HEIGHT})">{lower}</g></svg>\n'
    )


def _panel(
    times: Sequence[float],
    curves: Sequence[Sequence[float]],
    bounds: tuple[float, float],
    title: str,
) -> str:
    low, high = bounds
    span = (high - low) or 1.0
    width = (times[-1] - times[0]) or 1.0

    def x(time: float) -> float:
        return _LEFT + (time - times[0]) / width * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - low) / span * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<text x="{_LEFT}" y="18">{title}</text>']
    for value in (low, (low + high) / 2, high):
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
        )
    for time in (times[0], times[-1]):
        parts.append(
            f'<text x="{x(time):.1f}" y="{_HEIGHT - 16}" text-anchor="middle">{time:g}</text>'
        )
    for name, curve in zip("ab", curves, strict=False):
        points = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in zip(times, curve, strict=True))
        parts.append(f'<polyline class="{name}" points="{points}"/>')
    return "".join(parts)
