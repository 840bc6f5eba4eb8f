"""Options that belong together, declared once as a dataclass and taken by many commands."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command in whose signature groups of options stand as single options.

    A parameter whose type is a dataclass is replaced, where it stands, by one keyword parameter per
    field, with the field's annotation and default; called with those, the command gets the
    dataclass. A field may be a group again. So Typer sees every option, and the command one value
    per group.

    Args:
        command: takes keyword arguments only.
    """
    hints = get_type_hints(command, include_extras=True)
    asked = inspect.signature(command).parameters.values()
    groups = {p.name: hints[p.name] for p in asked if is_dataclass(hints[p.name])}
    shown = [
        option
        for parameter in asked
        for option in (
            _options(groups[parameter.name])
            if parameter.name in groups
            else [parameter.replace(annotation=hints[parameter.name])]
        )
    ]

    @wraps(command)
    def called(**given: Any) -> None:
        made = {name: _made(group, given) for name, group in groups.items()}
        command(**given, **made)

    called.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    called.__annotations__ = {option.name: option.annotation for option in shown}
    return called


def _options(group: Any) -> list[inspect.Parameter]:
    """One keyword parameter per field of a dataclass and of the groups in it."""
    hints = get_type_hints(group, include_extras=True)
    found = []
    for field in fields(group):
        hint = hints[field.name]
        if is_dataclass(hint):
            found += _options(hint)
        else:
            kind, default = inspect.Parameter.KEYWORD_ONLY, _default(field)
            found.append(inspect.Parameter(field.name, kind, default=default, annotation=hint))
    return found


def _made(group: Any, given: dict[str, Any]) -> Any:
    """The dataclass; its options are taken out of those given."""
    hints = get_type_hints(group, include_extras=True)
    return group(
        **{
            field.name: _made(hints[field.name], given)
            if is_dataclass(hints[field.name])
            else given.pop(field.name)
            for field in fields(group)
        }
    )


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default
