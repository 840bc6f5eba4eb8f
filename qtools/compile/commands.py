"""``qtools compile ...``: options in, one run directory out."""

import typer

app = typer.Typer(no_args_is_help=True, help="Compile evolved states into short circuits.")


@app.callback()
def group() -> None:
    """Compile evolved states into short circuits."""
