"""Tables and quantities of learning curves, from tidy rows of one data set and recipe."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.metrics import mean_over_steps
from bnlab.analysis.quantities import (
    Bounded,
    Results,
    method_runs,
    seconds_per_1000_steps,
)
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import censored_median, paired_ratio
from bnlab.analysis.summaries import (
    BASE,
    RUN,
    accuracy_curves,
    add_interval,
    compare,
    final,
    followed,
    summarize,
    with_differences,
)
from bnlab.analysis.thresholds import crossings
from bnlab.study.ledger import Measure

LEVELS = (0.8, 0.9, 0.95)
"""Accuracies whose first step is published."""
UNIT = ["replicate", "quantity", "unit"]
TWO_SIDED = 1.959964
"""Standard errors to each end of a 95 % interval."""


def unit_drift(probes: pd.DataFrame) -> pd.DataFrame:
    """Compute how far the percentiles of each unit are from where they end, at each probed step.

    For unit j with percentiles P_q(t), q in {15, 50, 85}, and T the last step:

        d_j(t) = mean over q of |P_q(t) − P_q(T)| / (P_85(T) − P_15(T))

    Args:
        probes: columns replicate, step, quantity, unit, percentile, value of one run.

    Returns:
        Columns replicate, quantity, unit, step, drift. NaN at every step for a replicate that diverged, since it has no
        last percentiles, and for a unit whose last spread is zero.
    """
    wide = probes.pivot(index=[*UNIT, "step"], columns="percentile", values="value").sort_index()
    last = wide.groupby(level=UNIT).transform("last", skipna=False)
    spread = (last[85] - last[15]).where(lambda width: width > 0)
    drift = (wide - last).abs().mean(axis=1, skipna=False) / spread
    return drift.rename("drift").reset_index()[[*UNIT, "step", "drift"]]


def percentile_drift(drift: pd.DataFrame) -> pd.DataFrame:
    """Average ``unit_drift`` over training, D_j = ∫ d_j(t) dt / (T − t₀), by trapezoids.

    Returns:
        Columns replicate, quantity, unit, drift; NaN where any step is NaN.
    """
    return mean_over_steps(drift, "drift", UNIT).rename("drift").reset_index()


def percentiles(percentiles: pd.DataFrame) -> pd.DataFrame:
    """Return the probed percentiles of one typical unit in each replicate.

    The typical unit of a replicate is the one with the median drift of activations; ``typical`` marks the replicate
    whose unit has the median of those. A replicate that diverged has no unit. A method without any replicate left has a
    row for each quantity, with nothing in it but the counts.
    """
    if percentiles.empty:
        return percentiles
    table = in_each(percentiles, RUN, _typical_units)
    columns = [*RUN, "quantity", "replicate", "unit", "typical", "step", "percentile", "value"]
    order = [*RUN, "quantity", "replicate", "percentile", "step"]
    return table[[*columns, "n", "diverged", "replicates"]].sort_values(order, kind="stable")


def _typical_units(probes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``percentiles`` of one run."""
    drift = percentile_drift(unit_drift(probes))
    drift = drift[(drift["quantity"] == "activation") & drift["drift"].notna()]
    chosen = drift.loc[[_median_row(units) for _, units in drift.groupby("replicate")]]
    if chosen.empty:
        rows = probes.drop_duplicates("quantity")[["quantity"]].assign(typical=False)
        rows = rows.reindex(columns=[*UNIT, "typical", "step", "percentile", "value"])
    else:
        typical = chosen.loc[_median_row(chosen), "replicate"]
        rows = probes.merge(chosen[["replicate", "unit"]], on=["replicate", "unit"])
        rows = rows.assign(typical=rows["replicate"] == typical)
        rows = rows[
            rows["typical"] | (rows["percentile"] == 50)
        ]  # the others are drawn as one line
    replicates = probes["replicate"].nunique()
    return rows.assign(n=len(chosen), diverged=_gone(probes), replicates=replicates)


