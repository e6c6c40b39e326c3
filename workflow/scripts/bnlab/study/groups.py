"""Variables of a network as recipes call them: by name, by layer, or by both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

T = TypeVar("T")


def chosen(values: Mapping[str, T], path: str) -> T | None:
    """Return the value of the entry that means a variable best, None where none does.

    An entry is a path such as ``hidden1/gamma``, a layer (``hidden1``) or a name (``gamma``); in each of its parts
    ``*`` stands for any characters. A path comes before a layer, an inner layer before an outer one, and a layer before
    a name; of two alike, one without ``*`` comes first.
    """
    parts = path.split("/")
    layers = ["/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]
    for candidate in [path, *layers, parts[-1]]:
        if candidate in values:
            return values[candidate]
        for entry, value in values.items():
            if entry.count("/") == candidate.count("/") and fnmatchcase(candidate, entry):
                return value
    return None


def among(entries: Iterable[str], path: str) -> bool:
    """Return true where some entry means a variable."""
    return chosen(dict.fromkeys(entries, True), path) is not None
