"""From tidy rows to published tables: what the tables of experiments have in common.

A published table has one row per combination of its leading columns. ``mean``, ``low`` and ``high`` are a mean over
replicates and its 95 % t-interval on the number's scale (``statistics.within``), ``n`` the replicates in it,
``diverged`` those that diverged, ``failed`` those that ended at chance, and ``replicates`` all of them. In accuracies
and losses a diverged replicate counts as one that guesses (``tidy.with_outcomes``); in measures of a probe it is left
out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from bnlab.analysis.statistics import (
    Interval,
    Scale,
    mean_interval,
    paired_difference,
    within,
)
from bnlab.study.names import ALL_RECIPES

T = TypeVar("T")

BASE, BN = "base", "bn"
RUN = ["method", "batch", "learning_rate"]
"""Columns that identify a run in the table of one data set and recipe."""
ACROSS_RATES = ["method", "batch"]
SPLITS = ("train", "validation", "test")
METRICS = ("accuracy", "loss")
EVERY_NUMBER = [(split, metric) for split in SPLITS for metric in METRICS]
CURVES = [("test", "accuracy"), ("validation", "loss")]
SCALES: dict[str, Scale] = {
    "accuracy": "logit",
    "auc": "logit",
    "average_precision": "logit",
    "cosine": "atanh",
    "loss": "log",
}
"""Scales of the intervals of numbers, by the name that a metric, a measure or a column of values has everywhere."""


def published(
    make: Callable[..., pd.DataFrame],
    sources: Sequence[pd.DataFrame],
    dataset: str,
    recipe: str,
    dataset_label: str,
    method_labels: Mapping[str, str],
) -> pd.DataFrame:
    """One published table.

    Args:
        make: from the tidy sources, each restricted to the dataset and recipe, to the table's own columns.
        sources: the tidy sources that ``make`` takes, in its order.
        dataset: name of the dataset, whose rows are taken.
        recipe: name of the recipe, whose rows are taken, or ``ALL_RECIPES``.
        dataset_label: what the dataset is called in print (``dataset_label``).
        method_labels: what methods are called in print, in the order in which they are listed.

    Returns:
        The table, led by dataset, dataset_label, recipe, method and method_label.
    """
    table = make(*(_select(source, dataset, recipe) for source in sources))
    order = {name: place for place, name in enumerate(method_labels)}
    table = table.assign(_order=table["method"].map(order)).sort_values(
        ["_order", "batch"] if "batch" in table else ["_order"], kind="stable"
    )
    lead = {
        "dataset": dataset,
        "dataset_label": dataset_label,
        "recipe": recipe,
        "method": table["method"],
        "method_label": table["method"].map(lambda name: method_labels.get(name, name)),
    }
    rest = table.drop(columns=["method", "_order"])
    return pd.concat([pd.DataFrame(lead, index=table.index), rest], axis=1).reset_index(drop=True)


def dataset_label(label: str, redraw: bool) -> str:
    """The label of a dataset in print: a redraw is called one, whatever the config says."""
    return f"{label} (redraw)" if redraw and "redraw" not in label.lower() else label


def final(
    metrics: pd.DataFrame,
    wanted: Sequence[tuple[str, str]] = EVERY_NUMBER,
    reference: str = BASE,
) -> pd.DataFrame:
    """Return accuracy and loss at the last step, and the paired difference from the reference at equal batch."""
    rows = long(followed(last(metrics)), wanted)
    return with_differences(rows, [*RUN, "split", "metric"], "value", reference=reference)


def accuracy_curves(metrics: pd.DataFrame) -> pd.DataFrame:
    """Train and test accuracy at each evaluated step, under moving statistics."""
    rows = followed(metrics)
    rows = rows[rows["split"].isin(["train", "test"])]
    return summarize(rows, [*RUN, "split", "step", "epoch"], "accuracy")


def _select(table: pd.DataFrame, dataset: str, recipe: str) -> pd.DataFrame:
    if "dataset" not in table:
        return table
    chosen = table["dataset"] == dataset
    return table[chosen if recipe == ALL_RECIPES else chosen & (table["recipe"] == recipe)]


def followed(metrics: pd.DataFrame) -> pd.DataFrame:
    """Training rows, and those of other splits under moving statistics, which are followed in training."""
    return metrics[(metrics["split"] == "train") | (metrics["statistics"] == "moving")]


def last(metrics: pd.DataFrame, keys: Sequence[str] = RUN) -> pd.DataFrame:
    """The rows of the last step of each run, which ``keys`` tell apart."""
    return metrics[metrics["step"] == metrics.groupby(list(keys))["step"].transform("max")]


def long(metrics: pd.DataFrame, wanted: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """One row per replicate and wanted (split, metric), its number in ``value``."""
    columns = [*RUN, "statistics", "replicate", "failed", "diverged", "split"]
    parts = [
        metrics.loc[metrics["split"] == split, [*columns, metric]]
        .rename(columns={metric: "value"})
        .assign(metric=metric)
        for split, metric in wanted
    ]
    return pd.concat(parts, ignore_index=True)


def final_accuracies(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return test accuracy at the last step in ``value``, a row per replicate, as ``long`` does."""
    return long(followed(last(metrics)), [("test", "accuracy")])


