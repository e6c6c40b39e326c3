"""Quantities: one number a replicate, which claims compare.

Each is a function of an experiment's tidy results for one dataset, an effect's settings and a method. It returns a
series by replicate, NaN where it has none; or ``Bounded`` where what was measured leaves room for other values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.metrics import mean_over_steps
from bnlab.analysis.rates import chosen_rates, fastest_rates, is_at_end, rate_ranges
from bnlab.analysis.statistics import restricted
from bnlab.analysis.thresholds import crossings
from bnlab.study.ledger import Measure

Results = Mapping[str, pd.DataFrame]
"""The tidy tables of an experiment by source."""


class Bounded(NamedTuple):
    """Values, the lowest and the highest that each may in truth have (±∞ where one end is open), and why."""

    values: pd.Series
    lowest: pd.Series
    highest: pd.Series
    why: str = ""


Quantity = Callable[[Results, Measure, str], pd.Series | Bounded]


def method_runs(results: Results, source: str, effect: Measure, method: str) -> pd.DataFrame:
    """Rows of a method at the effect's batch size; at a rate of its own where the effect asks for that."""
    table = results[source]
    if chosen := rate_chosen(results, effect, method):
        table = table[table["recipe"] == chosen.recipe]
    return table[(table["method"] == method) & (table["batch"] == effect.batch)]


def narrowed(table: pd.DataFrame, settings: Mapping[str, int | float | str]) -> pd.DataFrame:
    """The rows of a tidy table under these settings of recipes."""
    for name, value in settings.items():
        table = table[table[name] == value]
    return table


class Rate(NamedTuple):
    """The learning rate that a method is compared at, its recipe, and whether no higher or no lower one was tried."""

    rate: float
    recipe: str
    is_end: bool


def rate_chosen(results: Results, effect: Measure, method: str) -> Rate | None:
    """Return a method's own rate, best or fastest as the effect asks; None where it asks for none."""
    if effect.rate is None:
        return None
    metrics = results["metrics"]
    tried = metrics[(metrics["method"] == method) & (metrics["batch"] == effect.batch)]
    if effect.rate == "fastest":
        assert effect.level is not None
        best = fastest_rates(tried, effect.level)
    else:
        best = chosen_rates(tried)
    rate = best["learning_rate"].item()
    return Rate(rate, best["recipe"].item(), is_at_end(tried, rate))


def width_of_rates(metrics: pd.DataFrame) -> Bounded:
    """Return the width of a method's range of rates near the best, in decades (``rates.rate_ranges``).

    A range that reaches an end of the rates tried may go on beyond it.
    """
    ranges = rate_ranges(metrics).set_index("replicate")
    width, is_open = ranges["decades"], ranges["reaches_lowest"] | ranges["reaches_highest"]
    why = "ranges of rates end where the rates tried do"
    return Bounded(width, width, width.where(~is_open, np.inf), why)


def learns(results: Results, effect: Measure, method: str) -> bool:
    """Return false where every replicate of a method diverged or failed, in every run that an effect reads."""
    if effect.rate:
        rows = method_runs(results, "metrics", effect, method)
    else:
        rows = narrowed(results["metrics"], {"method": method})
        rows = rows[rows["batch"].isin(effect.batches or [effect.batch])]
    lost = (rows["failed"] | rows["diverged"]).groupby(
        [rows["recipe"], rows["batch"], rows["replicate"]]
    )
    return rows.empty or not lost.any().all()


def history(results: Results, effect: Measure, method: str, split: str) -> pd.DataFrame:
    """Rows of a method on a split, under the effect's inference statistics where there are several kinds."""
    rows = method_runs(results, "metrics", effect, method)
    rows = rows[rows["split"] == split]
    # Training rows, and methods without statistics of the batch, have one kind alone.
    several = rows["statistics"].nunique() > 1
    return rows[rows["statistics"] == effect.statistics] if several else rows


def at_the_end(column: str, split: str) -> Callable[[Results, Measure, str], pd.Series]:
    """Loss or accuracy at the last step, or at the last evaluation up to the effect's epoch."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = up_to_epoch(history(results, effect, method, split), effect)
        return rows[rows["step"] == rows["step"].max()].set_index("replicate")[column]

    return quantity


def up_to_epoch(rows: pd.DataFrame, effect: Measure) -> pd.DataFrame:
    """The rows up to the effect's epoch; all where it names none."""
    if effect.epoch is None:
        return rows
    # Evaluations fall on whole steps, so an epoch's own may lie a fraction of a step after it.
    per_step = (rows["epoch"] / rows["step"]).max()
    return rows[rows["epoch"] <= effect.epoch + per_step]


