"""Tables of learning curves, from tidy rows of one dataset and recipe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import (
    censored_median,
    paired_difference,
    paired_ratio,
)
from bnlab.analysis.summaries import (
    BASE,
    RUN,
    accuracy_curves,
    compare,
    final,
    followed,
    summarize,
)
from bnlab.analysis.thresholds import crossings
from bnlab.experiments.learning_curves import drifts

__all__ = ["final"]

accuracy = accuracy_curves
"""What the figure shows."""

LEVELS = (0.8, 0.9, 0.95)
"""Accuracies whose first step is published."""


def percentiles(percentiles: pd.DataFrame) -> pd.DataFrame:
    """The probed percentiles of one typical unit in each replicate.

    The typical unit of a replicate is the one whose drift of activations is the median over its
    units; ``typical`` marks the replicate whose unit's drift is the median of those. A replicate that
    diverged has no unit; a method of which no replicate is left has one row for each quantity, with
    nothing in it but the counts.
    """
    parts = []
    for _, probes in percentiles.groupby(RUN, sort=False):
        drift = drifts.percentile_drift(drifts.unit_drift(probes))
        drift = drift[(drift["quantity"] == "activation") & drift["drift"].notna()]
        chosen = drift.loc[[_median_one(units["drift"]) for _, units in drift.groupby("replicate")]]
        if chosen.empty:
            part = probes.drop_duplicates("quantity")[[*RUN, "quantity"]].assign(typical=False)
        else:
            typical = chosen.loc[_median_one(chosen["drift"]), "replicate"]
            part = probes.merge(chosen[["replicate", "unit"]], on=["replicate", "unit"])
            part = part.assign(typical=part["replicate"] == typical)
            part = part[part["typical"] | (part["percentile"] == 50)]  # what is drawn of it
        number = probes["replicate"].nunique()
        parts.append(part.assign(n=len(chosen), diverged=_gone(probes), replicates=number))
    columns = [*RUN, "quantity", "replicate", "unit", "typical", "step", "percentile", "value"]
    columns += ["n", "diverged", "replicates"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return (
        pd.concat(parts)
        .reindex(columns=columns)
        .sort_values([*RUN, "quantity", "replicate", "percentile", "step"], kind="stable")
    )


def drift(percentiles: pd.DataFrame) -> pd.DataFrame:
    """Percentile drift averaged over all units, at each probed step, for activations and weights.

    ``average`` is the drift averaged over training, ``ratio`` that of the method over that of base,
    replicate by replicate; both are repeated on every row of a method and quantity. Drift is a
    distance from the end, so a replicate that diverged has none at any step.
    """
    keys = [*RUN, "quantity", "step"]
    if percentiles.empty:
        return pd.DataFrame(columns=keys)
    parts, averages = [], []
    for key, probes in percentiles.groupby(RUN, sort=False):
        names: dict[str, Any] = dict(zip(RUN, key, strict=True))
        units = drifts.unit_drift(probes)
        over_units = units.groupby(["quantity", "replicate", "step"])["drift"].mean()
        rows = over_units.reset_index().assign(**names)
        parts.append(summarize(rows, keys, "drift").assign(diverged=_gone(probes)))
        total = drifts.percentile_drift(units).groupby(["quantity", "replicate"])["drift"]
        averages.append(total.mean().reset_index().assign(**names))
    average = pd.concat(averages)
    ratios = compare(average, [*RUN, "quantity"], "drift", BASE, paired_ratio, "ratio")
    means = summarize(average, [*RUN, "quantity"], "drift", prefix="average")
    means = means.drop(columns=["n", "diverged", "replicates"])
    return pd.concat(parts).merge(means).merge(ratios)


def roc(roc: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """One-vs-rest ROC curves of every class; ``auc`` with its interval is repeated along each."""
    keys = [*RUN, "class", "class_name"]
    area = summarize(classes, [*keys, "count"], "auc", prefix="auc")
    area = area.drop(columns=["n", "diverged", "replicates"])
    return _with_absent_classes(summarize(roc, [*keys, "fpr"], "tpr").merge(area, on=keys))


def confusion(confusion: pd.DataFrame) -> pd.DataFrame:
    """Test rows by true and predicted class: mean counts, and ``share`` of the true class."""
    keys = [*RUN, "true", "true_name", "predicted", "predicted_name"]
    table = summarize(confusion, keys, "count")
    rows = table.groupby([*RUN, "true"])["mean"].transform("sum")
    return table.assign(share=table["mean"] / rows.where(rows > 0))


def steps_to_accuracy(metrics: pd.DataFrame) -> pd.DataFrame:
    """Steps until each of ``LEVELS`` is first reached.

    ``reached`` of ``replicates`` got there within the ``steps`` trained. ``median`` counts the
    others as later than all of them and is empty if it was not observed. ``ratio`` to base is over
    the ``pairs`` in which both got there.
    """
    rows = followed(metrics)
    rows = rows[rows["split"].isin(["train", "test"])]
    keys = [*RUN, "split", "level"]
    table, every = [], []
    for (*run, split), group in rows.groupby([*RUN, "split"]):
        gone = group.loc[group["step"] == group["step"].max(), "accuracy"].isna().sum()
        for level in LEVELS:
            first = crossings(group, level, averaged=split == "train")["first"]
            names: dict[str, Any] = dict(zip(keys, [*run, split, level], strict=True))
            every.append(first.reset_index().assign(**names))
            median = censored_median(first)
            table.append(
                names
                | {
                    "steps": group["step"].max(),
                    "median": median if np.isfinite(median) else np.nan,
                    "earliest": first.min(),
                    "latest": first.max(),
                    "reached": first.notna().sum(),
                    "diverged": gone,
                    "replicates": len(first),
                }
            )
    ratios = compare(pd.concat(every), keys, "first", BASE, paired_ratio, "ratio")
    return pd.DataFrame(table).merge(ratios)


def classes(classes: pd.DataFrame) -> pd.DataFrame:
    """AUC and average precision of each class, and the paired difference from base.

    ``count`` is the number of test rows of the class, ``class`` its place in the order of the file from 0 and
    ``alphabetical`` its place among the names in the order of the alphabet, from 0.
    """
    alphabet = sorted(classes["class_name"].unique())
    classes = classes.assign(alphabetical=classes["class_name"].map(alphabet.index))
    keys = [*RUN, "class", "class_name", "alphabetical", "count", "metric"]
    rows = classes.melt(
        id_vars=[*RUN, "class", "class_name", "alphabetical", "count", "replicate"],
        value_vars=["auc", "average_precision"],
        var_name="metric",
    )
    table = _with_absent_classes(summarize(rows, keys, "value"))
    return table.merge(compare(rows, keys, "value", BASE, paired_difference, "difference"))


def timing(timing: pd.DataFrame) -> pd.DataFrame:
    """Seconds per 1,000 steps, the median of a process; ``ratio`` to base pairs what was measured in one."""
    seconds = timing.groupby([*RUN, "process"])["seconds_per_1000_steps"].median()
    rows = seconds.rename("value").reset_index().rename(columns={"process": "replicate"})
    ratios = compare(rows, RUN, "value", BASE, paired_ratio, "ratio")
    table = summarize(rows, RUN, "value").merge(ratios)
    return table.drop(columns=["diverged", "replicates"]).rename(columns={"n": "processes"})


def _gone(probes: pd.DataFrame) -> int:
    """Replicates that diverged; one whose units are all constant has no drift either, but is not
    one of them.
    """
    return probes.loc[probes["value"].isna(), "replicate"].nunique()


def _with_absent_classes(table: pd.DataFrame) -> pd.DataFrame:
    """A class without test rows has no score, which is no divergence."""
    return table.assign(diverged=table["diverged"].where(table["count"] > 0, 0))


def _median_one(values: pd.Series) -> Any:
    """Index of the median, of the lower one of an even number."""
    return values.sort_values(kind="stable").index[(len(values) - 1) // 2]
