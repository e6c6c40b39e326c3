"""Reading a study and its ledger: everything that is wrong at once, with its place and what is allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bnlab import layer_source
from bnlab.config import (
    DIGEST,
    NAME_IN_WORDS,
    SOURCES,
    AnyDataset,
    Dataset,
    Method,
    Recipe,
    RedrawDataset,
    Section,
    Study,
    T,
    unique,
)
from bnlab.ledger import COMPARE, Ledger, compared

Key = tuple[str | int, ...]
M = TypeVar("M", bound=Section)
Places = dict[tuple[str, ...], tuple[Path, int]]


class Problem(NamedTuple):
    """One thing wrong in the config: where, and a sentence on what and what is allowed."""

    key: Key
    sentence: str


class ConfigError(ValueError):
    """The config cannot be run; the text has one line per problem, with its place in the file."""


def read(files: list[Path]) -> Study:
    """The study of these YAML files, later ones laid over earlier ones as Snakemake does it."""
    mapping: Any = {}
    for file in files:
        mapping = _overlay(mapping, yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    return load(mapping, files)


def load(mapping: Mapping[str, Any], files: list[Path]) -> Study:
    """The checked study in `mapping`, which was merged from `files` in this order (later ones win).

    `files` serve to say where a problem is. A key set to null counts as absent, so that an overlay
    can take a key away. Raises ConfigError with every problem, one line each:
    `file:line: key: what is wrong (allowed: ...)`.
    """
    places, repeated = _read_places(files)
    mapping = _without_nulls(mapping)
    study, unsound = _validate(Study, mapping)
    problems = [*repeated, *unsound, *_meaning_problems(mapping)]
    if study is None or problems:
        raise ConfigError("\n".join(_lines(problems, places, files)))
    return study


def load_ledger(file: Path, config: Mapping[str, Any]) -> Ledger:
    """The checked ledger of claims in `file`.

    `config` is the mapping that the study was loaded from: tests may name its datasets, what these
    stand for, its recipes and its methods, also those that an overlay took away. Raises ConfigError
    as `load` does.
    """
    try:
        text = file.read_text(encoding="utf-8")
        mapping = _without_nulls(yaml.safe_load(text) or {})
    except OSError:
        raise ConfigError(f"{file}: cannot be read, and the config names it under claims") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{_short(file)}:{line}: is not YAML: {error.problem}") from None
    places, repeated = _read_places([file])
    ledger, unsound = _validate(Ledger, mapping)
    problems = [*repeated, *unsound, *_ledger_problems(mapping, config)]
    if ledger is None or problems:
        raise ConfigError("\n".join(_lines(problems, places, [file])))
    return ledger


def _overlay(below: Any, above: Any) -> Any:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: _overlay(below.get(key), value) for key, value in above.items()}}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


# Places: where in the files each key and list entry stands, its key as texts.


class Node(NamedTuple):
    """A key or list entry of one file."""

    key: tuple[str, ...]
    line: int
    is_list: bool
    repeated: bool


def _read_places(files: list[Path]) -> tuple[Places, list[Problem]]:
    places: Places = {}
    problems: list[Problem] = []
    for file in files:
        nodes = list(_walk(yaml.compose(file.read_text(encoding="utf-8")), ()))
        lists = {node.key for node in nodes if node.is_list}
        places = {key: place for key, place in places.items() if not _below(key, lists)}
        for node in nodes:
            if node.repeated:
                earlier = places[node.key][1]
                problems.append(Problem(node.key, f"appears twice; it is also on line {earlier}"))
                places = {
                    key: place for key, place in places.items() if not _below(key, {node.key})
                }
            places[node.key] = (file, node.line)
    return places, problems


def _below(key: tuple[str, ...], parents: set[tuple[str, ...]]) -> bool:
    return any(key[:end] in parents for end in range(1, len(key)))


def _walk(node: yaml.Node | None, key: tuple[str, ...]) -> Iterator[Node]:
    entries: list[tuple[str, int, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        entries = [(name.value, name.start_mark.line, value) for name, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        entries = [(str(i), value.start_mark.line, value) for i, value in enumerate(node.value)]
    seen: set[str] = set()
    for name, line, value in entries:
        inner = (*key, name)
        yield Node(inner, line + 1, isinstance(value, yaml.SequenceNode), name in seen)
        yield from _walk(value, inner)
        seen.add(name)


def _lines(problems: list[Problem], places: Places, files: list[Path]) -> list[str]:
    """One line per problem, in the order of the files; a key of no file is placed at its parent."""
    start = (files[0] if files else Path("config"), 1)

    def place(key: Key) -> tuple[Path, int]:
        parents = (tuple(map(str, key[:end])) for end in range(len(key), 0, -1))
        return next((places[parent] for parent in parents if parent in places), start)

    order = {file: index for index, file in enumerate([start[0], *files])}
    placed = [(*place(key), ".".join(map(str, key)) or "config", text) for key, text in problems]
    placed.sort(key=lambda item: (order[item[0]], item[1]))
    return unique(f"{_short(file)}:{line}: {key}: {text}" for file, line, key, text in placed)


def _short(file: Path) -> Path:
    """The path as seen from the current folder, where the file lies in it."""
    full, here = file.resolve(), Path.cwd()
    return full.relative_to(here) if full.is_relative_to(here) else file


# First pass, the schema: pydantic finds what is wrong, and it is said here in plain words.


def _validate(model: type[M], mapping: Any) -> tuple[M | None, list[Problem]]:
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
    """`fields` has the allowed keys of each mapping, by its id."""
    key, value, context = _key(error["loc"]), error["input"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden" | "invalid_key":
            return Problem(key, _unknown("key", key[-1], fields[id(_at(mapping, key[:-1]))]))
        case "string_type" if error["loc"][-1] == "[key]":
            return Problem(key, f"{key[-1]} cannot be a name (allowed: {NAME_IN_WORDS})")
        case "union_tag_not_found":
            return Problem((*key, "source"), f"is missing (allowed: {', '.join(SOURCES)})")
        case "union_tag_invalid":
            return Problem((*key, "source"), _unknown("source", context["tag"], SOURCES))
        case "literal_error":
            kind = "experiment" if error["loc"][-1] == "[key]" else "value"
            return Problem(key, _unknown(kind, value, _quoted(context["expected"])))
        case "int_type" | "float_type" | "share" if isinstance(value, str) and _is_number(value):
            return Problem(key, f"'{value}' is text in YAML; write {_as_number(value)}")
    return Problem(key, _sentence(error))


def _sentence(error: ErrorDetails) -> str:
    value, context = error["input"], error.get("ctx", {})
    shown = _shown(value)
    match error["type"]:
        case "missing":
            return "is missing, and is needed here"
        case "int_type":
            return f"{shown} is not a whole number"
        case "float_type" | "finite_number":
            return f"{shown} is not a number"
        case "string_type":
            return f"{shown} is not text (if it is meant, put it in quotes)"
        case "list_type":
            return f"{shown} is not a list (allowed: [a, b] or lines that begin with a dash)"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{shown} is not a mapping (allowed: {{key: value}} or lines of key: value)"
        case "too_short" | "string_too_short":
            return "is empty (allowed: at least one entry)"
        case "greater_than":
            return f"{shown} is too small (allowed: above {context['gt']})"
        case "greater_than_equal":
            return f"{shown} is too small (allowed: {context['ge']} and above)"
        case "share":
            return f"{shown} is no size of a part (allowed: rows as 1, 2, …; a share as 0.2)"
        case "string_pattern_mismatch" if context["pattern"] == DIGEST:
            return f"{shown} is not a SHA-256 (allowed: 64 hexadecimal digits in lower case)"
        case "string_pattern_mismatch" if context["pattern"] == COMPARE:
            return f"{shown} compares nothing (allowed: bn, bn - base, bn / base)"
        case "string_pattern_mismatch":
            return f"{shown} cannot be a name (allowed: {NAME_IN_WORDS})"
    return error["msg"]


def _key(location: Key) -> Key:
    """The config's key of a pydantic location, which also names the branch of a union."""
    if location[-1:] == ("[key]",):
        location = location[:-1]
    branch = location[:1] == ("datasets",) and len(location) > 2
    return location[:2] + location[3:] if branch else location


