"""Tables of experiments that compare recipes by settings and rates: each method at its best rate in each setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.metrics import mean_over_steps
from bnlab.analysis.rates import chosen_rates
from bnlab.analysis.statistics import fisher_p, paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    add_interval,
    compare,
    final_accuracies,
    summarize,
    with_differences,
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


def over_training(metrics: pd.DataFrame, keys: Sequence[str] = RUN) -> pd.DataFrame:
    """Return training accuracy averaged over training in ``value``, a row per replicate and combination of keys."""
    train = metrics[metrics["split"] == "train"]
    return in_each(train, keys, lambda run: mean_over_steps(run).rename("value").reset_index())


def at_chosen_rates(metrics: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Of other rows those of the runs that ``metrics`` has at each method's chosen rate."""
    return rows.merge(chosen_rates(metrics)[[*RUN, "recipe"]], on=[*RUN, "recipe"])


def accuracies(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step, each method at its chosen rate.

    ``difference`` is from base, paired by replicate; ``lost`` counts replicates that diverged or failed and ``lost_p``
    is Fisher's exact p against base's.
    """
    rows = final_accuracies(at_chosen_rates(metrics, metrics))
    table = summarize(rows, RUN, "value", scale="logit")
    less = compare(rows, ACROSS_RATES, "value", BASE, paired_difference, "difference")
    table = table.merge(less).assign(lost=lambda t: t["diverged"] + t["failed"])
    return table.assign(lost_p=against_base(table, ["batch"], "lost"))


def against_base(table: pd.DataFrame, at: Sequence[str], count: str) -> list[float]:
    """Compute Fisher's exact p of a count of replicates against base's, row by row.

    Args:
        table: columns method, replicates, ``at`` and ``count``.
        at: columns that the row of base has in common with the row of a method.
        count: column of the replicates that are counted.

    Returns:
        Two-sided p; NaN for base itself and where base has no row.
    """
    rows = list(table[[*at, count, "replicates"]].itertuples(index=False, name=None))
    is_base = list(table["method"] == BASE)
    base = {row[:-2]: row[-2:] for row, own in zip(rows, is_base, strict=True) if own}
    return [
        np.nan if own or row[:-2] not in base else fisher_p(*row[-2:], *base[row[:-2]])
        for row, own in zip(rows, is_base, strict=True)
    ]


def at_each_rate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step at each rate; ``chosen`` is the one with the best validation accuracy."""
    table = summarize(final_accuracies(metrics), RUN, "value", scale="logit")
    best = chosen_rates(metrics)[RUN].assign(chosen=True)
    table = table.merge(best, on=RUN, how="left")
    return table.assign(chosen=table["chosen"].notna())


def at_the_best(metrics: pd.DataFrame) -> pd.DataFrame:
    """At the chosen rate: test accuracy at the end and training accuracy over training, and differences from base.

    ``during`` is training accuracy averaged over training, ``difference`` and ``during_difference`` are paired.
    """
    chosen = chosen_rates(metrics)[RUN]
    rows = final_accuracies(metrics).merge(chosen, on=RUN)
    table = summarize(rows, RUN, "value", scale="logit")
    less = compare(rows, ACROSS_RATES, "value", BASE, paired_difference, "difference")
    over = over_training(metrics.merge(chosen, on=RUN), ACROSS_RATES)
    during = with_differences(over, ACROSS_RATES, "value", prefix="during", scale="logit")
    return add_interval(table.merge(less), during)
