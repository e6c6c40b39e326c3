"""What is wrong with the methods of a config, as far as it can be told without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from bnlab.study import rooms, signatures
from bnlab.study.config import Method
from bnlab.study.datasets import AnyDataset
from bnlab.study.places import Key, Problem, at, items, section, texts
from bnlab.study.recipes import Recipe
from bnlab.study.rooms import RoomError
from bnlab.study.sentences import option_problems


def method_problems(
    mapping: Any, datasets: Mapping[str, AnyDataset], recipes: Mapping[str, Recipe]
) -> Iterator[Problem]:
    """Rooms that are not there, options that are not theirs, labels of two methods, groups that do not divide."""
    labels: dict[str, str] = {}
    for name, said in section(mapping, "methods").items():
        key: Key = ("methods", name)
        try:
            method = Method.model_validate(said)
        except ValidationError:
            continue
        label = method.label or str(name).replace("_", " ")
        other = labels.setdefault(label, name)
        if other != name:
            yield Problem((*key, "label"), f"'{label}' is also that of '{other}'")
        yield from _kernel_problems(key, method)
        if method.normalizer is None:
            for without in method.model_dump(include={"options", "place"}, exclude_defaults=True):
                yield Problem((*key, without), "has no meaning without a normalizer")
            continue
        try:
            room = rooms.find("normalizer", method.normalizer)
        except RoomError as error:
            yield Problem((*key, "normalizer"), str(error))
            continue
        found = signatures.options(room)
        if found is None:
            continue
        wrong = list(option_problems((*key, "options"), method.options, found))
        yield from wrong
        if not wrong:
            yield from _divisor_problems(str(name), method, found, mapping, datasets, recipes)


def _kernel_problems(key: Key, method: Method) -> Iterator[Problem]:
    try:
        rooms.find("kernel", method.kernel)
    except RoomError as error:
        yield Problem((*key, "kernel"), str(error))


def _divisor_problems(
    name: str,
    method: Method,
    found: dict[str, signatures.Option],
    mapping: Any,
    datasets: Mapping[str, AnyDataset],
    recipes: Mapping[str, Recipe],
) -> Iterator[Problem]:
    """Options that must divide what is normalized and do not, in some network that the method is run in."""
    for option in (option for option, o in found.items() if o.kind == "Divisor"):
        default = found[option].default or ""
        divisor = method.options.get(option) or (int(default) if default.isdecimal() else 1)
        for dataset, recipe in _run_in(name, mapping, datasets, recipes):
            wrong = [w for w in _normalized(method, dataset, recipe) if w % divisor]
            if wrong:
                sizes = ", ".join(map(str, dict.fromkeys(wrong)))
                given = option in method.options
                key = ("methods", name, "options", option) if given else ("methods", name)
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
        for group in items(at(experiment, ("runs",))):
            if name not in items(at(group, ("methods",))):
                continue
            for dataset in texts(at(group, ("datasets",))):
                for recipe in texts(at(group, ("recipes",))):
                    if dataset in datasets and recipe in recipes:
                        yield datasets[dataset], recipes[recipe]


def _normalized(method: Method, dataset: AnyDataset, recipe: Recipe) -> list[int]:
    """How many features or channels the normalizer sees, layer by layer."""
    network, settings = next(iter(recipe.network.items()))
    with suppress(RoomError):
        room = rooms.find("network", network)
        found = signatures.options(room) or {}
        given = settings if isinstance(settings, Mapping) else {next(iter(found), ""): settings}
        widths = signatures.widths(found, dict(given))
        if method.place != "before_linear":
            return widths
        images = signatures.attribute(room, "takes", "rows") == "images"
        first = (
            dataset.shape.image[-1] if images and dataset.shape.image else dataset.shape.features
        )
        return [first, *widths[:-1]]
    return []
