"""What options a network, kernel or normalizer takes, read from its source."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, create_model

from bnlab.study.code import file_of_module
from bnlab.study.options import LAYERS, TYPES
from bnlab.study.rooms import Room, bases, classes, parsed


class Option(NamedTuple):
    """An argument of ``__init__``: the name of its type, and its default as text (None if it has none)."""

    kind: str
    default: str | None


def options(room: Room) -> dict[str, Option] | None:
    """The options of a class by name; None if they cannot be known from the source."""
    node = _method(room, "__init__")
    if node is None:
        return None
    if node is _NOWHERE:
        return {}
    arguments = [*node.args.args[1:], *node.args.kwonlyargs]
    defaults = [*node.args.defaults]
    padded = [None] * (len(node.args.args) - 1 - len(defaults)) + defaults
    values = [*padded, *node.args.kw_defaults]
    return {
        argument.arg: Option(
            ast.unparse(argument.annotation) if argument.annotation else "Any",
            ast.unparse(value) if value is not None else None,
        )
        for argument, value in zip(arguments, values, strict=True)
    }


def model(found: dict[str, Option]) -> type[BaseModel]:
    """A pydantic model that checks a mapping of these options: no others, of their types, none missing."""
    fields: Any = {
        name: (TYPES.get(option.kind, Any), ... if option.default is None else None)
        for name, option in found.items()
    }
    return create_model(
        "Options", __config__=ConfigDict(extra="forbid", strict=True, frozen=True), **fields
    )


def widths(found: dict[str, Option], values: dict[str, Any]) -> list[int]:
    """The sizes of layers among a network's options, in order."""
    named = [
        values[name] for name, option in found.items() if option.kind in LAYERS and name in values
    ]
    return _numbers(named)


def attribute(room: Room, name: str, default: Any) -> Any:
    """A plain value that a class, or the nearest class above it, gives to one of its attributes."""
    for node in room.node.body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(node, "value", None)
            return value.value if isinstance(value, ast.Constant) else default
    above = [_above(room, base) for base in bases(room.node)]
    return next((attribute(base, name, default) for base in above if base), default)


def keeps_averages(room: Room) -> bool:
    """Whether a normalizer, or one above it whose ``build`` it calls or has, makes moving averages."""
    own = next(
        (n for n in room.node.body if isinstance(n, ast.FunctionDef) and n.name == "build"), None
    )
    if own is not None:
        said = list(ast.walk(own))
        texts = [node.value for node in said if isinstance(node, ast.Constant)]
        if any(str(text).startswith("moving_") for text in texts):
            return True
        if not any(isinstance(node, ast.Attribute) and node.attr == "build" for node in said):
            return False
    above = [_above(room, base) for base in bases(room.node)]
    return any(keeps_averages(found) for found in above if found)


_NOWHERE = object()


def _method(room: Room, name: str) -> Any:
    """A method of a class or of the nearest class above it; None where the source of one of these is not known."""
    for node in room.node.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    for base in bases(room.node):
        above = _above(room, base)
        if above is None:
            return None
        found = _method(above, name)
        if found is not _NOWHERE:
            return found
    return _NOWHERE


def _above(room: Room, base: str) -> Room | None:
    """A base class: of the same file, or imported from the library."""
    if base in classes(room.file):
        return Room(room.file, base)
    for node in parsed(room.file).body:
        if isinstance(node, ast.ImportFrom) and any(
            (alias.asname or alias.name) == base for alias in node.names
        ):
            file = file_of_module(node.module or "")
            return Room(file, base) if file and base in classes(file) else None
    return None


def _numbers(value: Any) -> list[int]:
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    return [value] if type(value) is int else []
