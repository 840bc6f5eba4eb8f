"""``qtools view DIR``: browse results on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from qtools import console
from qtools.command_help import examples


@examples("qtools view results/", "qtools view results/ --json")
def view(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where results lie.")] = Path(),
    port: Annotated[
        int, typer.Option(help="Port on this machine; 0 takes a free one.", min=0, max=65535)
    ] = 8765,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the results as JSON and serve nothing.")
    ] = False,
) -> None:
    """Browse compilations, corpora and verifications in a directory.

    The page is for this machine only (127.0.0.1) and only reads. Filter and sort the table, open
    reports, compare two results. Ctrl-C ends it.
    """
    import json
    from dataclasses import asdict

    from qtools.view.catalogue import catalogue
    from qtools.view.server import HOST, make_server

    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in catalogue(directory)]))
        return
    with make_server(directory, port) as server:
        address = f"http://{HOST}:{server.server_port}/"
        console.note(f"{directory} is at {address}; Ctrl-C ends it")
        if browser:
            typer.launch(address)
        server.serve_forever()
