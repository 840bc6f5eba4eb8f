import inspect
from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from qtools.command_options import grouped


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A group with a required option and one with a default."""

    width: Annotated[int, typer.Option(help="Across.")]
    colour: Annotated[str, typer.Option(help="Of it.")] = "white"


def _app(seen: list[object]) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @grouped
    def draw(*, name: Annotated[str, typer.Option()], paper: Paper, size: int = 3) -> None:
        """Draw."""
        seen.append((name, paper, size))

    return app


def test_a_command_gets_its_group() -> None:
    seen: list[object] = []
    result = CliRunner().invoke(_app(seen), ["--name", "n", "--width", "4", "--size", "5"])
    assert result.exit_code == 0
    assert seen == [("n", Paper(width=4, colour="white"), 5)]


def test_a_required_option_of_a_group_is_required() -> None:
    seen: list[object] = []
    assert CliRunner().invoke(_app(seen), ["--name", "n"]).exit_code == 2
    assert not seen


def test_options_stand_where_their_group_stood() -> None:
    @grouped
    def draw(*, name: Annotated[str, typer.Option()], paper: Paper, size: int = 3) -> None:
        """Draw."""

    assert list(inspect.signature(draw).parameters) == ["name", "width", "colour", "size"]
    assert draw.__doc__ == "Draw."


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A group with a group in it."""

    paper: Paper
    lamp: Annotated[bool, typer.Option()] = False


def test_a_group_may_hold_a_group() -> None:
    seen: list[object] = []

    @grouped
    def draw(*, desk: Desk) -> None:
        seen.append(desk)

    assert list(inspect.signature(draw).parameters) == ["width", "colour", "lamp"]
    draw(width=2, colour="red", lamp=True)
    assert seen == [Desk(paper=Paper(width=2, colour="red"), lamp=True)]
