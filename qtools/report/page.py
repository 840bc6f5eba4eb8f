"""A page as values: sections of text, tiles, tables, figures and galleries; and its HTML.

The HTML carries a content security policy that allows nothing but its own style and script, by
their hashes: no page can load anything, and no name in it can become a program.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from qtools import __version__
from qtools.console import printable
from qtools.runs.files import write_text

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

REPORT = "report.html"


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One figure to remember.

    Attributes:
        value: as it is shown.
        label: what it is.
        note: what it is to be compared with.
    """

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text.

    Attributes:
        columns: headings; the first names the row.
        rows: one cell per column.
        caption: what the table holds.
        searchable: whether readers can filter and sort it.
        links: where the first cell of each row leads; empty for nowhere.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    searchable: bool = False
    links: tuple[str, ...] = ()

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Per column, whether it holds numbers only (and is set flush right)."""
        return tuple(
            index > 0 and all(_is_number(row[index]) for row in self.rows)
            for index in range(len(self.columns))
        )


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing with its caption and the same content as text.

    Attributes:
        title: short heading.
        svg: the drawing, as :mod:`qtools.report.svg` writes it.
        caption: what is to be seen.
        data: the numbers behind it.
        wide: whether it takes the whole width of the page.
    """

    title: str
    svg: str
    caption: str
    data: Table | None = None
    wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """Drawings to click through.

    Attributes:
        title: what they are.
        figures: in order.
    """

    title: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, kw_only=True)
class Links:
    """Files beside the page.

    Attributes:
        entries: (relative path, what it is).
    """

    entries: tuple[tuple[str, str], ...]


Block = str | Table | Figure | Gallery | Links


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a page with a heading.

    Attributes:
        title: the heading.
        blocks: in order; a text is a paragraph.
        fine: many small figures in a row.
    """

    title: str
    blocks: tuple[Block, ...]
    fine: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole report.

    Attributes:
        kind: what it reports on, such as "compiled circuit".
        title: the heading.
        lead: one or two sentences that say what came out.
        tiles: the figures to remember.
        sections: in order; empty ones are left out.
        foot: versions and the like.
    """

    kind: str
    title: str
    lead: str
    tiles: tuple[Tile, ...] = ()
    sections: tuple[Section, ...] = field(default=())
    foot: str = ""


def write_page(path: Path, page: Page) -> None:
    """Write a page, unless its very bytes are there already."""
    text = page_html(page)
    if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != text:
        write_text(path, text)


def page_html(page: Page, *, home: str = "") -> str:
    """The page as one HTML document; equal pages give equal text.

    Args:
        page: what it shows.
        home: where its name leads, for pages that are served.
    """
    style, script = _asset("page.css"), _asset("page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            home=home,
            sections=[section for section in page.sections if section.blocks],
            style=style,
            script=script,
            policy=(
                f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
                "img-src data:; base-uri 'none'; form-action 'none'"
            ),
            version=__version__,
        )
    )


def named_table(caption: str, rows: Sequence[tuple[str, str]]) -> Table:
    """A table of names and values."""
    return Table(columns=("", "value"), rows=tuple(rows), caption=caption)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=PackageLoader("qtools.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        # Control characters that HTML forbids become visible, like on the terminal.
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    made.filters["drawing"] = Markup
    made.filters["breakable"] = _breakable
    made.tests["table"] = lambda block: isinstance(block, Table)
    made.tests["figure"] = lambda block: isinstance(block, Figure)
    made.tests["gallery"] = lambda block: isinstance(block, Gallery)
    made.tests["links"] = lambda block: isinstance(block, Links)
    return made


def _breakable(text: str) -> "Markup":
    """A heading whose long names may break behind their underscores."""
    from markupsafe import Markup, escape

    return escape(printable(text)).replace("_", Markup("_<wbr>"))


@cache
def _asset(name: str) -> str:
    return (resources.files("qtools.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _is_number(text: str) -> bool:
    stripped = text.strip().rstrip("%").replace(",", "").replace("1 - ", "").replace("−", "-")
    if stripped in ("", "-", "–"):
        return True
    try:
        float(stripped)
    except ValueError:
        return False
    return True
