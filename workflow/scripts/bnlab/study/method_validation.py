"""Problems of the methods of a config: names, options, labels, and groups that do not divide layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from bnlab.study import registry
from bnlab.study.config import Method
from bnlab.study.datasets import AnyDataset
from bnlab.study.locations import Key, Problem, items, section, texts, value_at
from bnlab.study.messages import UnknownName
from bnlab.study.options import DIVIDES, marked, repeats, states, widths
from bnlab.study.recipes import Recipe
from bnlab.study.sentences import option_problems


def method_problems(
    mapping: Any, datasets: Mapping[str, AnyDataset], recipes: Mapping[str, Recipe]
) -> Iterator[Problem]:
    """Yield the problems of every method that the schema accepts."""
    labels: dict[str, str] = {}
    for name, entry in section(mapping, "methods").items():
        key: Key = ("methods", name)
        try:
            method = Method.model_validate(entry)
        except ValidationError:
            continue
        label = method.label or str(name).replace("_", " ")
        other = labels.setdefault(label, name)
        if other != name:
            yield Problem((*key, "label"), f"'{label}' is also that of '{other}'")
        yield from _kernel_problems(str(name), method, mapping, datasets, recipes)
        if method.normalizer is None:
            for without in method.model_dump(include={"options", "place"}, exclude_defaults=True):
                yield Problem((*key, without), "has no meaning without a normalizer")
            continue
        try:
            normalizer = registry.find("normalizer", method.normalizer).load()
            problems = list(option_problems((*key, "options"), method.options, normalizer))
        except ValueError as error:
            yield Problem((*key, "normalizer"), str(error))
            continue
        yield from problems
        yield from _place_problems(str(name), method, mapping, datasets, recipes)
        if not problems:
            yield from _divisor_problems(str(name), method, normalizer, mapping, datasets, recipes)


def _kernel_problems(
    name: str,
    method: Method,
    mapping: Any,
    datasets: Mapping[str, AnyDataset],
    recipes: Mapping[str, Recipe],
) -> Iterator[Problem]:
    """Yield a kernel that does not exist, or that needs more inputs than a layer of some network has."""
    try:
        least = registry.find("kernel", method.kernel).load().least_inputs
    except UnknownName as error:
        yield Problem(("methods", name, "kernel"), str(error))
        return
    for dataset, recipe in _run_in(name, mapping, datasets, recipes):
        fewest = min(_inputs(dataset, recipe), default=least)
        if fewest < least:
            yield Problem(
                ("methods", name, "kernel"),
                f"{method.kernel} is not defined for a layer that reads {fewest} value, as one does in a run on"
                f" {dataset.label} (allowed: at least {least} features, and as many units in every layer)",
            )
            return


def _inputs(dataset: AnyDataset, recipe: Recipe) -> list[int]:
    """Return the numbers of values that units read, layer by layer; none of a network that cannot be built."""
    name, settings = next(iter(recipe.network.items()))
    with suppress(Exception):  # wrong settings and networks are problems of their own
        network = registry.find("network", name).make(settings)
        image = dataset.shape.image if network.takes == "images" else None
        shape = image or [dataset.shape.features]
        return list(network.fan_ins(shape, dataset.shape.classes))
    return []


def _place_problems(
    name: str,
    method: Method,
    mapping: Any,
    datasets: Mapping[str, AnyDataset],
    recipes: Mapping[str, Recipe],
) -> Iterator[Problem]:
    """Yield a place that the layers of some network do not have."""
    for _, recipe in _run_in(name, mapping, datasets, recipes):
        network = next(iter(recipe.network))
        with suppress(UnknownName):
            if (
                not registry.find("network", network).load().all_places
                and "place" in method.model_fields_set
            ):
                yield Problem(
                    ("methods", name, "place"),
                    f"has no meaning in a {network} network, whose norm says where the normalizer stands"
                    " (allowed: a method without place)",
                )
                return


def _divisor_problems(
    name: str,
    method: Method,
    normalizer: type,
    mapping: Any,
    datasets: Mapping[str, AnyDataset],
    recipes: Mapping[str, Recipe],
) -> Iterator[Problem]:
    """Yield options that do not divide what is normalized in some network that the method is run in."""
    for option, divisor in marked(normalizer, DIVIDES, method.options).items():
        for dataset, recipe in _run_in(name, mapping, datasets, recipes):
            undivided = [w for w in _normalized(method, dataset, recipe) if w % divisor]
            if undivided:
                sizes = ", ".join(map(str, dict.fromkeys(undivided)))
                written = option in method.options
                key = ("methods", name, "options", option) if written else ("methods", name)
                yield Problem(
                    key,
                    f"{option}, {divisor}, does not divide {sizes}, as wide as layers are that it normalizes"
                    " (allowed: a divisor of every width)",
                )
                break


def _run_in(
    name: str, mapping: Any, datasets: Mapping[str, AnyDataset], recipes: Mapping[str, Recipe]
) -> Iterator[tuple[AnyDataset, Recipe]]:
    for experiment in section(mapping, "experiments").values():
        for group in items(value_at(experiment, ("runs",))):
            if name not in items(value_at(group, ("methods",))):
                continue
            for dataset in texts(value_at(group, ("datasets",))):
                for recipe in texts(value_at(group, ("recipes",))):
                    if dataset in datasets and recipe in recipes:
                        yield datasets[dataset], recipes[recipe]


def _normalized(method: Method, dataset: AnyDataset, recipe: Recipe) -> list[int]:
    """Return the numbers of features or channels that the normalizer gets, layer by layer."""
    chain = _layers(dataset, recipe)
    return chain[:-1] if method.place == "before_linear" else chain[1:]


def _layers(dataset: AnyDataset, recipe: Recipe) -> list[int]:
    """Return features or channels that the first layer reads, and outputs of each; none of an unknown network."""
    name, settings = next(iter(recipe.network.items()))
    with suppress(UnknownName):
        network = registry.find("network", name).load()
        image = dataset.shape.image if network.takes == "images" else None
        read = image[-1] if image else dataset.shape.features
        chain = [read, *widths(network, settings)]
        for units, parts in states(network, settings):
            chain = [read // parts + units, units]
        if repeats(
            network, settings
        ):  # the first layer, which reads the example, has no normalizer
            chain[0] = chain[-1]
        return chain
    return []
