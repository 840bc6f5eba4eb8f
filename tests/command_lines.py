"""Command lines in texts, held against the real commands and options."""

import re
import shlex
from collections.abc import Iterator

import typer

from qtools import cli

TREE = typer.main.get_command(cli.app)
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(group=TREE, words=()):
    """(words, command) of the root and everything below it."""
    yield words, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))


def lines_of(text: str) -> Iterator[str]:
    """Lines that call qtools, those that a backslash continues joined, prompts left out."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        stripped = line.strip().removeprefix("$ ")
        if stripped.startswith("qtools "):
            yield stripped


def lines_in_markdown(text: str) -> Iterator[str]:
    """The same for fenced blocks and inline code of Markdown."""
    for _, block in _FENCE.findall(text):
        yield from lines_of(block)
    yield from re.findall(r"`(qtools [^`]+)`", _FENCE.sub("", text).replace("\n", " "))


def check(line: str) -> None:
    """Fail unless a line names real commands and options."""
    words = shlex.split(re.split(r" [|>;&]", line)[0], comments=True)[1:]
    command = TREE
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] == "...":
            return
        assert words[0] in command.commands, f"{line}: no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    known = {name for parameter in command.params for name in parameter.opts}
    known |= {name for parameter in command.params for name in parameter.secondary_opts}
    known |= {"--help", "-h"}
    for word in words:
        if word.startswith("-") and not word[1:2].isdigit():
            assert word.split("=")[0] in known, f"{line}: no option {word!r}"
