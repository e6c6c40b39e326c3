"""Readable messages for pydantic errors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bnlab.study.datasets import SOURCES
from bnlab.study.locations import Key, Problem, value_at
from bnlab.study.messages import unknown
from bnlab.study.options import options
from bnlab.study.section import (
    ADDRESS,
    COMPARE,
    DIGEST,
    FROZEN,
    NAME_IN_WORDS,
    NUMBER,
    REFERENCE,
    TEST,
    VARIABLES,
    Section,
)

M = TypeVar("M", bound=Section)


def validate(model: type[M], mapping: Any) -> tuple[M | None, list[Problem]]:
    """Return the model of a mapping and no problems, or None and the problems of the mapping."""
    fields: dict[int, list[str]] = {}
    try:
        return model.model_validate(mapping, context=fields), []
    except ValidationError as error:
        details = error.errors()
        misnamed = {detail["loc"][:-1] for detail in details if detail["loc"][-1:] == ("[key]",)}
        return None, [
            _schema_problem(detail, mapping, fields)
            for detail in details
            if detail["loc"][:2] not in misnamed or detail["loc"][-1] == "[key]"
        ]


def _schema_problem(error: ErrorDetails, mapping: Any, fields: dict[int, list[str]]) -> Problem:
    """Return the problem of an error; ``fields`` has the allowed keys of each mapping, by its id."""
    key, value, context = _key(error["loc"]), error["input"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden" | "invalid_key":
            if (allowed := fields.get(id(value_at(mapping, key[:-1])))) is None:
                return Problem(key, f"{key[-1]} cannot be a key (allowed: {NAME_IN_WORDS})")
            return Problem(key, unknown("key", key[-1], allowed))
        case "string_type" if error["loc"][-1] == "[key]" and "class_labels" in key:
            return Problem(key[:-1], f"YAML reads a class as {value}; put it in quotes")
        case "string_type" if error["loc"][-1] == "[key]":
            return Problem(key, f"{key[-1]} cannot be a name (allowed: {NAME_IN_WORDS})")
        case "union_tag_not_found":
            return Problem((*key, "source"), f"is missing (allowed: {', '.join(SOURCES)})")
        case "union_tag_invalid":
            return Problem((*key, "source"), unknown("source", context["tag"], SOURCES))
        case "literal_error":
            return Problem(key, unknown("value", value, _listed(context["expected"])))
        case "int_type" | "float_type" | "share" if isinstance(value, str) and _is_number(value):
            return Problem(key, f"'{value}' is text in YAML; write {_as_number(value)}")
    return Problem(key, sentence(error))


def sentence(error: ErrorDetails) -> str:
    """Return the message of one error of pydantic."""
    value, context = error["input"], error.get("ctx", {})
    text = in_words(value)
    match error["type"]:
        case "missing":
            return "is missing, and is needed here"
        case "int_type":
            return f"{text} is not a whole number"
        case "bool_type":
            return f"{text} is not true or false"
        case "float_type" | "finite_number":
            return f"{text} is not a number"
        case "string_type":
            if isinstance(value, Mapping | list):
                return f"{text} is not text"
            return f"is not text, since YAML reads it as {value} (allowed: the text in quotes)"
        case "list_type":
            return f"{text} is not a list (allowed: [a, b] or lines that begin with a dash)"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{text} is not a mapping (allowed: {{key: value}} or lines of key: value)"
        case "too_short" | "string_too_short":
            return "is empty (allowed: at least one entry)"
        case "greater_than":
            return f"{text} is too small (allowed: above {context['gt']})"
        case "greater_than_equal":
            return f"{text} is too small (allowed: {context['ge']} and above)"
        case "less_than":
            return f"{text} is too large (allowed: below {context['lt']})"
        case "less_than_equal":
            return f"{text} is too large (allowed: {context['le']} and below)"
        case "string_too_long":
            return f"has {len(value)} characters (allowed: {context['max_length']})"
        case "too_long":
            return f"has {len(value)} entries (allowed: {context['max_length']})"
        case "share":
            return (
                f"{text} is no size of a part (allowed: {context['of']} as 1, 2, …; a share as 0.2)"
            )
        case "string_pattern_mismatch" if context["pattern"] == DIGEST:
            return f"{text} is not a SHA-256 (allowed: 64 hexadecimal digits in lower case)"
        case "string_pattern_mismatch" if context["pattern"] == COMPARE:
            return f"{text} compares nothing (allowed: bn, bn - base, bn / base, with spaces)"
        case "string_pattern_mismatch" if context["pattern"] == REFERENCE:
            return f"{text} names nothing (allowed: a name, my_norms.py:MyNorm, or keras.layers:RMSNormalization)"
        case "string_pattern_mismatch" if context["pattern"] == FROZEN:
            return f"{text} is no digest of a ledger (allowed: its first 12 hexadecimal digits, in quotes)"
        case "string_pattern_mismatch" if context["pattern"] == NUMBER:
            return f"{text} is no number of a claim (allowed: 5, or 5a and 5b for its parts)"
        case "string_pattern_mismatch" if context["pattern"] == TEST:
            return f"{text} is no test (allowed: 49/1, the first test of claim 49)"
        case "string_pattern_mismatch" if context["pattern"] == VARIABLES:
            return f"{text} means no variables (allowed: gamma, hidden1, hidden1/gamma, hidden*/kernel)"
        case "string_pattern_mismatch" if context["pattern"] == ADDRESS:
            return f"{text} is no address (allowed: https:// and what follows, without spaces)"
        case "string_pattern_mismatch":
            return f"{text} cannot be a name (allowed: {NAME_IN_WORDS})"
    return error["msg"]


def _key(location: Key) -> Key:
    """Return the key in the config of a pydantic location, which also names the branch of a union."""
    if location[-1:] == ("[key]",):
        location = location[:-1]
    branch = location[:1] == ("datasets",) and len(location) > 2
    return location[:2] + location[3:] if branch else location


def in_words(value: Any) -> str:
    """Return a value as a sentence has it: a mapping or list by its kind, anything else in full."""
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else repr(value)


def _listed(text: str) -> list[str]:
    return [word.strip("'") for word in re.split(r", | or ", text)]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _as_number(text: str) -> str:
    """Return the number in `text` as YAML 1.1 reads one: with a point, and a sign in the exponent.

    >>> _as_number("1e-4"), _as_number("2.5E3"), _as_number("0.1")
    ('1.0e-4', '2.5e+3', '0.1')
    """
    mantissa, _, exponent = text.strip().lower().partition("e")
    if not exponent:
        return mantissa
    point = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{point}e{exponent if exponent[0] in '+-' else '+' + exponent}"


def option_problems(key: Key, values: Any, cls: type) -> Iterator[Problem]:
    """Yield the problems of these values, at ``key``, as the options of a class.

    A value that fits no part of a union is one problem, with a reason for each part.
    """
    model, reasons = options(cls), dict[Key, list[str]]()
    try:
        model.model_validate(values)
    except ValidationError as error:
        for detail in error.errors():
            location = _within(values, detail["loc"])
            if detail["type"] == "extra_forbidden":
                reason = unknown("option", location[-1], model.model_fields)
            else:
                reason = _schema_problem({**detail, "loc": location}, {}, {}).sentence
            reasons.setdefault(location, []).append(reason)
    for location, each in reasons.items():
        yield Problem((*key, *location), "; or ".join(each))


def _within(values: Any, location: Key) -> Key:
    """Return a location of pydantic without the names of a union's parts."""
    inner, rest = location[:1], location[1:]
    for part in rest:
        if value_at(values, (*inner, part)) is not None:
            inner = (*inner, part)
    return inner
