"""Families of recipes: one entry whose name has settings in angle brackets stands for a recipe a value.

    steps10000_lr<learning_rate>: {learning_rate: [0.1, 1.0], budget: {steps: 10000}}

is ``steps10000_lr0.1`` and ``steps10000_lr1``; with several settings in brackets it is every combination. Where runs
list recipes, the family's name stands for all of its members.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product
from typing import Any

from bnlab.study.locations import Key, Problem, items, section, value_at

SETTING = re.compile(r"<([a-z0-9_]+)>")


def expanded(config: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the config with each family replaced by its members.

    A recipe with the name of a member is laid over it. A family with ``problems`` has no members.
    """
    recipes = section(config, "recipes")
    members = {name: _members(name, recipe) for name, recipe in recipes.items()}
    whole = dict(config)
    if all(family is None for family in members.values()):
        return whole
    every = {name: recipe for family in members.values() for name, recipe in (family or {}).items()}
    whole["recipes"] = {
        member: _laid_over(every.get(member), recipes.get(member))
        for name in recipes
        for member in _named(name, recipes)
    }
    whole["experiments"] = {
        name: _with_members(experiment, recipes)
        for name, experiment in section(config, "experiments").items()
    }
    return whole


def of_recipes(recipes: Mapping[Any, Any]) -> dict[str, str]:
    """Return the name of the family of each member, as paths contain it: with X in the place of each setting."""
    return {
        member: SETTING.sub("X", name)
        for name, recipe in recipes.items()
        for member in _members(name, recipe) or {}
    }


def problems(recipes: Mapping[Any, Any]) -> Iterator[Problem]:
    """Yield families whose settings in brackets are no lists."""
    for name, recipe in recipes.items():
        for setting in SETTING.findall(str(name)):
            values = value_at(recipe, (setting,))
            if not (isinstance(values, list) and values and all(map(_can_be_named, values))):
                yield Problem(
                    ("recipes", name),
                    f"its name has <{setting}>, which must be a setting with a list of positive numbers or words",
                )


def at_family(problem: Problem, config: Mapping[Any, Any]) -> Problem:
    """Return a problem of a member, or of a run with members, with the key of the family."""
    recipes, key = section(config, "recipes"), problem.key
    if key[:1] == ("recipes",) and len(key) > 1 and key[1] not in recipes:
        for name, recipe in recipes.items():
            if key[1] in (_members(name, recipe) or {}):
                return problem._replace(key=("recipes", name, *key[2:]))
    if key[:1] == ("experiments",) and key[2:3] == ("runs",) and key[4:5] == ("recipes",):
        return problem._replace(key=_before(key, config, recipes))
    return problem


def _before(key: Key, config: Mapping[Any, Any], recipes: Mapping[Any, Any]) -> Key:
    """Return the key that an entry of a list of recipes had before the list was expanded."""
    if len(key) < 6 or not isinstance(key[5], int):
        return key
    origins = [
        index
        for index, name in enumerate(items(value_at(config, key[:5])))
        for _ in _named(name, recipes)
    ]
    return (*key[:5], origins[key[5]], *key[6:]) if key[5] < len(origins) else key


def _named(name: Any, recipes: Mapping[Any, Any]) -> list[Any]:
    """Return the names of the recipes that an entry of a list stands for."""
    family = _members(name, recipes[name]) if isinstance(name, str) and name in recipes else None
    return [name] if family is None else list(family)


def _members(name: Any, recipe: Any) -> dict[str, Any] | None:
    """Return the recipes of a family by their names; None for a recipe that is no family."""
    settings = SETTING.findall(name) if isinstance(name, str) else []
    if not settings:
        return None
    members: dict[str, Any] = {}
    if any(True for _ in problems({name: recipe})):
        return members
    for values in product(*(recipe[setting] for setting in settings)):
        chosen = dict(zip(settings, values, strict=True))
        member = name
        for setting, value in chosen.items():
            member = member.replace(f"<{setting}>", _written(value))
        members[member] = {**recipe, **chosen}
    return members


def _laid_over(member: Any, recipe: Any) -> Any:
    """Return a member with the entries of a recipe of its name laid over it; either may be None."""
    if member is None or not isinstance(recipe, Mapping):
        return member if recipe is None else recipe
    return {**member, **recipe}


def _with_members(experiment: Any, recipes: Mapping[Any, Any]) -> Any:
    if not isinstance(value_at(experiment, ("runs",)), list):
        return experiment
    return {**experiment, "runs": [_group(group, recipes) for group in experiment["runs"]]}


def _group(group: Any, recipes: Mapping[Any, Any]) -> Any:
    if not isinstance(value_at(group, ("recipes",)), list):
        return group
    named = [member for name in group["recipes"] for member in _named(name, recipes)]
    return {**group, "recipes": named}


def _can_be_named(value: Any) -> bool:
    if isinstance(value, int | float):
        return not isinstance(value, bool) and 0 <= value < math.inf
    return isinstance(value, str)


def _written(value: Any) -> str:
    """Return a value as names contain it: ``0.00002``, ``10``, ``relu``."""
    return value if isinstance(value, str) else format(Decimal(str(value)).normalize(), "f")
