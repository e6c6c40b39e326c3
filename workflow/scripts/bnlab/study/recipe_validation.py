"""What is wrong with the networks and probes that recipes name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bnlab.study import rooms, signatures
from bnlab.study.datasets import AnyDataset
from bnlab.study.places import Key, Problem, at, items, texts
from bnlab.study.recipes import Recipe
from bnlab.study.rooms import unknown
from bnlab.study.sentences import option_problems


def recipe_problems(recipes: Mapping[Any, Any]) -> Iterator[Problem]:
    """Networks and probes that are not there, and settings that are not the network's."""
    probes = rooms.names("probe")
    for name, recipe in recipes.items():
        for index, probe in enumerate(items(at(recipe, ("probes",)))):
            if probe not in probes:
                yield Problem(("recipes", name, "probes", index), unknown("probe", probe, probes))
        network = at(recipe, ("network",))
        if isinstance(network, Mapping) and len(network) == 1:
            yield from _network_problems(("recipes", name, "network"), network)


def _network_problems(key: Key, network: Mapping[Any, Any]) -> Iterator[Problem]:
    ((name, settings),) = network.items()
    known = rooms.names("network")
    if name not in known:
        yield Problem((*key, name), unknown("network", name, known))
        return
    found = signatures.options(rooms.find("network", name)) or {}
    first = next(iter(found), None)
    if isinstance(settings, Mapping):
        yield from option_problems((*key, name), settings, found)
    else:  # the first setting alone
        for problem in option_problems((*key, name), {first: settings}, found):
            inner = problem.key[len(key) + 1 :]
            yield problem._replace(
                key=(*key, name, *(inner[1:] if inner[:1] == (first,) else inner))
            )


def image_problems(
    key: Key, group: Any, datasets: Mapping[str, AnyDataset], recipes: Mapping[str, Recipe]
) -> Iterator[Problem]:
    """Recipes of a network that takes images where a dataset of the group has none."""
    for index, name in enumerate(items(at(group, ("recipes",)))):
        known_recipe = recipes.get(name) if isinstance(name, str) else None
        network = next(iter(known_recipe.network)) if known_recipe else ""
        if network not in rooms.names("network"):
            continue
        room = rooms.find("network", network)
        for dataset in texts(at(group, ("datasets",))):
            without = dataset in datasets and datasets[dataset].shape.image is None
            if without and signatures.attribute(room, "takes", "rows") == "images":
                yield Problem(
                    (*key, "recipes", index),
                    f"'{name}' trains a {network} network, and '{dataset}' has no images (allowed: datasets whose"
                    " shape says image: [height, width, channels])",
                )
