"""Problems of the networks and probes that recipes name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import log10
from typing import Any

from bnlab.study import registry
from bnlab.study.datasets import AnyDataset
from bnlab.study.locations import Key, Problem, items, texts, value_at
from bnlab.study.messages import counted, unknown
from bnlab.study.options import DIVIDES_FEATURES, DIVIDES_SIDES, marked, options
from bnlab.study.recipes import Recipe
from bnlab.study.sentences import option_problems


def recipe_problems(recipes: Mapping[Any, Any]) -> Iterator[Problem]:
    """Yield unknown networks and probes, and settings that the network does not have."""
    probes = registry.shipped("probe")
    for name, recipe in recipes.items():
        for index, probe in enumerate(items(value_at(recipe, ("probes",)))):
            if isinstance(probe, str) and probe not in probes:
                yield Problem(("recipes", name, "probes", index), unknown("probe", probe, probes))
        network = value_at(recipe, ("network",))
        if isinstance(network, Mapping) and len(network) == 1:
            yield from network_problems(("recipes", name, "network"), network)


def network_problems(key: Key, network: Mapping[Any, Any]) -> Iterator[Problem]:
    """Yield that a network is unknown, or settings that it does not have."""
    ((name, settings),) = network.items()
    known = registry.shipped("network")
    if name not in known:
        yield Problem((*key, name), unknown("network", name, known))
        return
    cls = known[name].load()
    if isinstance(settings, Mapping):
        problems = list(option_problems((*key, name), settings, cls))
        yield from problems
        if not problems:
            try:
                cls(**settings)
            except ValueError as error:
                yield Problem((*key, name), str(error))
    else:  # the first setting alone
        first = next(iter(options(cls).model_fields), "")
        for problem in option_problems((*key, name), {first: settings}, cls):
            inner = problem.key[len(key) + 1 :]
            yield problem._replace(
                key=(*key, name, *(inner[1:] if inner[:1] == (first,) else inner))
            )


def fit_problems(
    key: Key, group: Any, datasets: Mapping[str, AnyDataset], recipes: Mapping[str, Recipe]
) -> Iterator[Problem]:
    """Yield recipes that do not fit a dataset of the group."""
    for index, name in enumerate(items(value_at(group, ("recipes",)))):
        if not isinstance(name, str) or name not in recipes:
            continue
        for dataset in texts(value_at(group, ("datasets",))):
            if dataset in datasets:
                misfits = _misfits(recipes[name], dataset, datasets[dataset])
                batches = [b for b in items(value_at(group, ("batches",))) if type(b) is int]
                unended = _unfit_schedule(recipes[name], dataset, datasets[dataset], batches)
                for misfit in [*misfits, *unended]:
                    yield Problem((*key, "recipes", index), f"'{name}' {misfit}")


def _unfit_schedule(
    recipe: Recipe, name: str, dataset: AnyDataset, batches: Iterable[int]
) -> Iterator[str]:
    """Yield a schedule that does not fit the steps of a training, for the first batch size that shows it."""
    if recipe.schedule is None:
        return
    for batch in filter(lambda batch: batch > 0, batches):
        steps = recipe.steps(dataset.train_rows, batch)
        schedule, on = recipe.schedule.in_steps(steps), f"on '{name}' in batches of {batch}"
        warm_up = schedule.get("warm_up", 0)
        if warm_up >= steps:
            yield (
                f"warms up for {counted(warm_up, 'step')}, and {on} it trains for {counted(steps, 'step')}"
                " (allowed: fewer; a share of all steps, as 0.1)"
            )
            return
        late = [at for at in schedule.get("step", {}).get("at", []) if at >= steps]
        if late:
            yield (
                f"drops its rate after {counted(late[0], 'step')}, and {on} it trains for {counted(steps, 'step')}"
                " (allowed: fewer; shares of all steps, as 0.5)"
            )
            return
        growth = schedule.get("exponential", {}).get("factor", 1.0)
        decades = log10(recipe.rate(batch)) + (steps - 1 - warm_up) * log10(growth)
        if decades > LARGEST:
            yield (
                f"grows its rate to 10^{decades:,.0f} {on}, which float32 does not have"
                f" (allowed: up to 10^{LARGEST}; a smaller factor, or fewer steps)"
            )
            return


LARGEST = 38
"""Decades of the largest number of float32."""
NEEDED = {
    "rows": "learns classes, and '{}' is a vector beside its image (allowed: datasets of other sources)",
    "images": "takes images, and '{}' has none (allowed: datasets whose shape says image: [height, width, channels])",
    "symbols": "reads symbols, and '{}' has other features (allowed: datasets with source: language)",
    "pairs": "learns a vector's image, and '{}' has classes to learn (allowed: datasets with source: linear_map)",
}
"""Phrases about networks whose form of examples a dataset does not have, by that form."""


def _misfits(recipe: Recipe, name: str, dataset: AnyDataset) -> Iterator[str]:
    ((network, settings),) = recipe.network.items()
    shape, known = dataset.shape, registry.shipped("network")
    if recipe.correlated and recipe.correlated.classes > shape.classes:
        yield (
            f"draws a batch from {recipe.correlated.classes} classes, and '{name}' has {shape.classes}"
            f" (allowed: 1 to {shape.classes})"
        )
    if network not in known:
        return
    cls = known[network].load()
    if cls.takes not in dataset.forms:
        yield f"trains a {network} network, which {NEEDED[cls.takes].format(name)}"
    for option, side in marked(cls, DIVIDES_SIDES, settings).items():
        height, width, _ = shape.image or (0, 0, 0)
        if type(side) is int and side > 0 and (height % side or width % side):
            yield (
                f"trains a {network} network with {option}: {side}, which does not divide the {height} × {width}"
                f" positions of an image of '{name}' (allowed: a divisor of both)"
            )
    for option, parts in marked(cls, DIVIDES_FEATURES, settings).items():
        if type(parts) is int and parts > 0 and shape.features % parts:
            divisors = [str(n) for n in range(1, shape.features + 1) if shape.features % n == 0]
            yield (
                f"trains a {network} network with {option}: {parts}, which does not divide the {shape.features}"
                f" features of '{name}' (allowed: {', '.join(divisors)})"
            )
