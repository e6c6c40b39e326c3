"""Problems of the entries by which recipes mean variables: those that mean none, and runs that train nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

from bnlab.study.config import Run, Study
from bnlab.study.groups import among, chosen
from bnlab.study.locations import Key, Problem
from bnlab.study.messages import unknown
from bnlab.study.recipes import Recipe
from bnlab.study.section import unique
from bnlab.study.trials import answers, trial

KERNELS = {"kernel"}
"""Entries of a decay that is given as a number, which every network has."""


def group_problems(study: Study) -> list[Problem]:
    """Return the problems of recipes that name variables, whose networks are built to see them."""
    entries = {name: list(_entries(recipe)) for name, recipe in study.recipes.items()}
    runs = [run for run in study.all_runs() if entries[run.recipe]]
    if not runs:
        return []
    trials = {run: json.dumps(trial(study, run), sort_keys=True) for run in runs}
    distinct = unique(trials.values())
    built = answers(
        "list_variables.py",
        [json.loads(each) for each in distinct],
        "the networks of recipes that name variables cannot be built",
    )
    paths = dict(zip(distinct, built, strict=True))
    return [
        problem
        for recipe in unique(run.recipe for run in runs)
        for problem in _problems(
            recipe,
            study.recipes[recipe],
            entries[recipe],
            {run: paths[trials[run]] for run in runs if run.recipe == recipe},
        )
    ]


def _entries(recipe: Recipe) -> Iterator[tuple[Key, str]]:
    """Yield every entry of a recipe that means variables, by its key within the recipe."""
    lists: dict[Key, list[str] | None] = {
        ("train",): recipe.train,
        ("fixed_norms",): recipe.fixed_norms,
        ("schedule", "of"): recipe.schedule.of if recipe.schedule else None,
    }
    for key, listed in lists.items():
        yield from (((*key, index), entry) for index, entry in enumerate(listed or []))
    if recipe.weight_decay and set(recipe.weight_decay) != KERNELS:
        yield from ((("weight_decay", entry), entry) for entry in recipe.weight_decay)
    yield from ((("rates", entry), entry) for entry in recipe.rates or {})


def _problems(
    name: str, recipe: Recipe, entries: list[tuple[Key, str]], runs: dict[Run, list[str]]
) -> Iterator[Problem]:
    every = unique(chain.from_iterable(runs.values()))
    known = unique([*(p.rpartition("/")[2] for p in every), *(p.rpartition("/")[0] for p in every)])
    for key, entry in entries:
        if every and not any(among([entry], path) for path in every):
            yield Problem(("recipes", name, *key), unknown("variable or layer", entry, known))
    for run, paths in runs.items():
        if paths and not any(_trains(recipe, path) for path in paths):
            own = ", ".join(unique(path.rpartition("/")[2] for path in paths))
            yield Problem(
                ("recipes", name, "train" if recipe.train else "rates"),
                f"trains nothing of '{run.method}', whose variables are {own}",
            )
            return


def _trains(recipe: Recipe, path: str) -> bool:
    """Return true where a recipe moves a variable, as ``training.update`` does."""
    return among(recipe.train or ["*"], path) and chosen(recipe.rates or {}, path) != 0
