"""Completion of a config: members of families, defaults of recipes, and methods of experiments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bnlab.study.experiments import EXPERIMENTS, experiments
from bnlab.study.families import expanded
from bnlab.study.locations import Key, Problem, items, section, texts, value_at
from bnlab.study.messages import unknown
from bnlab.study.registry import ClassReference
from bnlab.study.sentences import in_words

DEFAULTS, ONLY = "recipe_defaults", "only"


def complete(mapping: Any) -> Any:
    """Return the config with whole recipes, its chosen experiments, and the methods of these."""
    if not isinstance(mapping, Mapping):
        return mapping
    mapping = {**mapping, "experiments": _chosen(mapping)}
    whole = expanded({n: value for n, value in mapping.items() if n not in (DEFAULTS, ONLY)})
    if isinstance(whole.get("recipes"), Mapping):
        whole["recipes"] = _with_defaults(section(whole, "recipes"), section(mapping, DEFAULTS))
    if isinstance(mapping.get("methods"), Mapping):
        own = _experiment_methods(section(mapping, "experiments"))
        whole["methods"] = {**mapping["methods"], **own, **mapping["methods"]}
    return whole


def only_problems(mapping: Mapping[Any, Any]) -> Iterator[Problem]:
    """Yield entries of ``only`` that are no experiments; one that an overlay takes away is allowed."""
    known, only = experiments(), mapping.get(ONLY, [])
    if not isinstance(only, list):
        yield Problem((ONLY,), "must be a list of experiments, those that the study makes")
    for index, name in enumerate(items(only)):
        if not isinstance(name, str):
            yield Problem((ONLY, index), f"{in_words(name)} is no name of an experiment")
        elif name not in known:
            yield Problem((ONLY, index), unknown("experiment", name, known))


def _chosen(mapping: Mapping[Any, Any]) -> Any:
    """Return the experiments, or those that ``only`` lists."""
    listed, only = mapping.get("experiments"), texts(mapping.get(ONLY))
    if not only or not isinstance(listed, Mapping) or not set(only) <= {*experiments()}:
        return listed
    return {name: experiment for name, experiment in listed.items() if name in only}


def _with_defaults(recipes: Mapping[Any, Any], defaults: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return recipes with defaults; an entry of a recipe replaces the whole default."""
    return {
        name: {**defaults, **recipe} if isinstance(recipe, Mapping) else recipe
        for name, recipe in recipes.items()
    }


def _experiment_methods(names: Iterable[str]) -> dict[str, Any]:
    """Return the methods that these experiments define."""
    known = experiments()
    return {
        method: _at_home(dict(settings), name)
        for name in names
        if name in known
        for method, settings in known[name].methods.items()
    }


def _at_home(method: dict[str, Any], experiment: str) -> dict[str, Any]:
    """Return the method with the whole path of a class in the experiment's folder."""
    file, colon, name = str(method.get("normalizer", "")).partition(":")
    if colon:
        method["normalizer"] = ClassReference(EXPERIMENTS / experiment / file, name).path
    return method


def at_default(problem: Problem, mapping: Any) -> Problem:
    """Return a problem that a recipe has from the defaults with the key of the default."""
    key: Key = problem.key
    inherited = (
        key[:1] == ("recipes",)
        and len(key) > 2
        and value_at(mapping, key[:3]) is None
        and value_at(mapping, (DEFAULTS, key[2])) is not None
    )
    return problem._replace(key=(DEFAULTS, *key[2:])) if inherited else problem
