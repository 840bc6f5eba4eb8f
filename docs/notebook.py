"""Run first by every executed page: a folder of its own, and shell cells shown as a terminal does.

IPython's own ``%%bash`` passes output on in pieces of a hundred bytes, which the pages would show
as lines of their own, and asks programs for colours.
"""

import os
import subprocess
import tempfile

from IPython import get_ipython

os.chdir(tempfile.mkdtemp())
os.environ["COLUMNS"] = "80"
for name in ("FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
    os.environ.pop(name, None)


def bash(line: str, cell: str) -> None:
    """Run a cell in bash and print all that it wrote; an error ends the page."""
    done = subprocess.run(
        ["bash", "-ec", cell], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(done.stdout, end="")
    done.check_returncode()


get_ipython().register_magic_function(bash, "cell")
