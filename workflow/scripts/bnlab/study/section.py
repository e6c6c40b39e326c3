"""Types shared by all parts of a config."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

NAME = r"^[a-z][a-z0-9_.]*$"
LONGEST_NAME = 100
"""Characters; names are parts of the names of files, which may have 255."""
NAME_IN_WORDS = "lower-case letters, digits, _ and ., beginning with a letter"
DIGEST = r"^[0-9a-f]{64}$"
REFERENCE = r"^([a-z][a-z0-9_.]*|[^:]+\.py:[A-Za-z_]\w*|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$"
"""Name of a kernel, normalizer, network or probe, `file.py:Class`, or `module:Class` of an installed package."""
COMPARE = r"^[a-z][a-z0-9_.]*( [-/] [a-z][a-z0-9_.]*)?$"
"""One method, or two with their difference or ratio."""
NUMBER = r"^[1-9][0-9]*[a-z]?$"
"""Number of a claim, with a letter for one part of a compound sentence."""
TEST = r"^[1-9][0-9]*[a-z]?/[1-9][0-9]{0,3}$"
"""A test of the ledger: `49/1` is the first of claim 49."""
ADDRESS = r"^https://[^\s\"<>]+$"
VARIABLES = r"^[A-Za-z0-9_.*]+(/[A-Za-z0-9_.*]+)*$"
"""Variables of a network: a name, a layer, or both as `hidden1/gamma`, with * for any characters."""
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
COMMIT = "^[0-9a-f]{7,40}$"
FROZEN = "^[0-9a-f]{12}$"
"""First digits of the digest of a ledger."""

T = TypeVar("T")


def _size(of: str) -> BeforeValidator:
    """Return a check of a size, which is a number of rows or steps, or a share of all of them."""

    def checked(value: Any) -> Any:
        number = type(value) is int and value >= 1
        part = type(value) is float and 0 < value < 1
        if not (number or part):
            raise PydanticCustomError("share", "wrong size of a part", {"of": of})
        return value

    return BeforeValidator(checked)


_SHARE = {
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    ]
}

Name = Annotated[str, Field(pattern=NAME, max_length=LONGEST_NAME)]
Reference = Annotated[str, Field(pattern=REFERENCE)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Web = Annotated[str, StringConstraints(pattern=ADDRESS)]
Digest = Annotated[str, Field(pattern=DIGEST)]
Share = Annotated[int | float, _size("rows"), WithJsonSchema(_SHARE)]
StepShare = Annotated[int | float, _size("steps"), WithJsonSchema(_SHARE)]
Variables = Annotated[str, Field(pattern=VARIABLES)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Names = Annotated[list[Name], Field(min_length=1)]
Counts = Annotated[list[Count], Field(min_length=1)]


class Section(BaseModel):
    """Part of a config; unknown keys, type conversions and later changes are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _note_allowed_keys(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            info.context[id(data)] = [f.alias or n for n, f in cls.model_fields.items()]
        return data


def unique(items: Iterable[T]) -> list[T]:
    """Return each item once, in order of first appearance."""
    return list(dict.fromkeys(items))
