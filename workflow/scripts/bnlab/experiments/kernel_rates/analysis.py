"""Ranges of good rates of the kernels alone, and divergence there, in layers of each width."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Bounded, Results, method_runs, width_of_rates
from bnlab.analysis.rates import rate_ranges
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    compare,
    final_accuracies,
    summarize,
)
from bnlab.study.ledger import Measure

BY = ["units"]


def at_rates_of_kernels(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return tidy rows with the learning rate of the kernels as ``learning_rate``."""
    return metrics.assign(learning_rate=metrics["learning_rate"] * metrics["kernel_factor"])


def by_kernel_rate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize test accuracy at the last step at each rate of the kernels."""

    def of_width(rows: pd.DataFrame) -> pd.DataFrame:
        return summarize(final_accuracies(rows), RUN, "value", scale="logit")

    return in_each(at_rates_of_kernels(metrics), BY, of_width)


def diverging(metrics: pd.DataFrame) -> pd.Series:
    """Return true for each replicate that diverges at some rate, by method, batch and replicate."""
    return metrics.groupby([*ACROSS_RATES, "replicate"])["diverged"].any()


def kernel_rate_range(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize the range of rates of the kernels near each replicate's best (``rates.rate_ranges``).

    ``mean`` is its width in decades and ``difference`` that minus base's. ``reaches_lowest`` and ``reaches_highest``
    count replicates whose range ends where the rates tried do, and ``diverging`` those that diverge at some rate.
    """

    def of_width(rows: pd.DataFrame) -> pd.DataFrame:
        ranges = rate_ranges(rows)
        table = summarize(ranges, ACROSS_RATES, "decades")
        less = compare(ranges, ACROSS_RATES, "decades", BASE, paired_difference, "difference")
        ends = ranges.groupby(ACROSS_RATES)[["reaches_lowest", "reaches_highest"]].sum()
        lost = diverging(rows).groupby(ACROSS_RATES).sum().rename("diverging")
        return table.merge(less).merge(ends.join(lost).reset_index())

    return in_each(at_rates_of_kernels(metrics), BY, of_width)


TABLES = {"by_kernel_rate": by_kernel_rate, "kernel_rate_range": kernel_rate_range}


def width(results: Results, effect: Measure, method: str) -> Bounded:
    """Return ``quantities.width_of_rates`` of the kernels."""
    return width_of_rates(at_rates_of_kernels(method_runs(results, "metrics", effect, method)))


def diverging_share(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return 1 for a replicate that diverges at some rate of the kernels, else 0."""
    lost = diverging(method_runs(results, "metrics", effect, method))
    return lost.astype(float).groupby("replicate").max()


QUANTITIES = {"kernel_rate_range": width, "diverging_share": diverging_share}
