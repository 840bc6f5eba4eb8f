"""Entry point of the ``qtools`` command and of ``python -m qtools``."""

import sys

from qtools.cli import run


def main() -> None:
    """Run the command line and exit with its documented exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
