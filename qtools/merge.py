"""``qtools merge``: one result out of the shards of a campaign."""

from pathlib import Path
from typing import Annotated

import typer

from qtools.command_help import examples
from qtools.errors import BadInputError


@examples("qtools merge sweep/", "qtools merge sweep/ from-other-machine/")
def merge(
    out: Annotated[Path, typer.Argument(help="Directory that the shards were given as --out.")],
    others: Annotated[
        list[Path] | None, typer.Argument(help="More such directories, of other machines.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Finish a sweep, build, import, sampling or verification whose shards have run."""
    from qtools.runs.campaign import FOLDER, absorb, read_state

    folder = out / FOLDER
    absorb(folder, [other / FOLDER for other in others or []])
    kind = read_state(folder)["kind"]
    if kind == "sweep":
        from qtools.compile.commands.sweep import show_sweep
        from qtools.compile.sweep.run import merge_sweep

        show_sweep(merge_sweep(out), out, as_json=json_)
    elif kind in ("build", "import"):
        from qtools.datasets.build import merge_build
        from qtools.datasets.report import show_manifest
        from qtools.datasets.wild.importer import merge_import

        show_manifest(
            merge_build(out) if kind == "build" else merge_import(out), out, as_json=json_
        )
    elif kind == "sample":
        from qtools.generate.report import show_samples
        from qtools.generate.sampling.campaign import merge_samples

        show_samples(merge_samples(out), out, as_json=json_, quiet=False)
    elif kind == "verify":
        from qtools import console
        from qtools.generate.verify.run import merge_verification, show_verification

        with console.progress() as tick:
            verified = merge_verification(out, tick=tick)
        show_verification(verified, out, as_json=json_, quiet=False)
    else:
        raise BadInputError(f"expected a campaign that can be merged in {out}, got {kind!r}")