# Second pass, the meaning: what one part says about another. It reads the parts that are sound,
# so that a mistake in one place does not hide the mistakes in others.


def _meaning_problems(mapping: Any) -> Iterator[Problem]:
    datasets = _sound(_section(mapping, "datasets"), Dataset)
    recipes = _sound(_section(mapping, "recipes"), Recipe)
    yield from _method_problems(_section(mapping, "methods"))
    for name, dataset in datasets.items():
        yield from _split_problems(name, dataset)
        if isinstance(dataset, RedrawDataset):
            yield from _redraw_problems(name, dataset, _section(mapping, "datasets"))
    yield from _repeat_problems(mapping, ())
    yield from _stand_in_problems(mapping)
    for key, group in _run_groups(mapping):
        yield from _reference_problems(key, group, mapping)
        yield from _batch_problems(key, group, datasets)
        if key[1] == "learning_rate":
            yield from _rate_problems(key, group, recipes)


def _method_problems(methods: Mapping[str, Any]) -> Iterator[Problem]:
    classes = layer_source.layer_classes()
    labels: dict[str, str] = {}
    for name, method in _sound(methods, Method).items():
        if method.layer not in classes:
            yield Problem(("methods", name, "layer"), _unknown("layer", method.layer, classes))
        other = labels.setdefault(method.label, name)
        if other != name:
            yield Problem(
                ("methods", name, "label"),
                f"'{method.label}' is also that of '{other}'",
            )


