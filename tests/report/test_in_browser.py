"""Reports in headless Chromium: they render, say nothing on the console, and axe finds nothing.

They need Chromium and the dependency group ``browser`` (`make test-browser`); without them they are
skipped.
"""

import shutil

import pytest

from qtools import cli
from qtools.report.page import Page, Section, Table, write_page
from tests.report.test_page import HOSTILE, everything

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs the dependency group browser: make test-browser"
)
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"needs a browser: none of {', '.join(_NAMES)} is on the PATH")
    with playwright.sync_playwright() as driver:
        # Tests may run as root, as which Chromium's sandbox does not start.
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def look(browser):
    """Open a file and return its page; whatever the console said fails the test."""
    said, contexts = [], []

    def opened(path, *, scheme="light", width=1200):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or said.append(r.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    chain = ("--model", "heisenberg", "--sites", "6", "--initial", "neel", "--time", "0.5")
    options = ("--layers", "3", "--max-iterations", "20", "--quiet", "--out", str(out))
    assert cli.run(["compile", "evolution", *chain, *options]) == 0
    return out / "report.html"


def violations(page):
    found = axe.Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in _SERIOUS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_compilation_is_accessible_in_light_and_dark(look, run, scheme):
    page = look(run, scheme=scheme)
    assert page.locator("svg[role=img]").count() >= 6
    assert violations(page) == []


@pytest.mark.parametrize("width", [1200, 380])
def test_nothing_sticks_out_sideways(look, run, tmp_path, width):
    write_page(tmp_path / "every.html", everything("word " * 30))
    for path in (run, tmp_path / "every.html"):
        page = look(path, width=width)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("name", ["a name", HOSTILE])
def test_every_kind_of_block_is_accessible_and_harmless(look, tmp_path, name):
    write_page(tmp_path / "every.html", everything(name))
    page = look(tmp_path / "every.html")
    assert violations(page) == []
    assert page.locator("script").count() == 1


def test_tables_filter_and_sort(look, tmp_path):
    rows = (("b", "10"), ("a", "9"), ("c", "100"))
    table = Table(columns=("name", "size"), rows=rows, caption="things", searchable=True)
    section = Section(title="s", blocks=(table,))
    write_page(tmp_path / "t.html", Page(kind="k", title="t", lead="", sections=(section,)))
    page = look(tmp_path / "t.html")

    def shown():
        return page.locator("tbody tr:visible th").all_inner_texts()

    page.get_by_role("button", name="size").click()
    assert shown() == ["a", "b", "c"]
    page.get_by_role("button", name="size").click()
    assert shown() == ["c", "b", "a"]
    page.get_by_label("Filter: things").fill("10")
    assert shown() == ["c", "b"]
    assert page.get_by_role("status").inner_text() == "2 of 3 rows"


def test_galleries_show_one_drawing_at_a_time(look, tmp_path):
    write_page(tmp_path / "every.html", everything("x"))
    page = look(tmp_path / "every.html")
    gallery = page.locator(".gallery")
    assert gallery.locator("figure:visible").count() == 1
    gallery.get_by_role("button", name="Next").click()
    assert gallery.get_by_role("status").inner_text() == "2 of 2"
    assert gallery.locator("figure:visible").count() == 1
