"""Entry point of the ``qtools`` command and of ``python -m qtools``."""

import sys

from qtools.cli import run
from qtools.launch import in_its_environment


def main() -> None:
    """Run the command line and exit with its documented exit code."""
    arguments = sys.argv[1:]
    in_its_environment(arguments)
    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
