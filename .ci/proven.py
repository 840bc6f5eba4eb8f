"""Refuse lower bounds of pyproject.toml that `.ci/minimums` would not try, as others need more."""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

# A cluster needs machines of its own.
UNTRIED = {"dask", "distributed", "dask-jobqueue"}


def main() -> None:
    """Compare the bounds with the versions in the file that is the argument."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    lowest = dict(re.findall(r"^([\w.-]+)==(\S+)", Path(sys.argv[1]).read_text(), re.MULTILINE))
    wrong = []
    for text in wanted:
        found = re.match(r"([\w.-]+)>=([\d.]+)", text)
        if not found or found[1] in UNTRIED:
            continue
        name, bound = found.groups()
        tried = lowest[re.sub(r"[-_.]+", "-", name).lower()]
        # 2.1 and 2.1.0 are one version.
        if re.sub(r"(\.0)+$", "", tried) != re.sub(r"(\.0)+$", "", bound):
            wrong.append(f"{name}: the bound is {bound}, {tried} is what is tried")
    sys.exit("\n".join(wrong) or None)


if __name__ == "__main__":
    main()
