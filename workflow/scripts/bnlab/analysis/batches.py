"""Methods against the batch size."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bnlab.analysis.quantities import Results
from bnlab.analysis.statistics import mean_interval, paired_difference, slopes, within
from bnlab.analysis.summaries import (
    BASE,
    CURVES,
    RUN,
    columns_of,
    compare,
    final_accuracies,
    followed,
    last,
    long,
    summarize,
)
from bnlab.study.ledger import Measure


def all_methods(metrics: pd.DataFrame) -> pd.DataFrame:
    """Compute test accuracy and validation loss at the last step, and paired differences from base.

    Statistics at inference are moving averages. Base has the same batch size.
    """
    rows = long(followed(last(metrics)), CURVES)
    keys = [*RUN, "split", "metric"]
    less = compare(rows, keys, "value", BASE, paired_difference, "difference")
    return summarize(rows, keys, "value").merge(less).assign(reference=BASE)


def stability(metrics: pd.DataFrame) -> pd.DataFrame:
    """Measure how much test accuracy depends on the batch size, by method.

    ``range`` is the best less the worst accuracy over the batch sizes and ``slope`` the
    least-squares slope of accuracy over log₂ batch (per doubling), both replicate by replicate.
    ``best_batch`` and ``worst_batch`` are those of the mean accuracy, and ``diverged`` counts the
    replicates that did at any batch size.
    """
    rows = final_accuracies(metrics)
    table = []
    for method, group in rows.groupby("method", sort=False):
        wide = group.pivot(index="replicate", columns="batch", values="value")
        batches = wide.columns.to_numpy(float)
        span = within(mean_interval(spans(wide)), "logit")
        slope = mean_interval(slopes(wide, batches))
        means = wide.mean()
        table.append(
            {
                "method": method,
                "smallest_batch": int(batches.min()),
                "largest_batch": int(batches.max()),
                **columns_of(span, "range"),
                **columns_of(slope, "slope"),
                "best_batch": means.idxmax(),
                "worst_batch": means.idxmin(),
                "n": span.n,
                "diverged": int(group.groupby("replicate")["diverged"].any().sum()),
                "replicates": len(wide),
            }
        )
    return pd.DataFrame(table)


def spans(wide: pd.DataFrame) -> pd.Series:
    """Return the greatest less the least value of each row."""
    return wide.max(axis=1) - wide.min(axis=1)


def by_batch(
    results: Results, effect: Measure, method: str, quantity: Callable[..., pd.Series]
) -> pd.DataFrame:
    """A quantity at each of the effect's batch sizes, a column each."""
    at = {
        batch: quantity(results, effect.model_copy(update={"batch": batch}), method)
        for batch in effect.batches or []
    }
    return pd.concat(at, axis=1)