def summarize(
    rows: pd.DataFrame,
    keys: list[str],
    value: str,
    prefix: str | None = None,
    scale: Scale = "linear",
) -> pd.DataFrame:
    """Mean and interval of ``value`` over the replicates of each combination of ``keys``.

    Its interval is on the scale that ``SCALES`` has for the metric or measure among the keys, else for the column
    ``value``, else on ``scale``.
    """
    table = []
    for key, group in rows.groupby(keys, sort=False):
        names = dict(zip(keys, key, strict=True))
        number = str(names.get("metric", names.get("measure", value)))
        interval = within(mean_interval(group[value]), SCALES.get(number, scale))
        gone = group["diverged"] if "diverged" in group else group[value].isna()
        counts = {"n": interval.n, "diverged": int(gone.sum()), "replicates": len(group)}
        if "failed" in group:
            counts["failed"] = int(group["failed"].sum())
        table.append(names | columns_of(interval, prefix) | counts)
    return pd.DataFrame(table)


def with_differences(
    rows: pd.DataFrame,
    keys: list[str],
    value: str,
    prefix: str | None = None,
    reference: str = BASE,
    scale: Scale = "linear",
) -> pd.DataFrame:
    """Return ``summarize`` and the paired difference from a reference, ``difference`` or ``<prefix>_difference``."""
    name = f"{prefix}_difference" if prefix else "difference"
    table = summarize(rows, keys, value, prefix, scale)
    return table.merge(compare(rows, keys, value, reference, paired_difference, name))


def compare(
    rows: pd.DataFrame,
    keys: list[str],
    value: str,
    reference: str | float,
    against: Callable[[Any, Any], Interval],
    prefix: str,
    column: str = "method",
) -> pd.DataFrame:
    """Compare ``value`` with that of the reference, paired by replicate, for each combination of ``keys``.

    The reference is the group with the same other keys whose ``column`` is ``reference``; compared
    with itself or with a missing group the numbers are NaN and ``pairs`` is 0.
    """
    wide = {
        key: group.set_index("replicate")[value] for key, group in rows.groupby(keys, sort=False)
    }
    table = []
    for names, values, other in with_reference(wide, keys, reference, column):
        interval = (
            mean_interval([]) if other is None else against(values, other.reindex(values.index))
        )
        table.append(names | columns_of(interval, prefix) | {"pairs": interval.n})
    return pd.DataFrame(table)


def with_reference(
    groups: Mapping[Any, T], keys: Sequence[str], reference: str | float, column: str = "method"
) -> Iterator[tuple[dict[str, Any], T, T | None]]:
    """Yield the keys of each group by name, what it has, and what the reference at the same other keys has.

    The latter is None for the reference itself, and where it is missing.
    """
    for key, own in groups.items():
        names = dict(zip(keys, key, strict=True))
        other = tuple((names | {column: reference}).values())
        yield names, own, groups.get(other) if other != key else None


def add_interval(table: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the interval of another one of the same replicates, whose counts are left out."""
    counts = ["n", "diverged", "replicates", "pairs"]
    return table.merge(other.drop(columns=counts, errors="ignore"))


def columns_of(interval: Interval, prefix: str | None) -> dict[str, float]:
    """An interval as columns: mean, low, high, or prefix, prefix_low, prefix_high."""
    names = (prefix, f"{prefix}_low", f"{prefix}_high") if prefix else ("mean", "low", "high")
    return dict(zip(names, interval[:3], strict=True))
