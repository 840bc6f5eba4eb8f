"""Recipes: TOML files, some of which come with qtools and are called by name."""

from pathlib import Path
from typing import Any

from qtools.errors import BadInputError, nearest
from qtools.runs.untrusted import read_toml


def names_in(folder: Path) -> tuple[str, ...]:
    """Names of the recipes in a folder."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def read_recipe(folder: Path, name_or_path: str) -> tuple[Path, dict[str, Any]]:
    """Where a recipe is, and what it holds.

    Args:
        folder: of the recipes that come with qtools.
        name_or_path: the name of one of them, or any TOML file.

    Raises:
        BadInputError: no such recipe, or no TOML in it.
    """
    known = names_in(folder)
    path = folder / f"{name_or_path}.toml"
    if name_or_path not in known:
        path = Path(name_or_path)
        if path.suffix != ".toml" or not path.is_file():
            raise BadInputError(
                f"expected a recipe among {', '.join(known)} or a .toml file, got "
                f"{name_or_path!r}{nearest(name_or_path, known)}"
            )
    return path, read_toml(path, what="recipe")
