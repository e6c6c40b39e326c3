"""Files and lines of the keys of a config, and problems with the line that each is on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bnlab.study.section import unique

Key = tuple[str | int, ...]


class Place(NamedTuple):
    """Place of a key or list entry in the files of a config.

    Attributes:
        file: the last file that has it.
        line: its line there.
        written: text of a number that YAML reads otherwise than it is written, as 01; None of anything else.
    """

    file: Path
    line: int
    written: str | None = None


Locations = dict[tuple[str, ...], Place]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, which is several times as fast, where PyYAML has it."""
PLAIN_INTEGER = re.compile(r"0|-?[1-9]\d*")
"""Whole number that Python prints as YAML has it."""


class Problem(NamedTuple):
    """A problem of the config: its key, and a sentence that names the problem and the allowed values."""

    key: Key
    sentence: str


class ConfigError(ValueError):
    """A config that cannot be run; the text has one line a problem, with file and line."""


def read_yaml(file: Path) -> Any:
    """Return the content of a YAML file. Raises ConfigError where it is no YAML or no text, and OSError."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), LOADER)
    except UnicodeDecodeError:
        raise ConfigError(f"{short(file)}: is not text in UTF-8") from None
    except yaml.reader.ReaderError:
        raise ConfigError(
            f"{short(file)}: has a control character, which YAML does not allow"
        ) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{short(file)}:{line}: is not YAML: {error.problem}") from None
    if _is_inside_itself(content, ()):
        raise ConfigError(f"{short(file)}: has a part inside itself (*name below its own &name)")
    return content


def _is_inside_itself(value: Any, parents: tuple[int, ...]) -> bool:
    inner = value.values() if isinstance(value, Mapping) else items(value)
    return id(value) in parents or any(_is_inside_itself(v, (*parents, id(value))) for v in inner)


def overlaid(files: list[Path]) -> Any:
    """Return the mapping of these YAML files, later ones laid over earlier ones as Snakemake does it."""
    mapping: Any = {}
    for file in files:
        mapping = _overlay(mapping, yaml.load(file.read_text(encoding="utf-8"), LOADER) or {})
    return mapping


def _overlay(below: Any, above: Any) -> Any:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: _overlay(below.get(key), value) for key, value in above.items()}}


def without_nulls(value: Any) -> Any:
    """Return a value without the keys that are null."""
    if isinstance(value, Mapping):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def ordered(value: Any, locations: Locations, key: tuple[str, ...] = ()) -> Any:
    """Return a value with its keys in the order of the files, those that an overlay adds last.

    Snakemake has the keys of overlays first.
    """
    if not isinstance(value, Mapping):
        return value
    rank = {key: number for number, key in enumerate(locations)}
    names = sorted(value, key=lambda name: rank.get((*key, str(name)), math.inf))
    return {name: ordered(value[name], locations, (*key, str(name))) for name in names}


class Node(NamedTuple):
    """A key or list entry of one file."""

    key: tuple[str, ...]
    line: int
    is_list: bool
    repeated: bool
    written: str | None


def read_locations(files: list[Path]) -> tuple[Locations, list[Problem]]:
    """Return the place of each key in the last file that has it, and a problem for each key that appears twice."""
    locations: Locations = {}
    problems: list[Problem] = []
    for file in files:
        nodes = list(_walk(yaml.compose(file.read_text(encoding="utf-8"), LOADER), ()))
        lists = {node.key for node in nodes if node.is_list}
        locations = {key: line for key, line in locations.items() if not _below(key, lists)}
        for node in nodes:
            if node.repeated:
                earlier = locations[node.key].line
                problems.append(Problem(node.key, f"appears twice; it is also on line {earlier}"))
                locations = {
                    key: line for key, line in locations.items() if not _below(key, {node.key})
                }
            locations[node.key] = Place(file, node.line, node.written)
    return locations, problems


def _below(key: tuple[str, ...], parents: set[tuple[str, ...]]) -> bool:
    return any(key[:end] in parents for end in range(1, len(key)))


def _walk(node: yaml.Node | None, key: tuple[str, ...]) -> Iterator[Node]:
    entries: list[tuple[str, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        entries = [(name.value, name, value) for name, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        entries = [(str(i), value, value) for i, value in enumerate(node.value)]
    seen: set[str] = set()
    for name, first, value in entries:
        inner, line = (*key, name), first.start_mark.line + 1
        written = _misread(first) or _misread(value)
        yield Node(inner, line, isinstance(value, yaml.SequenceNode), name in seen, written)
        yield from _walk(value, inner)
        seen.add(name)


def _misread(node: yaml.Node) -> str | None:
    """Return the text of a whole number that YAML reads as another, as 01 for 1; None of anything else."""
    is_other = node.tag == "tag:yaml.org,2002:int" and not PLAIN_INTEGER.fullmatch(node.value)
    return str(node.value) if is_other else None


def lines_of(
    problems: list[Problem],
    locations: Locations,
    files: list[Path],
    labels: Mapping[Key, str] | None = None,
) -> list[str]:
    """Return one line a problem, in the order of the files; a key of no file has the line of its parent.

    ``labels`` has names for the first two parts of keys.
    """
    start = (files[0] if files else Path("config"), 1)

    def location(key: Key) -> tuple[Path, int]:
        parents = (tuple(map(str, key[:end])) for end in range(len(key), 0, -1))
        return next((locations[parent][:2] for parent in parents if parent in locations), start)

    order = {file: index for index, file in enumerate([start[0], *files])}

    def name(key: Key) -> str:
        first = (labels or {}).get(key[:2])
        return ".".join(map(str, [first, *key[2:]] if first else key)) or "config"

    located = [(*location(key), name(key), text) for key, text in problems]
    located.sort(key=lambda item: (order[item[0]], item[1]))
    return unique(f"{short(file)}:{line}: {key}: {text}" for file, line, key, text in located)


def short(file: Path) -> Path:
    """Return a path relative to the working directory, for a file inside it; else the path as it is."""
    full, here = file.resolve(), Path.cwd()
    return full.relative_to(here) if full.is_relative_to(here) else file


def value_at(value: Any, key: Key) -> Any:
    """Return the entry of a nested value at a key, such as ("runs", 0, "batches"); None if there is none."""
    for part in key:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def section(mapping: Any, name: str) -> Mapping[Any, Any]:
    """Return the mapping at a key, an empty one if the entry is no mapping."""
    entry = value_at(mapping, (name,))
    return entry if isinstance(entry, Mapping) else {}


def items(value: Any) -> list[Any]:
    """Return the entries of a list, none of any other value."""
    return value if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """Return the entries of a list that are texts, as names are."""
    return [entry for entry in items(value) if isinstance(entry, str)]
