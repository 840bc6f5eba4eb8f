"""Formulas drawn when the site is built, as SVG: no script, no font, nothing from a network.

Each drawing carries its LaTeX as text alternative. A command that is not understood is a warning of
the build, and so an error of `make docs`.
"""

from xml.etree import ElementTree

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

# Letters of STIX Two are smaller than those of the text.
_SIZE = 1.1
_UNITS_PER_EM = 16

_logger = logging.getLogger(__name__)


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_drawing(node, inline=True))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    style = "overflow-x: auto; text-align: center; margin: 1em 0"
    translator.body.append(f'<div style="{style}">{_drawing(node, inline=False)}</div>\n')
    raise nodes.SkipNode


def _drawing(node: nodes.Element, *, inline: bool) -> str:
    """Sizes and the baseline are in em, so that a formula grows with the text around it."""
    latex = " ".join(node.astext().split())
    formula = ziamath.Latex(
        latex, size=_SIZE * _UNITS_PER_EM, color="currentColor", inline=inline, title=latex
    )
    if unknown := [text for text in formula.mathml.itertext() if "\\" in text]:
        _logger.warning("formula %r: %s is not understood", latex, unknown, location=node)
    svg = formula.svgxml()
    width, height = (float(svg.get(name)) / _UNITS_PER_EM for name in ("width", "height"))
    baseline = formula.getyofst() / _UNITS_PER_EM
    svg.set("role", "img")
    svg.set("aria-label", latex)
    svg.set(
        "style", f"width: {width:.3f}em; height: {height:.3f}em; vertical-align: {baseline:.3f}em"
    )
    return ElementTree.tostring(svg, encoding="unicode")


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer to `html_math_renderer`."""
    app.add_html_math_renderer("formulas", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
