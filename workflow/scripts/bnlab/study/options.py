"""Options of networks, kernels and normalizers: types, read from ``__init__``, by which values are checked."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, is_dataclass
from functools import cache
from math import prod
from typing import Annotated, Any, Literal, get_type_hints

import yaml
from pydantic import BaseModel, ConfigDict, Field, create_model

DIVIDES, IS_WIDTH = "divides what is normalized", "is the width of a layer"
"""Marks, in ``Annotated``, of numbers that depend on the units or channels of layers."""
IS_STATE = "is the width of a state"
"""Mark of the units of a layer that reads its own state beside one part of an example."""
DIVIDES_FEATURES, DIVIDES_SIDES = "divides the features", "divides height and width"
"""Marks of numbers that depend on the features of the data, and on the height and width of images."""
REPEATS = "is a number of equal blocks"
"""Mark of numbers of blocks, each of which has layers of all widths."""
WIDTHS = (
    "num_features",
    "num_channels",
    "normalized_shape",
    "features",
    "channels",
    "dim",
    "hidden_size",
    "input_size",
    "shape",
)
"""Names of an argument without a default by which a layer of another library is told the number of features."""
COUNTS = ("num_features", "num_channels", "channels")
"""Those of ``WIDTHS`` that mean no axis, and are told also where their default is None."""

EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
"""Numbers that YAML 1.1 takes for text unless they have both a point and a sign."""

Count = Annotated[int, Field(ge=1)]
Several = Annotated[int, Field(ge=2)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Start = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A number from 0 at which a variable starts."""
Over = Literal["row", "position"]
"""Values of a row that are averaged together: all of them, or those of each position, such as a token."""
Affine = Literal["both", "gain", "none"]
"""Trained vectors after a normalization: γ and β, γ alone, or neither."""
Divisor = Annotated[Count, DIVIDES]
"""A count that divides the number of features, channels or units that are normalized."""
Parts = Annotated[Count, DIVIDES_FEATURES]
"""A count of equal parts of an example."""
State = Annotated[Count, IS_STATE]
"""Units of a layer that is normalized and reads its own state beside one of the ``Parts`` of an example."""
Layers = Annotated[int, Field(ge=2)]
"""A count of layers of which the last has no normalizer."""
Blocks = Annotated[Count, REPEATS]
"""A count of blocks with layers of equal widths."""
Width = Annotated[Count, IS_WIDTH]
"""Units of every layer that is normalized."""
Side = Annotated[Count, DIVIDES_SIDES]
"""Height and width of the square parts of an image."""
Widths = Annotated[list[Count], Field(min_length=1), IS_WIDTH]
"""Units or channels of consecutive layers that are normalized."""
Head = Annotated[list[Count], IS_WIDTH]  # the same, and possibly none
Stages = Annotated[list[Widths], Field(min_length=1), IS_WIDTH]
"""Widths of layers with something between the lists, such as pooling."""


@cache
def options(cls: type) -> type[BaseModel]:
    """Return a model of the arguments of ``__init__``: of their types, none missing, no others.

    Of a layer of another library (``networks.adapters``) names alone are checked, and none where it takes any.

    Raises:
        ValueError: an annotation is an unknown name, an argument has no name that a config could write, or a dataclass
            is frozen; the text is a sentence for the user.
    """
    if adapts := getattr(cls, "adapts", None):
        return _of_layer(adapts, cls.given)  # type: ignore[attr-defined]
    if is_dataclass(cls) and cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise ValueError(f"{cls.__name__} is frozen and cannot hold variables; drop frozen=True")
    types, fields = _types(cls), dict[str, Any]()
    for each in inspect.signature(cls).parameters.values():
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD, each.POSITIONAL_ONLY):
            raise ValueError(
                f"{cls.__name__}.__init__ has {each}, which no config can set by name; write each option as an argument"
                " with a type and a default"
            )
        default = ... if each.default is each.empty else each.default
        fields[each.name] = (types.get(each.name, Any), default)
    config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)
    return create_model("Options", __config__=config, **fields)


