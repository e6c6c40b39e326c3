"""Memory that jobs ask for, in MB (10⁶ bytes), from rows, features, network and batch, before they start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import prod

from bnlab.study.config import Run, Study
from bnlab.study.datasets import REFUSE
from bnlab.study.locations import Problem
from bnlab.study.options import states, widths

TENSORFLOW, LAYER = 1100, 15
"""A process that trains: at first, and for each layer that is compiled."""
READING, PREPARING = 300, 150
"""A process that reads, and one that splits and scales, beside the table."""
SMALL = 600
"""A job on tables of results, and one on the data sets that ship with scikit-learn."""
JUDGING = 1000
"""The job that judges claims from all replicates of a study."""
FLOAT, DOUBLE = 4, 8
EVALUATED_ROWS = 500
"""Rows that are evaluated at once, as in ``training.evaluation``, whose imports take long."""
PASSES = {"train": 8, "evaluate": 3}
"""Arrays of the size of a layer's outputs that a step and an evaluation need at once."""
COPIES = 8
"""Arrays of the size of the weights: gradients, memory of an optimizer, old and new ones."""


def of_reading(study: Study, dataset: str) -> int:
    """Return the memory of reading a data set, in bytes where it is scaled by 255.

    It is held once; the rest is a row group of a Parquet file, of which pyarrow makes a million rows.
    """
    number = 1 if study.datasets[dataset].scaling == "divide_255" else DOUBLE
    return _rounded(READING + 1.8 * number * _numbers(study, dataset))


def of_preparing(study: Study, dataset: str) -> int:
    """Return the memory of splitting and scaling; a table that is filled or encoded is held twice in float64."""
    data = study.datasets[dataset]
    encoded = (getattr(data, rule, REFUSE) != REFUSE for rule in ("missing", "categories"))
    copies = 2.5 * FLOAT + (3 * DOUBLE if any(encoded) else 0)
    return _rounded(PREPARING + copies * _numbers(study, dataset))


def of_training(study: Study, runs: Iterable[Run]) -> int:
    """Return the memory of a job that trains these runs one after the other."""
    return max(_rounded(_of_run(study, run)) for run in runs)


def of_timing(study: Study, experiment: str) -> int:
    """Return the memory of a job that times methods in turn: those of a setting are all held at once."""
    held = [
        sum(
            _of_run(study, Run(dataset, method, batch, recipe)) - TENSORFLOW
            for method in study.timed_methods(experiment, dataset, batch, recipe)
        )
        for dataset, batch, recipe in study.timed(experiment)
    ]
    return _rounded(TENSORFLOW + max(held, default=0))


def problems(study: Study, most: float, of: str) -> Iterator[Problem]:
    """Yield the data sets, recipes and experiments whose jobs ask for more than ``most`` MB; ``of`` names the limit."""
    for name in study.used_datasets():
        needed = max(of_reading(study, name), of_preparing(study, name))
        if needed > most:
            yield Problem(
                ("datasets", name, "shape"),
                f"needs {needed:,} MB of memory to be prepared, more than the {most:,.0f} MB of {of}"
                " (allowed: fewer rows or features, or a larger machine)",
            )
    for name in study.experiments:
        if study.timed(name) and (needed := of_timing(study, name)) > most:
            yield Problem(
                ("experiments", name),
                f"needs {needed:,} MB of memory to time its methods, more than the {most:,.0f} MB of {of}"
                " (allowed: fewer methods, a narrower network, smaller batches, or a larger machine)",
            )
    worst: dict[tuple[str, str], int] = {}
    for run in study.all_runs():
        key = (run.recipe, run.dataset)
        worst[key] = max(worst.get(key, 0), of_training(study, [run]))
    for (recipe, dataset), needed in worst.items():
        if needed > most:
            yield Problem(
                ("recipes", recipe),
                f"needs {needed:,} MB of memory to train on {dataset}, more than the {most:,.0f} MB of"
                f" {of} (allowed: a narrower network, smaller batches, fewer rows, or a larger machine)",
            )


def _of_run(study: Study, run: Run) -> float:
    data, (network, settings) = study.datasets[run.dataset], study.network(run.recipe)
    shape, sizes = data.shape, data.sizes
    layers = widths(network.load(), settings)
    built = network.make(settings)
    image = shape.image if built.takes == "images" else None
    places = built.places(image or [shape.features])
    chain = [image[-1] if image else shape.features, *layers, shape.classes]
    weights = sum(a * b for a, b in pairwise(chain)) * (9 if image else 1) * built.arrays
    per_row = shape.features + places * (built.arrays * sum(layers) + shape.classes)
    for units, parts in states(network.load(), settings):
        weights += (shape.features // parts + units + shape.classes) * units
        per_row += parts * (shape.features // parts + 2 * units)
    arrays = max(PASSES["train"] * run.batch, PASSES["evaluate"] * EVALUATED_ROWS)
    number = 1 if data.scaling == "divide_255" else FLOAT
    held = number * sum(sizes) + FLOAT * (sizes.validation + sizes.test)
    if study.method_arguments(run.method).get("inputs"):
        held += DOUBLE * sizes.train
    order = study.settings(run)["steps"] * run.batch + sizes.train
    numbers = (
        2 * held * shape.features
        + FLOAT * (COPIES * weights + arrays * per_row)
        + 3 * FLOAT * order
    )
    return TENSORFLOW + LAYER * len(layers) + numbers / 1e6


def _numbers(study: Study, dataset: str) -> float:
    """Return the numbers of a table, in millions."""
    shape = study.datasets[dataset].shape
    return prod((shape.rows, shape.features)) / 1e6


def _rounded(memory: float) -> int:
    """Return a memory rounded up to tens of MB."""
    return int(-(-memory // 10) * 10)
