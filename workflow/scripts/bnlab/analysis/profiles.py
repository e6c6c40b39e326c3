"""Measures of a probe at each layer over steps, and at each step over layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, last, summarize

VIEWS = ("layer", "step")
ONE = [*RUN, "replicate"]


def profiles(
    rows: pd.DataFrame,
    measures: Sequence[str],
    first: int = 1,
    views: Sequence[str] = VIEWS,
) -> pd.DataFrame:
    """Means over replicates of each measure, by ``view``: at each layer and at each step.

    In a replicate the value at a layer is the mean over steps, each weighted by the steps since the probe before, and
    that at a step the median over layers from ``first`` on. Step 0, before training, is a step of its own and in no
    mean over steps. ``at`` is the layer or the step. ``ratio`` is to base, paired by replicate.

    Args:
        rows: columns of ``RUN``, replicate, step, layer (where there is one) and the measures. A replicate without
            values at its last step has diverged.
        measures: columns of ``rows``.
        first: the first layer that is counted.
        views: those wanted.
    """
    if rows.empty:
        return pd.DataFrame(columns=[*RUN, "measure", "view", "at"])
    values = pd.concat([of_replicates(rows, measures, view, first) for view in views])
    keys = [*RUN, "measure", "view", "at"]
    table = summarize(values, keys, "value", scale="log")
    return table.merge(compare(values, keys, "value", BASE, paired_ratio, "ratio"))


def of_replicates(
    rows: pd.DataFrame, measures: Sequence[str], view: str, first: int = 1
) -> pd.DataFrame:
    """Columns of ``RUN``, measure, replicate, view, at and value; NaN where the replicate diverged."""
    if "layer" in rows:
        rows = rows[rows["layer"] >= first]
    if view == "layer":
        rows = over_steps(rows[rows["step"] > 0], measures)
    return at_each(rows, measures, view).assign(view=view)


def over_steps(rows: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return the mean of measures at each layer of a replicate over its steps, at its last one.

    A step is weighted by the steps since the one before. A replicate that diverged has no mean.
    """
    means = []
    for key, group in rows.sort_values("step").groupby([*ONE, "layer"]):
        weights = np.diff(group["step"], prepend=0)
        values = weights @ group[list(measures)].to_numpy() / weights.sum()
        means.append((*key, group["step"].iloc[-1], *values))
    return pd.DataFrame(means, columns=[*ONE, "layer", "step", *measures])


def at_each(rows: pd.DataFrame, measures: Sequence[str], column: str) -> pd.DataFrame:
    """The median of each measure at each value of a column (``at``), by replicate.

    Columns of ``RUN``, replicate, measure, at and value; NaN where the replicate diverged.
    """
    medians = rows.groupby([*ONE, column])[list(measures)].median().reset_index()
    table = medians.melt([*ONE, column], var_name="measure")
    table = table.sort_values([*ONE, "measure", column])
    table = table.rename(columns={column: "at"}).reset_index(drop=True)
    alive = _with_values_at_the_end(rows, measures)
    table["value"] = table["value"].where(pd.MultiIndex.from_frame(table[ONE]).isin(alive))
    return table


def _with_values_at_the_end(rows: pd.DataFrame, measures: Sequence[str]) -> pd.Index[Any]:
    """``ONE`` of the replicates that did not diverge."""
    at_end = last(rows)
    alive = at_end[at_end[list(measures)].notna().any(axis=1)]
    return alive.set_index(ONE).index.unique()
