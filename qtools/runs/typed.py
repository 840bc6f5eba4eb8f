"""Records from outside as frozen dataclasses, every field of the type that it is declared with."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from qtools.errors import BadInputError, nearest

T = TypeVar("T")


def typed(kind: type[T], record: object, *, source: str) -> T:
    """An instance of the dataclass ``kind`` from a JSON or TOML table.

    Fields may be bool, int, float, str, Any, None, tuples, lists, dictionaries and dataclasses of
    them. A whole number is good enough for a float, a list for a tuple.

    Raises:
        BadInputError: an unknown or missing key, or a value of another type; names ``source``.
    """
    assert is_dataclass(kind)
    if not isinstance(record, Mapping):
        raise BadInputError(f"{source} should be a table, got {_shown(record)}")
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind) if field.init]
    for key in record:
        if key not in known:
            raise BadInputError(f"{source} has the unknown key {_shown(key)}{_near(key, known)}")
    for field in fields(kind):
        needed = field.default is MISSING and field.default_factory is MISSING
        if field.init and needed and field.name not in record:
            raise BadInputError(f"{source} lacks the key {field.name!r}")
    values = {key: _value(hints[key], value, f"{source}: {key}") for key, value in record.items()}
    made: T = kind(**values)
    return made


def _value(hint: Any, value: Any, place: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _one_of(inner, value, place)
    if is_dataclass(hint) and isinstance(hint, type):
        return typed(hint, value, source=place)
    if origin in (tuple, list) and isinstance(value, list | tuple):
        items = [_value(inner[0], item, f"{place}[{i}]") for i, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin is dict and isinstance(value, Mapping):
        return {
            _value(inner[0], key, place): _value(inner[1], item, f"{place}.{_shown(key)}")
            for key, item in value.items()
        }
    if _is_plain(hint, value):
        return float(value) if hint is float else value
    raise BadInputError(f"{place} should be {_named(hint)}, got {_shown(value)}")


def _one_of(hints: tuple[Any, ...], value: Any, place: str) -> Any:
    for hint in hints:
        try:
            return _value(hint, value, place)
        except BadInputError:
            continue
    raise BadInputError(f"{place} should be {' or '.join(map(_named, hints))}, got {_shown(value)}")


def _is_plain(hint: Any, value: Any) -> bool:
    if hint in (None, type(None)):
        return value is None
    if hint is float:
        whole = isinstance(value, int) and abs(value) < 1 << 1000
        return not isinstance(value, bool) and (whole or isinstance(value, float))
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return hint in (bool, str, Path) and isinstance(value, hint)


def _named(hint: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    names |= {type(None): "nothing", tuple: "a list", list: "a list", dict: "a table"}
    return names.get(get_origin(hint) or hint, "a table")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _near(key: object, known: list[str]) -> str:
    return nearest(key, known) if isinstance(key, str) else ""
