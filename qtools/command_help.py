"""Help texts of commands: what it does in one line, examples, then the rest."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

_WIDTH = 76  # of 80 columns, two at each side

Command = TypeVar("Command", bound=Callable[..., Any])


def examples(*lines: str) -> Callable[[Command], Command]:
    """Put examples behind the first line of a command's docstring.

    Args:
        lines: command lines, each at most 74 characters, ready to be copied.
    """

    def documented(command: Command) -> Command:
        command.__doc__ = with_examples(inspect.getdoc(command) or "", lines)
        return command

    return documented


def with_examples(text: str, lines: tuple[str, ...]) -> str:
    """A help text in Rich's markup: its first paragraph, the examples, its other paragraphs."""
    first, *rest = (" ".join(part.split()) for part in text.split("\n\n"))
    shown = "\n".join(f"  {_escaped(line)}" for line in lines)
    paragraphs = ["\n".join(textwrap.wrap(_escaped(part), _WIDTH)) for part in rest]
    return "\n\n".join([_escaped(first), f"[bold]Examples[/bold]\n{shown}", *paragraphs])


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
