"""Measures of a probe over layers and steps: at each layer, at each step, and over both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, summarize
from bnlab.study.ledger import Measure

VIEWS = ("layer", "step", "overall")
OF_A_NETWORK = ("step", "overall")
"""Views of what is measured once for all layers."""
ONE = [*RUN, "replicate"]


def profiles(
    rows: pd.DataFrame,
    measures: Sequence[str],
    first: int = 1,
    views: Sequence[str] = VIEWS,
) -> pd.DataFrame:
    """Means over replicates of each measure, by ``view``: at each layer, at each step, and overall.

    In a replicate the value at a layer is the median over steps, that at a step the median over layers from ``first``
    on, and the overall one the median over both; step 0, before training, is a step of its own and in no median over
    steps. ``at`` is the layer or the step (0 overall). ``ratio`` is to base, paired by replicate.

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
    table = summarize(values, keys, "value")
    return table.merge(compare(values, keys, "value", BASE, paired_ratio, "ratio"))


def of_replicates(
    rows: pd.DataFrame, measures: Sequence[str], view: str, first: int = 1
) -> pd.DataFrame:
    """Columns of ``RUN``, measure, replicate, view, at and value; NaN where the replicate diverged."""
    after = rows if view == "step" else rows[rows["step"] > 0]
    if "layer" in rows:
        after = after[after["layer"] >= first]
    return at_each(after, measures, None if view == "overall" else view).assign(view=view)


def at_each(rows: pd.DataFrame, measures: Sequence[str], column: str | None) -> pd.DataFrame:
    """The median of each measure at each value of a column (``at``; 0 if over all), by replicate.

    Columns of ``RUN``, replicate, measure, at and value; NaN where the replicate diverged.
    """
    at = [column] if column else []
    medians = rows.groupby([*ONE, *at])[list(measures)].median().reset_index()
    table = medians.melt([*ONE, *at], var_name="measure").sort_values([*ONE, "measure", *at])
    table = table.rename(columns={column: "at"}).reset_index(drop=True)
    alive = _with_values_at_the_end(rows, measures)
    table["value"] = table["value"].where(pd.MultiIndex.from_frame(table[ONE]).isin(alive))
    return table.assign(at=table["at"] if column else 0)


def overall(rows: pd.DataFrame, measure: str, first: int = 1) -> pd.Series:
    """The overall value of a measure by replicate, for the rows of one run."""
    return of_replicates(rows, [measure], "overall", first).set_index("replicate")["value"]


def at_layer(rows: pd.DataFrame, measure: str, layer: int) -> pd.Series:
    """The value of a measure at a layer by replicate, for the rows of one run."""
    values = of_replicates(rows, [measure], "layer")
    return values[values["at"] == layer].set_index("replicate")["value"]


def overall_of(
    source: str,
    measure: str,
    first: int = 1,
    prepare: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows,
) -> Quantity:
    """Return the quantity that is a measure's median over the steps and layers that a probe recorded.

    Args:
        source: tidy source of the probe.
        measure: column of what ``prepare`` returns.
        first: the first layer that is counted.
        prepare: from the rows of a run to their measures.
    """

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        return overall(prepare(method_runs(results, source, effect, method)), measure, first)

    return quantity


def at_layer_of(source: str, measure: str) -> Quantity:
    """Return the quantity that is a measure's median over steps in the layer of an effect."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        assert effect.layer is not None
        return at_layer(method_runs(results, source, effect, method), measure, effect.layer)

    return quantity


def _with_values_at_the_end(rows: pd.DataFrame, measures: Sequence[str]) -> pd.Index[Any]:
    """``ONE`` of the replicates that did not diverge."""
    last = rows[rows["step"] == rows.groupby(RUN)["step"].transform("max")]
    alive = last[last[list(measures)].notna().any(axis=1)]
    return alive.set_index(ONE).index.unique()
