"""Reading a study, and all of its problems at once, each with its line and the allowed values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bnlab.study import families
from bnlab.study.config import Study, stand_ins
from bnlab.study.datasets import WORDS, AnyDataset, Dataset, RedrawDataset
from bnlab.study.experiments import experiments
from bnlab.study.families import at_family
from bnlab.study.locations import (
    LOADER,
    ConfigError,
    Key,
    Locations,
    Problem,
    items,
    lines_of,
    ordered,
    overlaid,
    read_locations,
    section,
    value_at,
    without_nulls,
)
from bnlab.study.merging import at_default, complete, only_problems
from bnlab.study.messages import unknown
from bnlab.study.method_validation import method_problems
from bnlab.study.names import RESERVED
from bnlab.study.overlays import elsewhere, left_out_problems, name_problems
from bnlab.study.recipe_validation import fit_problems, network_problems, recipe_problems
from bnlab.study.recipes import Recipe
from bnlab.study.section import T
from bnlab.study.sentences import in_words, validate


def read(files: list[Path]) -> Study:
    """Return the study of these YAML files, later ones laid over earlier ones as Snakemake does it."""
    return load(overlaid(files), files)


def load(
    mapping: Mapping[str, Any],
    files: list[Path],
    *checks: Callable[[Study], Iterable[Problem]],
    with_shapes: Callable[[Any], tuple[Any, dict[str, list[Problem]]]] = lambda config: (
        config,
        {},
    ),
) -> Study:
    """Return the study of a config.

    A key set to null counts as absent, so that an overlay can take a key away.

    Args:
        mapping: the config.
        files: its YAML files, of which later ones win; they give the lines of problems.
        checks: further checks, such as of the data, for a config without problems.
        with_shapes: completes the shapes of data sets; it returns the config and, by the data sets whose shape is still
            not known, their problems.

    Raises:
        ConfigError: every problem, one line each: `file:line: key: problem (allowed: ...)`.
    """
    locations, repeated = read_locations(files)
    config = without_nulls(ordered(mapping, locations))
    whole, unread = with_shapes(complete(config))
    study, unsound = validate(Study, whole)
    shapes = [("datasets", name, "shape") for name in unread]
    unsound = [
        problem
        for problem in unsound
        if not _below_unknown(problem.key) and problem.key[:3] not in shapes
    ]
    of_whole = [
        *unsound,
        *chain.from_iterable(unread.values()),
        *_meaning_problems(whole, locations),
    ]
    problems = [
        *repeated,
        *families.problems(section(config, "recipes")),
        *only_problems(config),
        *(at_default(at_family(problem, config), config) for problem in of_whole),
    ]
    problems += [
        *name_problems(config, locations, files),
        *left_out_problems(config, locations, files),
    ]
    if study is not None and not problems:
        found = [problem for check in checks for problem in check(study)]
        problems = [at_default(at_family(problem, config), config) for problem in found]
    if study is None or problems:
        raise ConfigError("\n".join(lines_of(problems, locations, files)))
    return study


# The checks below compare parts of the config. They read the parts that fit the schema, so that a problem in one
# part does not hide the problems in others.


def _meaning_problems(mapping: Any, locations: Locations) -> Iterator[Problem]:
    datasets = _sound(section(mapping, "datasets"), Dataset)
    recipes = _sound(section(mapping, "recipes"), Recipe)
    # In runs a dataset may go by the name that it stands for.
    in_runs = {**{other: datasets[name] for other, name in stand_ins(datasets).items()}, **datasets}
    built = {name: r for name, r in recipes.items() if not any(network_problems((), r.network))}
    yield from method_problems(mapping, in_runs, built)
    yield from recipe_problems(section(mapping, "recipes"))
    for name, dataset in datasets.items():
        yield from _split_problems(name, dataset)
        if isinstance(dataset, RedrawDataset):
            yield from _redraw_problems(name, dataset, section(mapping, "datasets"))
    yield from _reserved_problems(mapping)
    yield from _word_problems(mapping, locations)
    if value_at(mapping, ("frozen_ledger",)) and not value_at(mapping, ("claims",)):
        yield Problem(
            ("frozen_ledger",), "has no meaning without claims, the ledger that it binds to"
        )
    yield from _repeat_problems(mapping, ())
    yield from _stand_in_problems(mapping, locations)
    yield from _experiment_problems(section(mapping, "experiments"))
    for key, group in _run_groups(mapping):
        yield from _reference_problems(key, group, mapping, in_runs)
        yield from _batch_problems(key, group, in_runs)
        yield from fit_problems(key, group, in_runs, recipes)
        declaration = experiments().get(str(key[1]))
        if declaration and declaration.across == "rates":
            yield from _rate_problems(key, group, recipes)


def _below_unknown(key: Key) -> bool:
    """Return true for a key inside an unknown experiment, whose name is a problem already."""
    return key[:1] == ("experiments",) and len(key) > 2 and key[1] not in experiments()


def _experiment_problems(names: Iterable[Any]) -> Iterator[Problem]:
    known = experiments()
    for name in names:
        if name not in known:
            yield Problem(("experiments", name), unknown("experiment", name, known))


def _reserved_problems(mapping: Any) -> Iterator[Problem]:
    recipes = [("recipes", name) for name in section(mapping, "recipes")]
    named = [("study", ("study",), value_at(mapping, ("study",)))]
    for kind, key, name in [*named, *(("recipe", key, key[1]) for key in recipes)]:
        if isinstance(name, str) and name in RESERVED[kind]:
            yield Problem(key, f"'{name}' has a meaning of its own (allowed: another name)")


def _split_problems(name: str, dataset: AnyDataset) -> Iterator[Problem]:
    if dataset.train_rows < 1:
        _, validation, test = dataset.sizes
        yield Problem(
            ("datasets", name, "split"),
            f"test ({test}) and validation ({validation}) leave no training row of"
            f" {dataset.shape.rows}",
        )
    for part in ("test", "validation"):
        if getattr(dataset.sizes, part) == 0:
            yield Problem(
                ("datasets", name, "split", part),
                f"{getattr(dataset.split, part)} of {dataset.shape.rows} rows is less than one row (allowed: a larger"
                " share, or a number of rows)",
            )


def _word_problems(mapping: Any, locations: Locations) -> Iterator[Problem]:
    """Yield names of classes and columns that are numbers which YAML reads as others, as 01 for 1."""
    for key, place in locations.items():
        of_data = key[:1] == ("datasets",) and key[2:3] and key[2] in WORDS
        if of_data and place.written and value_at(mapping, key[:3]) is not None:
            number = LOADER(place.written).get_single_data()
            yield Problem(key, f"YAML reads {place.written} as {number}; put it in quotes")


def _redraw_problems(
    name: str, dataset: RedrawDataset, datasets: Mapping[str, Any]
) -> Iterator[Problem]:
    if "redraw" not in dataset.label.lower():
        yield Problem(
            ("datasets", name, "label"),
            f"'{dataset.label}' passes for the original (allowed: a label with the word 'redraw')",
        )
    originals = [other for other in datasets if value_at(datasets, (other, "source")) != "redraw"]
    if dataset.of not in originals:
        yield Problem(("datasets", name, "of"), unknown("original", dataset.of, originals))
        return
    for size in ("features", "classes"):
        original = value_at(datasets, (dataset.of, "shape", size))
        if original not in (None, getattr(dataset.shape, size)):
            yield Problem(
                ("datasets", name, "shape", size),
                f"{getattr(dataset.shape, size)} is not what '{dataset.of}' has ({original})",
            )


def _stand_in_problems(mapping: Any, locations: Locations) -> Iterator[Problem]:
    """Yield unknown names under ``stands_for``, but for data sets that a later file took away to replace them."""
    named = {key[1] for key in locations if len(key) == 2 and key[0] == "datasets"}
    for kind, exchanged in (("datasets", named), ("recipes", set())):
        entries = section(mapping, kind)
        for name, entry in entries.items():
            other = value_at(entry, ("stands_for",))
            if isinstance(other, str) and other not in entries and other not in exchanged:
                yield Problem((kind, name, "stands_for"), unknown(kind[:-1], other, entries))


def _repeat_problems(value: Any, key: Key) -> Iterator[Problem]:
    """Yield entries that a list has twice, but for widths of layers and sides of images."""
    if "network" in key or "image" in key:
        return
    if isinstance(value, list):
        for index, entry in enumerate(value):
            if entry in value[:index]:
                yield Problem((*key, index), f"{in_words(entry)} is listed twice")
    for part, inner in _parts(value):
        yield from _repeat_problems(inner, (*key, part))


def _parts(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _reference_problems(
    key: Key, group: Any, mapping: Any, datasets: Mapping[str, AnyDataset]
) -> Iterator[Problem]:
    for kind in ("datasets", "methods", "recipes"):
        known = list(section(mapping, kind))
        also = datasets if kind == "datasets" else {}
        for index, name in _entries(group, kind, str):
            if name not in known and name not in also:
                problem = elsewhere(kind, name) or unknown(kind[:-1], name, known)
                yield Problem((*key, kind, index), problem)


def _batch_problems(key: Key, group: Any, datasets: Mapping[str, AnyDataset]) -> Iterator[Problem]:
    named = [name for _, name in _entries(group, "datasets", str) if name in datasets]
    for index, batch in _entries(group, "batches", int):
        for name in named:
            rows = datasets[name].train_rows
            if batch > rows >= 1:
                yield Problem(
                    (*key, "batches", index),
                    f"{batch} is more than the training rows of '{name}' (allowed: 1 to {rows})",
                )


def _rate_problems(key: Key, group: Any, recipes: Mapping[str, Recipe]) -> Iterator[Problem]:
    """Yield recipes with equal learning rates in an experiment that distinguishes runs by their rates."""
    named = [(index, name) for index, name in _entries(group, "recipes", str) if name in recipes]
    for batch in (batch for _, batch in _entries(group, "batches", int)):
        first: dict[float, str] = {}
        for index, name in named:
            rate = recipes[name].rate(batch)
            other = first.setdefault(rate, name)
            if other != name:
                yield Problem(
                    (*key, "recipes", index),
                    f"'{name}' has the learning rate of '{other}' (allowed: each rate once)",
                )


def _run_groups(mapping: Any) -> Iterator[tuple[Key, Any]]:
    for name, experiment in section(mapping, "experiments").items():
        for index, group in enumerate(items(value_at(experiment, ("runs",)))):
            yield ("experiments", name, "runs", index), group


def _entries(group: Any, kind: str, of: type[T]) -> list[tuple[int, T]]:
    return [
        (i, value)
        for i, value in enumerate(items(value_at(group, (kind,))))
        if isinstance(value, of)
    ]


def _sound(section: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """Return the entries of a section that the schema accepts, as `kind`."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    sound = {}
    for name, value in section.items():
        with suppress(ValidationError):
            sound[name] = adapter.validate_python(value)
    return sound