def _split_problems(name: str, dataset: AnyDataset) -> Iterator[Problem]:
    if dataset.train_rows < 1:
        _, validation, test = dataset.sizes
        yield Problem(
            ("datasets", name, "split"),
            f"test ({test}) and validation ({validation}) leave no training row of"
            f" {dataset.shape.rows}",
        )


def _redraw_problems(
    name: str, dataset: RedrawDataset, datasets: Mapping[str, Any]
) -> Iterator[Problem]:
    if "redraw" not in dataset.label.lower():
        yield Problem(
            ("datasets", name, "label"),
            f"'{dataset.label}' passes for the original (allowed: a label with the word 'redraw')",
        )
    originals = [other for other in datasets if _at(datasets, (other, "source")) != "redraw"]
    if dataset.of not in originals:
        yield Problem(("datasets", name, "of"), _unknown("original", dataset.of, originals))
        return
    for size in ("features", "classes"):
        original = _at(datasets, (dataset.of, "shape", size))
        if original not in (None, getattr(dataset.shape, size)):
            yield Problem(
                ("datasets", name, "shape", size),
                f"{getattr(dataset.shape, size)} is not what '{dataset.of}' has ({original})",
            )


def _stand_in_problems(mapping: Any) -> Iterator[Problem]:
    for kind in ("datasets", "recipes"):
        section = _section(mapping, kind)
        for name, entry in section.items():
            other = _at(entry, ("stands_for",))
            if isinstance(other, str) and other not in section:
                yield Problem((kind, name, "stands_for"), _unknown(kind[:-1], other, list(section)))


def _repeat_problems(value: Any, key: Key) -> Iterator[Problem]:
    """Entries that a list has twice; widths of hidden layers may well be equal."""
    if isinstance(value, list) and key[-1:] != ("hidden",):
        for index, entry in enumerate(value):
            if entry in value[:index]:
                yield Problem((*key, index), f"{_shown(entry)} is listed twice")
    for part, inner in _parts(value):
        yield from _repeat_problems(inner, (*key, part))