def over_time(split: str) -> Callable[[Results, Measure, str], pd.Series]:
    """Accuracy averaged over training (``metrics.mean_over_steps``)."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        return mean_over_steps(history(results, effect, method, split))

    return quantity


def accuracy_gap(results: Results, effect: Measure, method: str) -> pd.Series:
    """Training less test accuracy at the end."""
    train, test = (
        at_the_end("accuracy", split)(results, effect, method) for split in ("train", "test")
    )
    return train - test


def lost_test_accuracy(results: Results, effect: Measure, method: str) -> pd.Series:
    """Test accuracy at the effect's epoch less that at the end: of two methods' difference, early gap less late gap."""
    at_end = effect.model_copy(update={"epoch": None})
    return test_accuracy(results, effect, method) - test_accuracy(results, at_end, method)


def failed_share(results: Results, effect: Measure, method: str) -> pd.Series:
    """1 for a replicate that diverged or failed, else 0."""
    rows = history(results, effect, method, "test")
    end = rows[rows["step"] == rows["step"].max()].set_index("replicate")
    return (end["failed"] | end["diverged"]).astype(float)


def seconds_per_1000_steps(results: Results, effect: Measure, method: str) -> pd.Series:
    """Seconds per 1,000 steps, the median over the repeats of each process that timed them."""
    rows = method_runs(results, "timing", effect, method)
    return rows.groupby("process")["seconds_per_1000_steps"].median()


def steps_to(split: str) -> Callable[[Results, Measure, str], Bounded]:
    """The first step at the effect's accuracy, restricted at the last step; bounds as ``crossings`` knows them."""

    def quantity(results: Results, effect: Measure, method: str) -> Bounded:
        rows = history(results, effect, method, split)
        assert effect.level is not None
        steps = crossings(rows, effect.level, averaged=split == "train")
        values = pd.Series(restricted(steps["first"], rows["step"].max()), steps.index)
        highest = values.where(steps["first"].notna(), np.inf)
        return Bounded(values, steps["after"], highest, "steps are known to one evaluation")

    return quantity


def epochs_to_train(results: Results, effect: Measure, method: str) -> Bounded:
    """``steps_to_train`` in epochs."""
    rows = history(results, effect, method, "train")
    per_step = (rows["epoch"] / rows["step"]).max()
    steps = steps_to_train(results, effect, method)
    values, lowest, highest = (numbers * per_step for numbers in steps[:3])
    return Bounded(values, lowest, highest, steps.why)


def epoch_with_train(results: Results, effect: Measure, method: str) -> Bounded:
    """Number (from 1) of the first epoch over which training accuracy averages at least the level.

    That is the number which Keras prints after each epoch. What is recorded are means over the steps between two
    evaluations; inside such a stretch the mean is taken for every step. One more than there are epochs, or any greater
    one, where none gets there.
    """
    rows = history(results, effect, method, "train")
    wide = rows.pivot(index="replicate", columns="step", values="accuracy")
    steps = wide.columns.to_numpy(float)
    correct = np.cumsum(wide.to_numpy() * np.diff(steps, prepend=0), axis=1)
    per_epoch = (rows["step"] / rows["epoch"]).min()
    ends = np.arange(0, steps[-1] + per_epoch / 2, per_epoch)
    at_ends = np.array([np.interp(ends, [0, *steps], [0, *line]) for line in correct])
    means = np.diff(at_ends, axis=1) / per_epoch
    reached = means >= effect.level
    is_there = pd.Series(reached.any(axis=1), wide.index)
    first = np.where(is_there, reached.argmax(axis=1) + 1, means.shape[1] + 1)
    values = pd.Series(first.astype(float), wide.index).where(wide.notna().all(axis=1))
    return Bounded(values, values, values.where(is_there, np.inf), "training ends before the level")


train_accuracy, train_loss = at_the_end("accuracy", "train"), at_the_end("loss", "train")
validation_accuracy = at_the_end("accuracy", "validation")
validation_loss = at_the_end("loss", "validation")
test_accuracy, test_loss = at_the_end("accuracy", "test"), at_the_end("loss", "test")
mean_train_accuracy, mean_test_accuracy = over_time("train"), over_time("test")
steps_to_train, steps_to_test = steps_to("train"), steps_to("test")