def _of_layer(cls: type, given: tuple[str, ...]) -> type[BaseModel]:
    """Return a model of the arguments of a layer of another library, whose types it checks itself.

    Those that are ``given`` by its adapter need no value.
    """
    arguments = of_layer(cls)
    fields: dict[str, Any] = {
        each.name: (Any, None if each.name in given else _default(each))
        for each in arguments
        if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    }
    takes_any = any(each.kind == each.VAR_KEYWORD for each in arguments)
    return create_model(
        "Options", __config__=ConfigDict(extra="allow" if takes_any else "forbid"), **fields
    )


def _default(argument: inspect.Parameter) -> Any:
    if argument.default is not argument.empty:
        is_plain = isinstance(argument.default, int | float | str | list | tuple)
        return (
            argument.default if is_plain else None
        )  # others are copied at each check, if they can be
    return None if argument.name in WIDTHS else ...


def of_layer(cls: type) -> list[inspect.Parameter]:
    """Return the arguments of a layer of another library, also of a class whose metaclass takes any."""
    arguments = [*inspect.signature(cls).parameters.values()]
    if all(each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in arguments):
        return [*inspect.signature(cls.__init__).parameters.values()][1:]  # type: ignore[misc]
    return arguments


def with_width(cls: type, options: Mapping[str, Any], features: int) -> dict[str, Any]:
    """Return the options of a layer of another library, with the number of features where it has to have one."""
    needed = (
        each.name
        for each in of_layer(cls)
        if (each.default is each.empty and each.name in WIDTHS)
        or (each.default is None and each.name in COUNTS)
    )
    return {**dict.fromkeys(needed, features), **options}


def _types(cls: type) -> dict[str, Any]:
    """Return the types of the arguments of ``__init__``, of a dataclass as the class that has a field knows them."""
    try:
        types = get_type_hints(cls.__init__, include_extras=True)  # type: ignore[misc]
    except Exception as error:
        if not is_dataclass(cls):
            raise ValueError(f"{cls.__name__}.__init__ cannot be read: {error}") from None
        try:
            types = get_type_hints(cls, include_extras=True)
        except Exception:
            raise ValueError(f"{cls.__name__}'s fields cannot be read: {error}") from None
    return {n: each.type if isinstance(each, InitVar) else each for n, each in types.items()}


def parse(pairs: Iterable[str]) -> dict[str, Any]:
    """Return options written as ``name=value``, each value in YAML or a number such as 1e-5.

    Raises:
        ValueError: a pair is none; the text is a sentence for the user.
    """
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"An option is name=value, and {pair} is not.")
        try:
            options[name] = float(value) if EXPONENT.fullmatch(value) else yaml.safe_load(value)
        except yaml.YAMLError:
            raise ValueError(f"The value of {name}, {value}, is no YAML.") from None
    return options


def marked(cls: type, mark: str, settings: Any) -> dict[str, Any]:
    """Return the options with a mark; settings that are no mapping are the value of the first option."""
    fields = options(cls).model_fields
    values = settings if isinstance(settings, Mapping) else {next(iter(fields), ""): settings}
    return {n: values.get(n, f.default) for n, f in fields.items() if mark in f.metadata}


def widths(cls: type, settings: Any) -> list[int]:
    """Return the widths of layers among the settings of a network, in order, or as often as there are blocks."""
    numbers = _numbers(list(marked(cls, IS_WIDTH, settings).values()))
    return numbers * prod(repeats(cls, settings))


def repeats(cls: type, settings: Any) -> list[int]:
    """Return the numbers of equal blocks among the settings of a network."""
    return _numbers(list(marked(cls, REPEATS, settings).values()))


def form(cls: type, settings: Any) -> str:
    """Return the options of a network that are words, and the names of those that are true; ``plain`` without any."""
    fields = options(cls).model_fields
    given = settings if isinstance(settings, Mapping) else {}
    values = {name: given.get(name, field.default) for name, field in fields.items()}
    words = [name if value is True else value for name, value in values.items()]
    return " ".join(word for word in words if isinstance(word, str)) or "plain"


def states(cls: type, settings: Any) -> list[tuple[int, int]]:
    """Return the units of layers that read their own state, each with the number of parts of an example it reads."""
    parts = _numbers(list(marked(cls, DIVIDES_FEATURES, settings).values()))
    units = _numbers(list(marked(cls, IS_STATE, settings).values()))
    return [(n, prod(parts)) for n in units if min(n, *parts) > 0]


def _numbers(value: Any) -> list[int]:
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    return [value] if type(value) is int else []