def _parts(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _reference_problems(key: Key, group: Any, mapping: Any) -> Iterator[Problem]:
    for kind in ("datasets", "methods", "recipes"):
        known = list(_section(mapping, kind))
        for index, name in _entries(group, kind, str):
            if name not in known:
                yield Problem((*key, kind, index), _unknown(kind[:-1], name, known))


def _batch_problems(key: Key, group: Any, datasets: Mapping[str, AnyDataset]) -> Iterator[Problem]:
    named = [name for _, name in _entries(group, "datasets", str) if name in datasets]
    for index, batch in _entries(group, "batches", int):
        for name in named:
            rows = datasets[name].train_rows
            if batch > rows >= 1:
                yield Problem(
                    (*key, "batches", index),
                    f"{batch} is more than the training rows of '{name}' (allowed: 1 to {rows})",
                )


def _rate_problems(key: Key, group: Any, recipes: Mapping[str, Recipe]) -> Iterator[Problem]:
    """Recipes that would be mixed up where runs are told apart by their learning rate."""
    named = [(index, name) for index, name in _entries(group, "recipes", str) if name in recipes]
    for batch in (batch for _, batch in _entries(group, "batches", int)):
        first: dict[float, str] = {}
        for index, name in named:
            rate = recipes[name].rate(batch)
            other = first.setdefault(rate, name)
            if other != name:
                yield Problem(
                    (*key, "recipes", index),
                    f"'{name}' has the learning rate of '{other}' (allowed: each rate once)",
                )


def _ledger_problems(mapping: Any, config: Mapping[str, Any]) -> Iterator[Problem]:
    sources = list(_section(mapping, "sources"))
    known = {kind: _known(config, kind) for kind in ("datasets", "recipes", "methods")}
    seen: dict[int, int] = {}
    for place, claim in enumerate(_at(mapping, ("claims",)) or []):
        key = ("claims", place)
        number, source = _at(claim, ("id",)), _at(claim, ("source",))
        if isinstance(number, int) and seen.setdefault(number, place) != place:
            yield Problem((*key, "id"), f"{number} is also that of an earlier claim")
        if isinstance(source, str) and source not in sources:
            yield Problem((*key, "source"), _unknown("source", source, sources))
        for index, effect in enumerate(_at(claim, ("tests",)) or []):
            yield from _effect_problems((*key, "tests", index), effect, known)


def _effect_problems(key: Key, effect: Any, known: Mapping[str, list[str]]) -> Iterator[Problem]:
    for kind in ("datasets", "recipes"):
        name = _at(effect, (kind[:-1],))
        if isinstance(name, str) and name not in known[kind]:
            yield Problem((*key, kind[:-1]), _unknown(kind[:-1], name, known[kind]))
    compare = _at(effect, ("compare",))
    for name in compared(compare) if isinstance(compare, str) else []:
        if name not in known["methods"]:
            yield Problem((*key, "compare"), _unknown("method", name, known["methods"]))


def _known(config: Mapping[str, Any], kind: str) -> list[str]:
    """Names of a section of the config, and the names that its entries stand for."""
    section = _section(config, kind)
    stood_for = [_at(entry, ("stands_for",)) for entry in section.values()]
    return unique([*section, *(name for name in stood_for if isinstance(name, str))])


def _run_groups(mapping: Any) -> Iterator[tuple[Key, Any]]:
    for name, experiment in _section(mapping, "experiments").items():
        groups = _at(experiment, ("runs",))
        for index, group in enumerate(groups if isinstance(groups, list) else []):
            yield ("experiments", name, "runs", index), group


def _entries(group: Any, kind: str, of: type[T]) -> list[tuple[int, T]]:
    values = _at(group, (kind,))
    return [
        (index, value)
        for index, value in enumerate(values if isinstance(values, list) else [])
        if isinstance(value, of)
    ]


def _section(mapping: Any, name: str) -> Mapping[str, Any]:
    section = _at(mapping, (name,))
    return section if isinstance(section, Mapping) else {}


def _sound(section: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """The entries of a section that the schema accepts, as `kind`."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    sound = {}
    for name, value in section.items():
        with suppress(ValidationError):
            sound[name] = adapter.validate_python(value)
    return sound


def _at(value: Any, key: Key) -> Any:
    """What stands at `key` below `value`; None where there is nothing."""
    for part in key:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


# Words for the sentences.


def _unknown(kind: str, word: Any, allowed: list[str]) -> str:
    close = get_close_matches(str(word), allowed, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"unknown {kind} '{word}'{hint} (allowed: {', '.join(allowed)})"


def _shown(value: Any) -> str:
    """A value in a sentence: whole where it is short, else what it is."""
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else repr(value)


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _as_number(text: str) -> str:
    """The number in `text` as YAML 1.1 reads one: with a point, and a sign in the exponent.

    >>> _as_number("1e-4"), _as_number("2.5E3"), _as_number("0.1")
    ('1.0e-4', '2.5e+3', '0.1')
    """
    mantissa, _, exponent = text.strip().lower().partition("e")
    if not exponent:
        return mantissa
    point = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{point}e{exponent if exponent[0] in '+-' else '+' + exponent}"
