"""Imports run one way through the rooms, as docs/architecture.md draws them."""

import ast
from pathlib import Path

import pytest

QTOOLS = Path(__file__).parents[1] / "qtools"
#: Room -> rooms that it may import beside those below.
SIDEWAYS = {"generate": {"datasets"}, "datasets": {"compile"}}
#: Rooms from the bottom to the top; those of one line do not know each other.
FLOORS = (
    ("__init__", "errors", "console", "command_help", "command_options", "lazy_names"),
    ("circuits", "runs"),
    ("report",),
    ("compile", "datasets", "generate", "view"),
    ("merge",),
    ("cli", "launch"),
    ("__main__",),
)
GENERATE_FLOORS = (("language",), ("grammar",), ("model",), ("training", "sampling"))


def room(path, house):
    first = path.relative_to(house).parts[0]
    return first.removesuffix(".py")


def imported(path, package):
    """Rooms of a package that a file imports, at the top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == package:
                yield from (alias.name for alias in node.names)
            elif node.module.startswith(f"{package}."):
                yield node.module.removeprefix(f"{package}.").split(".")[0]


def wrong_imports(house, package, floors, sideways):
    level = {name: height for height, names in enumerate(floors) for name in names}
    for path in house.rglob("*.py"):
        here = room(path, house)
        for there in imported(path, package):
            if here in level and level.get(there, 0) >= level[here]:
                known = there == here or there in sideways.get(here, ())
                if not known:
                    yield f"{path.relative_to(house)} imports {package}.{there}"


@pytest.mark.parametrize(
    ("folder", "floors", "sideways"),
    [("", FLOORS, SIDEWAYS), ("generate", GENERATE_FLOORS, {})],
)
def test_imports_run_one_way(folder, floors, sideways):
    package = f"qtools.{folder}".rstrip(".")
    house = QTOOLS / folder
    rooms = {room(path, house) for path in house.rglob("*.py")}
    assert {name for names in floors for name in names} <= rooms
    if not folder:
        assert rooms <= {name for names in floors for name in names}
    found = sorted(wrong_imports(house, package, floors, sideways))
    assert found == []
