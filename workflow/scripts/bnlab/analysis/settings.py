"""Tables of experiments that compare recipes by settings and rates: each method at its best rate in each setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from bnlab.analysis.metrics import mean_over_steps
from bnlab.analysis.rates import chosen_rates
from bnlab.analysis.statistics import fisher_p, paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    compare,
    followed,
    last,
    long,
    summarize,
)


def in_each(
    metrics: pd.DataFrame, by: Sequence[str], make: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """A table made of the rows of each combination of settings, these as its last columns."""
    parts = []
    for key, rows in metrics.groupby([*by], sort=False):
        names: dict[str, Any] = dict(zip(by, key, strict=True))
        parts.append(make(rows).assign(**names))
    return pd.concat(parts, ignore_index=True)


def at_chosen_rates(metrics: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Of other rows those of the runs that ``metrics`` has at each method's chosen rate."""
    return rows.merge(chosen_rates(metrics)[[*RUN, "recipe"]], on=[*RUN, "recipe"])


def accuracies(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step, each method at its chosen rate.

    ``difference`` is from base, paired by replicate; ``lost`` counts replicates that diverged or failed and ``lost_p``
    is Fisher's exact p against base's.
    """
    rows = long(followed(last(at_chosen_rates(metrics, metrics))), [("test", "accuracy")])
    table = summarize(rows, RUN, "value")
    less = compare(rows, ACROSS_RATES, "value", BASE, paired_difference, "difference")
    table = table.merge(less).assign(lost=lambda t: t["diverged"] + t["failed"])
    base = table[table["method"] == BASE].set_index("batch")
    return table.assign(lost_p=[_p(row, base) for row in table.itertuples()])


def _p(row: Any, base: pd.DataFrame) -> float:
    if row.method == BASE or row.batch not in base.index:
        return float("nan")
    other = base.loc[row.batch]
    return fisher_p(row.lost, row.replicates, int(other["lost"]), int(other["replicates"]))


def at_each_rate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step at each rate; ``chosen`` is the one with the best validation accuracy."""
    table = summarize(long(followed(last(metrics)), [("test", "accuracy")]), RUN, "value")
    best = chosen_rates(metrics)[RUN].assign(chosen=True)
    table = table.merge(best, on=RUN, how="left")
    return table.assign(chosen=table["chosen"].notna())


def at_the_best(metrics: pd.DataFrame) -> pd.DataFrame:
    """At the chosen rate: test accuracy at the end and training accuracy over training, and differences from base.

    ``during`` is training accuracy averaged over training, ``difference`` and ``during_difference`` are paired.
    """
    chosen = chosen_rates(metrics)[RUN]
    rows = long(followed(last(metrics)), [("test", "accuracy")]).merge(chosen, on=RUN)
    table = summarize(rows, RUN, "value")
    less = compare(rows, ACROSS_RATES, "value", BASE, paired_difference, "difference")
    train = metrics[metrics["split"] == "train"].merge(chosen, on=RUN)
    parts = []
    for key, of in train.groupby(ACROSS_RATES):
        lead: dict[str, Any] = dict(zip(ACROSS_RATES, key, strict=True))
        parts.append(mean_over_steps(of).rename("value").reset_index().assign(**lead))
    over = pd.concat(parts)
    during = summarize(over, ACROSS_RATES, "value", prefix="during")
    faster = compare(over, ACROSS_RATES, "value", BASE, paired_difference, "during_difference")
    table = table.merge(less).merge(during.drop(columns=["n", "diverged", "replicates"]))
    return table.merge(faster.drop(columns="pairs"))