def _median_row(drift: pd.DataFrame) -> Any:
    """Return the index of the median drift, of the lower one of an even number."""
    return drift["drift"].sort_values(kind="stable").index[(len(drift) - 1) // 2]


def _gone(probes: pd.DataFrame) -> int:
    """Count the replicates that diverged; constant units have no drift either, but values."""
    return probes.loc[probes["value"].isna(), "replicate"].nunique()


def drift(percentiles: pd.DataFrame) -> pd.DataFrame:
    """Summarize ``unit_drift`` averaged over all units, at each probed step.

    ``average`` is the drift averaged over training, ``ratio`` that over base's, replicate by replicate. Both stand on
    every row of a method and quantity. A replicate that diverged has no drift at any step.
    """
    if percentiles.empty:
        return percentiles
    keys = [*RUN, "quantity"]
    units = in_each(percentiles, RUN, unit_drift)
    over_units = units.groupby([*keys, "replicate", "step"], sort=False)["drift"].mean()
    averages = in_each(units, RUN, percentile_drift).groupby([*keys, "replicate"], sort=False)
    average = averages["drift"].mean().reset_index()
    table = summarize(over_units.reset_index(), [*keys, "step"], "drift", scale="log")
    gone = {key: _gone(probes) for key, probes in percentiles.groupby(RUN)}
    runs = table[RUN].itertuples(index=False, name=None)
    table = table.assign(diverged=[gone[run] for run in runs])
    table = add_interval(table, summarize(average, keys, "drift", prefix="average", scale="log"))
    return table.merge(compare(average, keys, "drift", BASE, paired_ratio, "ratio"))


def roc(roc: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """Summarize one-vs-rest ROC curves of every class; ``auc`` with its interval is repeated along each."""
    keys = [*RUN, "class", "class_name"]
    area = summarize(classes, [*keys, "count"], "auc", prefix="auc")
    curves = summarize(roc, [*keys, "fpr"], "tpr", scale="logit")
    return add_interval(curves, area)


def confusion(confusion: pd.DataFrame) -> pd.DataFrame:
    """Summarize test rows by true and predicted class: mean counts, and ``share`` of the true class."""
    keys = [*RUN, "true", "true_name", "predicted", "predicted_name"]
    table = summarize(confusion, keys, "count", scale="log")
    rows = table.groupby([*RUN, "true"])["mean"].transform("sum")
    return table.assign(share=table["mean"] / rows.where(rows > 0))


def steps_to_accuracy(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize the steps until each of ``LEVELS`` is first reached.

    ``reached`` of ``replicates`` got there within the ``steps`` trained. ``median`` counts the others as later than all
    of them; it is empty if it was not observed. ``ratio`` to base is over the ``pairs`` in which both got there.
    """
    rows = followed(metrics)
    rows = rows[rows["split"].isin(["train", "test"])]
    keys = [*RUN, "split", "level"]
    table, each = [], []
    for key, of_split in rows.groupby(keys[:-1]):
        last = of_split["step"].max()
        gone = of_split.loc[of_split["step"] == last, "diverged"].sum()
        for level in LEVELS:
            first = crossings(of_split, level, averaged=key[-1] == "train")["first"]
            names: dict[str, Any] = dict(zip(keys, [*key, level], strict=True))
            each.append(first.reset_index().assign(**names))
            steps = {
                "steps": last,
                "median": censored_median(first),
                "earliest": first.min(),
                "latest": first.max(),
            }
            counts = {"reached": first.notna().sum(), "diverged": gone, "replicates": len(first)}
            table.append(names | steps | counts)
    ratios = compare(pd.concat(each), keys, "first", BASE, paired_ratio, "ratio")
    return pd.DataFrame(table).replace({"median": {np.inf: np.nan}}).merge(ratios)


def classes(classes: pd.DataFrame) -> pd.DataFrame:
    """Summarize AUC and average precision of each class, with the paired difference from base.

    ``count`` is the number of test rows of the class, ``class`` its place in the order of the file from 0 and
    ``alphabetical`` its place among the names in the order of the alphabet, from 0.
    """
    alphabet = sorted(classes["class_name"].unique())
    lead = [*RUN, "class", "class_name", "alphabetical", "count"]
    rows = classes.assign(alphabetical=classes["class_name"].map(alphabet.index)).melt(
        [*lead, "replicate", "diverged"], ["auc", "average_precision"], "metric"
    )
    return with_differences(rows, [*lead, "metric"], "value")


def timing(timing: pd.DataFrame) -> pd.DataFrame:
    """Summarize seconds per 1,000 steps, the median of a process; ``ratio`` to base is paired by process."""
    seconds = timing.groupby([*RUN, "process"])["seconds_per_1000_steps"].median()
    rows = seconds.rename("value").reset_index().rename(columns={"process": "replicate"})
    table = summarize(rows, RUN, "value", scale="log").drop(columns=["diverged", "replicates"])
    ratios = compare(rows, RUN, "value", BASE, paired_ratio, "ratio")
    return table.rename(columns={"n": "processes"}).merge(ratios)


TABLES = {
    "accuracy": accuracy_curves,
    "percentiles": percentiles,
    "drift": drift,
    "roc": roc,
    "confusion": confusion,
    "final": final,
    "steps_to_accuracy": steps_to_accuracy,
    "classes": classes,
    "timing": timing,
}


def mean_drift(kind: str, results: Results, effect: Measure, method: str) -> pd.Series:
    """Return ``percentile_drift`` averaged over units."""
    rows = method_runs(results, "percentiles", effect, method)
    units = percentile_drift(unit_drift(rows[rows["quantity"] == kind]))
    return units.groupby("replicate")["drift"].mean()


def spread_growth(kind: str, results: Results, effect: Measure, method: str) -> pd.Series:
    """Return P₈₅ − P₁₅ of a unit at the last probed step over that at the first, its geometric mean over units."""
    rows = method_runs(results, "percentiles", effect, method)
    rows = rows[rows["quantity"] == kind]
    wide = rows.pivot(index=["replicate", "unit", "step"], columns="percentile", values="value")
    spread = (wide[85] - wide[15]).unstack("step")
    growth = spread[spread.columns.max()] / spread[spread.columns.min()]
    return growth.groupby("replicate").agg(lambda units: np.exp(np.log(units).mean()))


def _areas(results: Results, effect: Measure, method: str) -> pd.DataFrame:
    """Return one-vs-rest AUC by replicate and class that test rows have."""
    return _by_class(results, effect, method, "auc").dropna(axis=1, how="all")


def _by_class(results: Results, effect: Measure, method: str, column: str) -> pd.DataFrame:
    """Return a column of the scores of classes by replicate and class."""
    rows = method_runs(results, "classes", effect, method)
    return rows.pivot(index="replicate", columns="class", values=column)


def macro_auc(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the mean one-vs-rest AUC over classes."""
    return _areas(results, effect, method).mean(axis=1, skipna=False)


def auc_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the largest less the smallest one-vs-rest AUC of a class."""
    areas = _areas(results, effect, method)
    return areas.max(axis=1) - areas.min(axis=1)


def class_auc(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the one-vs-rest AUC of the effect's class, counted from 1."""
    return _of_class(_areas(results, effect, method), effect)


def class_auc_rank(results: Results, effect: Measure, method: str) -> Bounded:
    """Return the place of the effect's class among all classes by AUC, 1 for the lowest.

    In a replicate a class may stand wherever the 95 % intervals of the areas leave it: only those that do not meet its
    own are surely lower or higher. The test rows are the same in every replicate, so more replicates do not help.
    """
    assert effect.class_ is not None
    areas = _areas(results, effect, method)
    half = TWO_SIDED * auc_error(areas, _by_class(results, effect, method, "count"))
    low, high = areas - half, areas + half
    own = effect.class_ - 1
    surely_below = high.lt(low[own], axis=0).sum(axis=1)
    surely_above = low.gt(high[own], axis=0).sum(axis=1)
    known = areas[own].notna()
    return Bounded(
        areas.rank(axis=1)[own],
        (1.0 + surely_below).where(known),
        (areas.notna().sum(axis=1) - surely_above).astype(float).where(known),
        "the test rows of a class leave its rank open",
    )


def auc_error(areas: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the standard error of areas A under ROC curves, by replicate and class of ``areas``.

    √((A(1 − A) + (p − 1)(Q₁ − A²) + (q − 1)(Q₂ − A²)) / (p·q)) for p rows of the class and q others, with
    Q₁ = A/(2 − A) and Q₂ = 2A²/(1 + A) (Hanley & McNeil 1982, Radiology 143, 29–36).
    """
    rest = -counts.sub(counts.sum(axis=1), axis=0)
    first, second = areas / (2 - areas), 2 * areas**2 / (1 + areas)
    variance = areas * (1 - areas) + (counts - 1) * (first - areas**2)
    variance += (rest - 1) * (second - areas**2)
    return ((variance / (counts * rest)) ** 0.5)[areas.columns]


def _of_class(areas: pd.DataFrame, effect: Measure) -> pd.Series:
    assert effect.class_ is not None
    return areas[effect.class_ - 1]


QUANTITIES = {
    "activation_drift": partial(mean_drift, "activation"),
    "weight_drift": partial(mean_drift, "weight"),
    "activation_spread_growth": partial(spread_growth, "activation"),
    "weight_spread_growth": partial(spread_growth, "weight"),
    "macro_auc": macro_auc,
    "auc_range": auc_range,
    "class_auc": class_auc,
    "class_auc_rank": class_auc_rank,
    "seconds_per_1000_steps": seconds_per_1000_steps,
}
