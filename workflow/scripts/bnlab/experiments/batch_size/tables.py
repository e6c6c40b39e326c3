"""Tables of batch sizes, from tidy rows of one dataset and recipe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import mean_interval, paired_difference, slopes
from bnlab.analysis.summaries import (
    BASE,
    BN,
    CURVES,
    RUN,
    columns_of,
    compare,
    final,
    followed,
    last,
    long,
    summarize,
)
from bnlab.experiments.batch_size.shown import PAIRS, SMALL_BATCHES

__all__ = ["final"]


def all_methods(metrics: pd.DataFrame, reference: str = BASE) -> pd.DataFrame:
    """Test accuracy and validation loss at the last step, under moving statistics, and the paired difference from the
    ``reference`` at equal batch.
    """
    rows = long(followed(last(metrics)), CURVES)
    keys = [*RUN, "split", "metric"]
    less = compare(rows, keys, "value", reference, paired_difference, "difference")
    return summarize(rows, keys, "value").merge(less).assign(reference=reference)


def pair(first: str, second: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The table ``all_methods`` of two methods, with the difference of the first from the second."""

    def table(metrics: pd.DataFrame) -> pd.DataFrame:
        return all_methods(metrics[metrics["method"].isin((first, second))], second)

    return table


bn_vs_ln = pair(*PAIRS["bn_vs_ln"])
ws_vs_bn = pair(*PAIRS["ws_vs_bn"])
ws_bn_vs_bn = pair(*PAIRS["ws_bn_vs_bn"])


def small_batches(metrics: pd.DataFrame) -> pd.DataFrame:
    """The table ``all_methods`` restricted to the smallest batches."""
    return all_methods(metrics[metrics["batch"] <= SMALL_BATCHES])


def inference(metrics: pd.DataFrame) -> pd.DataFrame:
    """Methods with batch statistics under each kind of them, and paired differences from moving."""
    ended = last(metrics[metrics["split"] != "train"])
    several = ended.groupby("method")["statistics"].transform("nunique") > 1
    rows = long(ended[several], CURVES)
    keys = [*RUN, "split", "metric"]
    table = summarize(rows, [*keys, "statistics"], "value")
    differences = compare(
        rows,
        [*keys, "statistics"],
        "value",
        "moving",
        paired_difference,
        "difference",
        "statistics",
    )
    return table.merge(differences)


statistics = inference
"""What the figure shows: every method with batch statistics."""


def differences(metrics: pd.DataFrame) -> pd.DataFrame:
    """Every method less base, and less bn, at equal batch: test accuracy and validation loss."""
    rows = long(followed(last(metrics)), CURVES)
    keys = [*RUN, "split", "metric"]
    parts = []
    for reference in (BASE, BN):
        part = compare(rows, keys, "value", reference, paired_difference, "difference")
        part.insert(len(keys), "reference", reference)
        parts.append(part[part["method"] != reference])
    table = pd.concat(parts)
    return table[table["reference"].isin(rows["method"])].merge(summarize(rows, keys, "value"))


def stability(metrics: pd.DataFrame) -> pd.DataFrame:
    """How much test accuracy depends on the batch size, by method.

    ``range`` is the best less the worst accuracy over the batch sizes and ``slope`` the
    least-squares slope of accuracy over log₂ batch (per doubling), both replicate by replicate; a
    replicate that diverged at any batch size has neither. ``best_batch`` and ``worst_batch`` are
    those of the mean accuracy.
    """
    rows = long(followed(last(metrics)), [("test", "accuracy")])
    table = []
    for method, group in rows.groupby("method", sort=False):
        wide = group.pivot(index="replicate", columns="batch", values="value")
        batches = wide.columns.to_numpy(float)
        span = mean_interval(wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False))
        slope = mean_interval(slopes(wide, batches))
        means = wide.mean()
        table.append(
            {
                "method": method,
                "smallest_batch": int(batches.min()),
                "largest_batch": int(batches.max()),
                **columns_of(span, "range"),
                **columns_of(slope, "slope"),
                "best_batch": means.idxmax() if means.notna().any() else np.nan,
                "worst_batch": means.idxmin() if means.notna().any() else np.nan,
                "n": span.n,
                "diverged": len(wide) - span.n,
                "replicates": len(wide),
            }
        )
    return pd.DataFrame(table)
