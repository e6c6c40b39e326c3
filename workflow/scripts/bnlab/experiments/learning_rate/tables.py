"""Tables of learning rates, from tidy rows of one dataset."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.rates import chosen_rates, rate_ranges, validation_scores
from bnlab.analysis.statistics import fisher_p, paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    BN,
    RUN,
    compare,
    followed,
    last,
    long,
    summarize,
)


def rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step at each learning rate.

    ``validation_score`` and ``chosen`` are those of ``validation_scores`` and ``chosen_rates``;
    ``divergence_p`` is Fisher's exact p of the diverged replicates against those of base at the same
    rate.
    """
    rows = long(followed(last(metrics)), [("test", "accuracy")])
    table = summarize(rows, RUN, "value").merge(validation_scores(metrics)[[*RUN, "score"]], on=RUN)
    table = table.rename(columns={"score": "validation_score"})
    best = chosen_rates(metrics)[RUN].assign(chosen=True)
    table = table.merge(best, on=RUN, how="left")
    table = table.assign(chosen=table["chosen"].notna())
    at = ["batch", "learning_rate"]
    base = table.loc[table["method"] == BASE, [*at, "diverged", "replicates"]]
    both = table.merge(base, on=at, how="left", suffixes=("", "_base"))
    compared = both[(both["method"] != BASE) & both["diverged_base"].notna()]
    counts = compared[["diverged", "replicates", "diverged_base", "replicates_base"]].astype(int)
    p = pd.Series([fisher_p(*row) for row in counts.to_numpy()], counts.index, float)
    return table.assign(divergence_p=p.reindex(table.index)).sort_values(RUN, kind="stable")


heat_map = rates
"""What the figure shows: every method at every rate."""


def best_rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the chosen rate, and the paired differences from base and bn, each at its own.

    ``tried`` are all rates of the method.
    """
    best = chosen_rates(metrics)[RUN]
    rows = long(followed(last(metrics)), [("test", "accuracy")]).merge(best, on=RUN)
    table = best.merge(_tried(metrics)).merge(summarize(rows, ACROSS_RATES, "value"))
    for reference in (BASE, BN):
        prefix = f"less_{reference}"
        less = compare(rows, ACROSS_RATES, "value", reference, paired_difference, prefix)
        table = table.merge(less.rename(columns={"pairs": f"{reference}_pairs"}))
    return table


def _tried(metrics: pd.DataFrame) -> pd.DataFrame:
    """All rates of each method and batch, as text."""
    tried = metrics.groupby(ACROSS_RATES)["learning_rate"].unique().rename("tried")
    return tried.map(lambda rates: " ".join(f"{rate:g}" for rate in sorted(rates))).reset_index()


def rate_range(metrics: pd.DataFrame) -> pd.DataFrame:
    """The range of rates near the best of each replicate (``rate_ranges``), and the chosen rate.

    ``mean`` is the width in decades and ``difference`` that less base's; ``lowest`` and ``highest``
    are geometric means of the ends. ``reaches_lowest`` and ``reaches_highest`` count the replicates
    whose range ends where the rates tried do, between ``first_tried`` and ``last_tried``: what is
    known of such a width is that it is not smaller.
    """
    ranges = rate_ranges(metrics)
    table = summarize(ranges, ACROSS_RATES, "decades")
    for end in ("lowest", "highest"):
        means = np.log10(ranges.set_index(ACROSS_RATES)[end]).groupby(ACROSS_RATES).mean()
        table = table.merge((10**means).reset_index())
    counts = ranges.groupby(ACROSS_RATES)[["reaches_lowest", "reaches_highest"]].sum()
    tried = metrics.groupby(ACROSS_RATES)["learning_rate"].agg(first_tried="min", last_tried="max")
    for more in (counts, tried):
        table = table.merge(more.reset_index())
    table = table.merge(
        compare(ranges, ACROSS_RATES, "decades", BASE, paired_difference, "difference")
    )
    return table.merge(chosen_rates(metrics)[RUN]).merge(_tried(metrics))
