"""Random changes of a nested value, such as the content of a YAML file: each a mistake that a person could make."""

from __future__ import annotations

import copy
import datetime
import random
from collections.abc import Iterator, Mapping
from typing import Any

ODD = [
    *(None, True, False, 0, 1, -1, 7, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", " ", "x", "bn", "Ünïcode\u202e", "a" * 300, "../..", "1e-4", "<lr>", "a<x>b", "$\\frac{"),
    *("{x}", "my.py:X", "published", "all_recipes", datetime.date(2026, 1, 2)),
    *([], {}, [None], [[]], [{"a": 1}], [[1, 2], [3]], {"a": 1}, {"a": {"b": []}}),
    *({1: 2}, {None: 1}, {True: {}}, {1.5: "x"}, {"": ""}, ["bn", "bn"], [1, 1]),
]
"""Values in the place of others: of every kind that YAML has, empty, large, nested, and with a meaning elsewhere."""
Place = tuple[Any, ...]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the keys of all entries of a nested value."""
    entries = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, entry in entries:
        yield (*place, key)
        if isinstance(entry, dict | list):
            yield from places(entry, (*place, key))


def mutated(value: Any, seed: int, most: int = 3) -> Any:
    """Return a copy of a nested value with one to ``most`` random changes; equal seeds give equal copies."""
    chance, changed = random.Random(seed), copy.deepcopy(value)
    for _ in range(chance.randint(1, most)):
        known = [*places(changed)]
        if known:
            _change(changed, chance.choice(known), known, chance)
    return changed


def _change(value: Any, place: Place, known: list[Place], chance: random.Random) -> None:
    parent, key = _at(value, place[:-1]), place[-1]
    entry = parent[key]
    match chance.randrange(7):
        case 0:
            del parent[key]
        case 1 | 2:
            parent[key] = copy.deepcopy(chance.choice(ODD))
        case 3:
            parent[key] = chance.choice([[entry], {"a": entry}, {key: entry}, [entry, entry]])
        case 4:
            parent[key] = copy.deepcopy(_at(value, chance.choice(known)))
        case 5 if isinstance(parent, dict):
            new = chance.choice(
                [f"{key}x", key[:-1] if isinstance(key, str) else 1, 1, None, "a b"]
            )
            parent[new] = parent.pop(key)
        case 5:
            parent.insert(key, copy.deepcopy(entry))
        case 6 if isinstance(entry, str) and entry:
            at = chance.randrange(len(entry))
            parent[key] = (
                entry[:at] + chance.choice(["", "Z", "\\", "{", "\n", "0"]) + entry[at + 1 :]
            )
        case 6:
            parent[key] = {"a": 2, "b": [entry]}


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value
