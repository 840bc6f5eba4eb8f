"""The root command: mounts one command group per job and turns errors into exit codes.

Groups import only Typer and :mod:`qtools.errors` at module level and load the numeric
libraries inside a command, which keeps ``qtools --help`` fast.
"""

import os
import sys
import traceback
from typing import Annotated

import typer

from qtools import __version__, console
from qtools.command_help import examples
from qtools.compile.commands.cite import cite
from qtools.compile.commands.group import app as compile_app
from qtools.datasets.commands import app as datasets_app
from qtools.errors import CapacityError, MissingDependencyError, QtoolsError
from qtools.generate.commands import app as generate_app
from qtools.merge import merge
from qtools.view.command import view

EXIT_BUG = 1
EXIT_INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 bug, 2 usage, 3 goal not met, 4 bad input, "
    "5 missing optional package, 75 stopped early (run again to go on), 130 interrupted.",
)
app.add_typer(compile_app, name="compile")
app.add_typer(datasets_app, name="datasets")
app.add_typer(generate_app, name="generate")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"qtools {__version__}")
        raise typer.Exit


app.command("view")(view)
app.command("cite")(cite)
app.command("merge")(merge)


@app.callback()
@examples(
    "qtools compile evolution --model heisenberg --sites 50 --coupling -0.25 \\",
    "       --initial neel --time 1.2 --layers 5 --out run/",
    "qtools datasets build --recipe small --out corpus/",
    "qtools generate sample -n 20 --qubits 5:12 --out circuits/",
    "qtools view .",
)
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of every error.")
    ] = False,
) -> None:
    """Short circuits for Hamiltonian dynamics, and realistic benchmark circuits."""
    if debug:
        os.environ["QTOOLS_DEBUG"] = "1"


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code and never lets a traceback out.

    Bugs keep their traceback for ``--debug`` (or ``QTOOLS_DEBUG=1``).
    """
    try:
        # standalone_mode=True makes Typer print usage errors and raise SystemExit with code 2.
        app(args=arguments, prog_name="qtools")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_BUG
    except KeyboardInterrupt:
        console.error("interrupted")
        return EXIT_INTERRUPTED
    except QtoolsError as error:
        return _report(error, error.exit_code, str(error))
    except MemoryError as error:
        sentence = (
            "expected enough memory for this input, and there is none left; use a smaller one"
        )
        return _report(error, CapacityError.exit_code, sentence)
    except ModuleNotFoundError as error:
        missing = MissingDependencyError.from_import(error)
        if missing is None:
            return _bug(error)
        return _report(error, missing.exit_code, str(missing))
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes an exit code
        return _bug(error)
    return 0


def _bug(error: Exception) -> int:
    sentence = f"internal error: {type(error).__name__}: {error}; rerun with --debug"
    return _report(error, EXIT_BUG, sentence)


def _report(error: Exception, code: int, sentence: str) -> int:
    if os.environ.get("QTOOLS_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
    console.error(sentence)
    return code
