"""``qtools cite``: BibTeX of the methods that a run used."""

from pathlib import Path
from typing import Annotated

import typer

from qtools.command_help import examples


@examples("qtools cite run/ > references.bib")
def cite(
    run: Annotated[Path, typer.Argument(help="Directory of a compilation.")],
) -> None:
    """Print BibTeX of the methods that a run used."""
    from qtools.compile.output.citations import citations

    typer.echo(citations(run), nl=False)
