"""Drawings as inline SVG: built as an XML tree, so that every text is escaped by the library.

Colours come from classes of the page's style sheet (``t0`` to ``t5`` for strokes, ``f0`` to ``f5``
for fills), which is how one drawing serves light, dark and paper.
"""

from xml.etree import ElementTree

from qtools.console import printable


class Drawing:
    """An SVG image under construction, with a title and a description for those who cannot see it.

    Args:
        width, height: of its coordinates, pixels at natural size.
        title: what it shows, in a few words.
        description: what is to be seen in it.
        natural: keep the natural size and scroll instead of shrinking to the page.
    """

    def __init__(
        self, width: float, height: float, *, title: str, description: str, natural: bool = False
    ) -> None:
        self.width, self.height = width, height
        self._root = ElementTree.Element(
            "svg",
            {
                "viewBox": f"0 0 {_number(width)} {_number(height)}",
                "width": _number(width),
                "height": _number(height),
                "role": "img",
                "aria-label": printable(f"{title}. {description}"),
                **({"class": "natural"} if natural else {}),
            },
        )
        ElementTree.SubElement(self._root, "title").text = printable(title)

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A straight line."""
        self._add("line", style, x1=x1, y1=y1, x2=x2, y2=y2)

    def rectangle(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        style: str,
        *,
        opacity: float | None = None,
        rounded: float = 0.0,
        hint: str = "",
    ) -> None:
        """A rectangle; ``hint`` shows when the pointer rests on it."""
        more = {} if opacity is None else {"fill-opacity": opacity}
        size = {"width": max(0.0, width), "height": max(0.0, height)}
        made = self._add("rect", style, x=x, y=y, rx=rounded, **size, **more)
        _hint(made, hint)

    def circle(self, x: float, y: float, radius: float, style: str, *, hint: str = "") -> None:
        """A circle."""
        _hint(self._add("circle", style, cx=x, cy=y, r=radius), hint)

    def curve(self, points: list[tuple[float, float]], style: str) -> None:
        """A polyline."""
        text = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._add("polyline", f"curve {style}").set("points", text)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        style: str = "",
        *,
        anchor: str = "start",
        turned: bool = False,
    ) -> None:
        """Text; ``turned`` reads from bottom to top."""
        made = self._add("text", style, x=x, y=y)
        made.set("text-anchor", anchor)
        if turned:
            made.set("transform", f"rotate(-90 {_number(x)} {_number(y)})")
        made.text = printable(text)

    def markup(self) -> str:
        """The image as text to place in a page."""
        return ElementTree.tostring(self._root, encoding="unicode")

    def _add(self, tag: str, style: str, **numbers: float) -> ElementTree.Element:
        made = ElementTree.SubElement(self._root, tag)
        for name, value in numbers.items():
            if name != "rx" or value:
                made.set(name, _number(value))
        if style:
            made.set("class", style)
        return made


def _hint(element: ElementTree.Element, hint: str) -> None:
    if hint:
        ElementTree.SubElement(element, "title").text = printable(hint)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
