"""A config made whole: families as their members, recipes with their defaults, methods that experiments bring along."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from bnlab.study import rooms
from bnlab.study.families import expanded
from bnlab.study.places import Key, Problem, at, section

DEFAULTS = "recipe_defaults"


def complete(mapping: Any) -> Any:
    """The config with every recipe worked out and the methods of its experiments added."""
    if not isinstance(mapping, Mapping):
        return mapping
    whole = expanded({name: value for name, value in mapping.items() if name != DEFAULTS})
    if isinstance(whole.get("recipes"), Mapping):
        whole["recipes"] = _with_defaults(section(whole, "recipes"), section(mapping, DEFAULTS))
    if isinstance(mapping.get("methods"), Mapping):
        brought = _brought(section(mapping, "experiments"))
        whole["methods"] = {**mapping["methods"], **brought, **mapping["methods"]}
    return whole


def _with_defaults(recipes: Mapping[Any, Any], defaults: Mapping[Any, Any]) -> dict[Any, Any]:
    """A recipe's own entry takes the place of the default, whole."""
    return {
        name: {**defaults, **recipe} if isinstance(recipe, Mapping) else recipe
        for name, recipe in recipes.items()
    }


def _brought(experiments: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    declared = rooms.experiments()
    for name in experiments:
        for method, said in (declared[name].methods if name in declared else {}).items():
            found[method] = _at_home(dict(said), name)
    return found


def _at_home(method: dict[str, Any], experiment: str) -> dict[str, Any]:
    """The method with a file of the experiment's folder named as seen from the project's."""
    file, colon, name = str(method.get("normalizer", "")).partition(":")
    if colon:
        path = os.path.relpath(rooms.EXPERIMENTS / experiment / file)
        method["normalizer"] = f"{path}:{name}"
    return method


def at_default(problem: Problem, mapping: Any) -> Problem:
    """A problem of a recipe that comes from the defaults, placed there."""
    key: Key = problem.key
    inherited = (
        key[:1] == ("recipes",)
        and len(key) > 2
        and at(mapping, key[:3]) is None
        and at(mapping, (DEFAULTS, key[2])) is not None
    )
    return problem._replace(key=(DEFAULTS, *key[2:])) if inherited else problem
