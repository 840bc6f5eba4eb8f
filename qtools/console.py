"""Progress, tables and messages on stderr; the only module that imports rich.

Data goes to stdout, everything for human eyes goes to stderr. Colours and animation appear
only on a terminal, and ``NO_COLOR`` is respected (rich does both).
"""

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console


class Ticker(Protocol):
    """Receives the state of a long step: a line of text and, where known, a fraction done."""

    def __call__(self, text: str, fraction: float | None = None) -> None:
        """Show ``text``; ``fraction`` lies between 0 and 1."""


def printable(text: str) -> str:
    """``text`` with control characters made visible, so that no name can drive the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def stderr() -> "Console":
    """A rich console on stderr (rich loads on first use)."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def error(sentence: str) -> None:
    """Print one error sentence."""
    from rich.text import Text

    stderr().print(Text("error: ", style="bold red") + Text(printable(sentence)), soft_wrap=True)


def note(sentence: str) -> None:
    """Print one remark."""
    from rich.text import Text

    stderr().print(Text(printable(sentence)), soft_wrap=True)


def next_command(*words: object) -> None:
    """Name the command that one would run next, ready to be copied."""
    note("next: " + shlex.join(str(word) for word in words))


def counting(tick: Ticker, total: int, unit: str, *, already: int = 0) -> Callable[[int], None]:
    """A function that shows how many of ``total`` are done, and at what rate.

    Args:
        tick: shows it.
        total: how many there are.
        unit: what they are.
        already: how many were done before; they do not count for the rate.
    """
    began = time.monotonic()

    def show(done: int) -> None:
        rate = (done - already) / max(1e-9, time.monotonic() - began)
        tick(f"{done} of {total} {unit}, {rate:.3g} per second", done / max(1, total))

    return show


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose first column is text and whose other columns are numbers."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=Text(printable(title)), title_justify="left")
    for index, name in enumerate(columns):
        drawn.add_column(Text(printable(name)), justify="left" if index == 0 else "right")
    for row in rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    stderr().print(drawn)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Ticker]:
    """A live progress line while the body runs; silent when quiet or not on a terminal.

    Yields a :class:`Ticker`.
    """
    screen = stderr()
    # FORCE_COLOR asks for colours in a file, never for animation.
    if quiet or not sys.stderr.isatty():
        yield lambda text, fraction=None: None
        return
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    columns = (
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        BarColumn(bar_width=16),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=screen, transient=True, expand=True) as bar:
        task = bar.add_task("", total=None)

        def tick(text: str, fraction: float | None = None) -> None:
            total = None if fraction is None else 1.0
            bar.update(task, description=printable(text), total=total, completed=fraction or 0.0)

        yield tick
