"""Problems of the networks and probes that recipes name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bnlab.study import registry
from bnlab.study.datasets import AnyDataset
from bnlab.study.locations import Key, Problem, items, texts, value_at
from bnlab.study.messages import unknown
from bnlab.study.options import options
from bnlab.study.recipes import Recipe
from bnlab.study.sentences import option_problems


def recipe_problems(recipes: Mapping[Any, Any]) -> Iterator[Problem]:
    """Yield unknown networks and probes, and settings that the network does not have."""
    probes = registry.shipped("probe")
    for name, recipe in recipes.items():
        for index, probe in enumerate(items(value_at(recipe, ("probes",)))):
            if probe not in probes:
                yield Problem(("recipes", name, "probes", index), unknown("probe", probe, probes))
        network = value_at(recipe, ("network",))
        if isinstance(network, Mapping) and len(network) == 1:
            yield from _network_problems(("recipes", name, "network"), network)


def _network_problems(key: Key, network: Mapping[Any, Any]) -> Iterator[Problem]:
    ((name, settings),) = network.items()
    known = registry.shipped("network")
    if name not in known:
        yield Problem((*key, name), unknown("network", name, known))
        return
    cls = known[name].load()
    if isinstance(settings, Mapping):
        yield from option_problems((*key, name), settings, cls)
    else:  # the first setting alone
        first = next(iter(options(cls).model_fields), "")
        for problem in option_problems((*key, name), {first: settings}, cls):
            inner = problem.key[len(key) + 1 :]
            yield problem._replace(
                key=(*key, name, *(inner[1:] if inner[:1] == (first,) else inner))
            )


def image_problems(
    key: Key, group: Any, datasets: Mapping[str, AnyDataset], recipes: Mapping[str, Recipe]
) -> Iterator[Problem]:
    """Yield recipes of a network that takes images where a dataset of the group has none."""
    for index, name in enumerate(items(value_at(group, ("recipes",)))):
        recipe = recipes.get(name) if isinstance(name, str) else None
        network = next(iter(recipe.network)) if recipe else ""
        classes = registry.shipped("network")
        if network not in classes or classes[network].load().takes != "images":
            continue
        for dataset in texts(value_at(group, ("datasets",))):
            if dataset in datasets and datasets[dataset].shape.image is None:
                yield Problem(
                    (*key, "recipes", index),
                    f"'{name}' trains a {network} network, and '{dataset}' has no images (allowed: datasets whose"
                    " shape says image: [height, width, channels])",
                )
