import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools.circuits.normal import Operation
from qtools.report.figures.axes import Axis
from qtools.report.figures.bars import Bars, Part, bars, stacked
from qtools.report.figures.brickwork import brickwork
from qtools.report.figures.circuit_diagram import circuit_diagram
from qtools.report.figures.curves import Curve, curves
from qtools.report.figures.matrix import matrix
from qtools.report.figures.network import network
from qtools.report.page import (
    Figure,
    Gallery,
    Links,
    Page,
    Section,
    Table,
    Tile,
    named_table,
    page_html,
    write_page,
)
from tests.report.html_checks import checked

HOSTILE = "<script>alert(1)</script>\"'&\x1b[2J\u202e</title></svg>"

TRIANGLE = [(0.0, 1.0), (1.0, -1.0), (-1.0, -1.0)]


def everything(name):
    """A page with every kind of block, all of whose texts are ``name``."""
    words = {"title": name, "caption": name, "alternative": name}
    drawn = Figure(
        title=name,
        svg=circuit_diagram(
            [Operation(name=name[:9], qubits=(0,)), Operation(name="cx", qubits=(0, 1))],
            num_qubits=2,
            title=name,
            description=name,
        ),
        caption=name,
    )
    graph = Figure(
        title=name, svg=network({(0, 1): 3}, TRIANGLE, title=name, description=name), caption=name
    )
    return Page(
        kind=name,
        title=name,
        lead=name,
        tiles=(Tile(value=name, label=name, note=name),),
        sections=tuple(
            Section(title=name, blocks=blocks)
            for blocks in (
                (name, named_table(name, [(name, name)])),
                (
                    Table(columns=(name, name), rows=((name, "1"),), caption=name, searchable=True),
                    curves(
                        [Curve(name=name, x=[1, 2], y=[0.1, 0.01], marked=True)],
                        x=Axis(label=name),
                        y=Axis(label=name, log=True),
                        **words,
                    ),
                    bars([name], [Bars(name=name, values=[1.0])], unit=name, **words),
                    stacked(
                        [Part(name=name, value=1.0, tone=0)], title=name, caption=name, unit=name
                    ),
                    brickwork(
                        [(0, 1), (0, 2)],
                        [0.1, 1],
                        num_qubits=3,
                        title=name,
                        caption=name,
                        unit=name,
                        most=2,
                    ),
                    matrix(
                        [[1, 2], [3, 4]],
                        [name, name],
                        title=name,
                        caption=name,
                        rows_are=name,
                        columns_are=name,
                    ),
                ),
                (Gallery(title=name, figures=(drawn, graph)), Links(entries=(("a.json", name),))),
            )
        ),
        foot=name,
    )


def test_a_page_is_well_formed_and_loads_nothing():
    text = checked(page_html(everything("plain")))
    assert "plain" in text


def test_no_text_becomes_markup_or_drives_the_terminal():
    text = checked(page_html(everything(HOSTILE)))
    assert text.count("<script>") == 1
    assert "alert(1)</script>" not in text.replace("&lt;", "<").split("<script>")[0].replace(
        HOSTILE[:33], ""
    )
    assert "\u202e" not in text


@given(st.text(min_size=1, max_size=30))
def test_any_text_gives_a_well_formed_page(text):
    checked(page_html(everything(text)))


def test_a_page_that_is_there_already_is_left_alone(tmp_path):
    path = tmp_path / "report.html"
    write_page(path, everything("one"))
    before = path.stat().st_mtime_ns
    write_page(path, everything("one"))
    assert path.stat().st_mtime_ns == before
    write_page(path, everything("two"))
    assert "two" in path.read_text()


def test_columns_of_numbers_are_set_flush_right():
    table = Table(columns=("a", "b", "c"), rows=(("1", "1,000", "x"), ("2", "–", "3")), caption="")
    assert table.numeric == (False, True, False)


@pytest.mark.parametrize("searchable", [True, False])
def test_only_searchable_tables_say_so(searchable):
    table = Table(columns=("a",), rows=(("x",),), caption="", searchable=searchable)
    page = Page(kind="", title="", lead="", sections=(Section(title="s", blocks=(table,)),))
    assert ('class="searchable"' in page_html(page)) == searchable
