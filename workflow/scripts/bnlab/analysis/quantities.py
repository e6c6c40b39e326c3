"""Quantities: one number a replicate, which claims compare.

Each is a function of an experiment's tidy results for one dataset, an effect's settings and a method. It returns a
series by replicate, NaN where it diverged; or ``Bounded`` where what was measured leaves room for other values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.rates import chosen_rates
from bnlab.analysis.statistics import restricted
from bnlab.study.ledger import Effect

Results = Mapping[str, pd.DataFrame]
"""The tidy tables of an experiment by source."""


class Bounded(NamedTuple):
    """Values, and the lowest and the highest that each may in truth have (±∞ where one end is open)."""

    values: pd.Series
    lowest: pd.Series
    highest: pd.Series


Quantity = Callable[[Results, Effect, str], pd.Series | Bounded]


def method_runs(results: Results, source: str, effect: Effect, method: str) -> pd.DataFrame:
    """Rows of a method at the effect's batch size; at its best rate where the effect asks for that."""
    table = results[source]
    if effect.rate == "best":
        best = chosen_rates(results["metrics"])
        best = best[(best["method"] == method) & (best["batch"] == effect.batch)]
        table = table[table["recipe"] == best["recipe"].item()]
    return table[(table["method"] == method) & (table["batch"] == effect.batch)]


def history(results: Results, effect: Effect, method: str, split: str) -> pd.DataFrame:
    """Rows of a method on a split, under the effect's inference statistics where there are several kinds."""
    rows = method_runs(results, "metrics", effect, method)
    rows = rows[rows["split"] == split]
    # Training rows, and methods without statistics of the batch, have one kind alone.
    several = rows["statistics"].nunique() > 1
    return rows[rows["statistics"] == effect.statistics] if several else rows


def at_the_end(column: str, split: str) -> Callable[[Results, Effect, str], pd.Series]:
    """Loss or accuracy at the last step, or at the last evaluation up to the effect's epoch."""

    def quantity(results: Results, effect: Effect, method: str) -> pd.Series:
        rows = up_to_epoch(history(results, effect, method, split), effect)
        return rows[rows["step"] == rows["step"].max()].set_index("replicate")[column]

    return quantity


def up_to_epoch(rows: pd.DataFrame, effect: Effect) -> pd.DataFrame:
    """The rows up to the effect's epoch; all where it names none."""
    if effect.epoch is None:
        return rows
    # Evaluations fall on whole steps, so an epoch's own may lie a fraction of a step after it.
    per_step = (rows["epoch"] / rows["step"]).max()
    return rows[rows["epoch"] <= effect.epoch + per_step]


def over_time(split: str) -> Callable[[Results, Effect, str], pd.Series]:
    """Accuracy averaged over training, ∫ a(t) dt / (T − t₀) by trapezoids over the evaluations."""

    def quantity(results: Results, effect: Effect, method: str) -> pd.Series:
        rows = history(results, effect, method, split)
        wide = rows.pivot(index="replicate", columns="step", values="accuracy")
        steps = wide.columns.to_numpy(float)
        return pd.Series(
            np.trapezoid(wide.to_numpy(), steps, axis=1) / (steps[-1] - steps[0]), wide.index
        )

    return quantity


def accuracy_gap(results: Results, effect: Effect, method: str) -> pd.Series:
    """Training less test accuracy at the end."""
    train, test = (
        at_the_end("accuracy", split)(results, effect, method) for split in ("train", "test")
    )
    return train - test


def steps_to(split: str) -> Quantity:
    """The first step at the effect's accuracy, restricted at the last step.

    An accuracy is first reached at some step after the evaluation before the one that showed it, or after the last one
    if none did.
    """

    def quantity(results: Results, effect: Effect, method: str) -> Bounded:
        steps = sorted(history(results, effect, method, split)["step"].unique())
        rows = method_runs(results, "runs", effect, method).set_index("replicate")
        first = rows[f"first_{split}_{effect.level:g}"].astype(float)
        values = pd.Series(restricted(first, steps[-1]), first.index)
        before = dict(zip(steps, [0, *steps], strict=False))
        reached = first.notna()
        return Bounded(
            values, values.where(~reached, values.map(before)), values.where(reached, np.inf)
        )

    return quantity


train_accuracy, train_loss = at_the_end("accuracy", "train"), at_the_end("loss", "train")
validation_accuracy = at_the_end("accuracy", "validation")
validation_loss = at_the_end("loss", "validation")
test_accuracy, test_loss = at_the_end("accuracy", "test"), at_the_end("loss", "test")
mean_train_accuracy, mean_test_accuracy = over_time("train"), over_time("test")
steps_to_train, steps_to_test = steps_to("train"), steps_to("test")
