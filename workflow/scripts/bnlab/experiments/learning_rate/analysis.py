"""Tables and quantities of learning rates, from tidy rows of one data set."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Bounded, Results, method_runs, width_of_rates
from bnlab.analysis.rates import best_rates as at_best_rates
from bnlab.analysis.rates import chosen_rates, rate_ranges, rates_tried, validation_scores
from bnlab.analysis.settings import against_base, at_each_rate
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    BN,
    RUN,
    compare,
    summarize,
)
from bnlab.study.ledger import Measure


def rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize test accuracy at the last step at each learning rate (``settings.at_each_rate``).

    ``validation_score`` is that of ``validation_scores``; ``divergence_p`` is Fisher's exact p of the diverged
    replicates against those of base at the same rate.
    """
    scores = validation_scores(metrics).rename(columns={"score": "validation_score"})
    table = at_each_rate(metrics).merge(scores[[*RUN, "validation_score"]], on=RUN)
    table["chosen"] = table.pop("chosen")
    p = against_base(table, ["batch", "learning_rate"], "diverged")
    return table.assign(divergence_p=p).sort_values(RUN, kind="stable")


def best_rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``rates.best_rates``, with differences from base and bn."""
    return at_best_rates(metrics, (BASE, BN))


def rate_range(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize the range of rates near each replicate's best (``rates.rate_ranges``).

    ``mean`` is its width in decades and ``difference`` that minus base's; ``lowest`` and ``highest`` are geometric
    means of its ends. ``reaches_lowest`` and ``reaches_highest`` count the replicates whose range ends where the rates
    tried do, at ``first_tried`` or ``last_tried``: their width is a lower bound. ``learning_rate`` is the chosen rate.
    """
    ranges = rate_ranges(metrics)
    log_ends = ranges.set_index(ACROSS_RATES)[["lowest", "highest"]].transform(np.log10)
    tried = metrics.groupby(ACROSS_RATES)["learning_rate"]
    table = summarize(ranges, ACROSS_RATES, "decades", scale="log")
    for columns in (
        10 ** log_ends.groupby(ACROSS_RATES).mean(),
        ranges.groupby(ACROSS_RATES)[["reaches_lowest", "reaches_highest"]].sum(),
        tried.agg(first_tried="min", last_tried="max"),
    ):
        table = table.merge(columns.reset_index())
    less = compare(ranges, ACROSS_RATES, "decades", BASE, paired_difference, "difference")
    return table.merge(less).merge(chosen_rates(metrics)[RUN]).merge(rates_tried(metrics))


TABLES = {"heat_map": rates, "rates": rates, "rate_range": rate_range, "best_rates": best_rates}


def decades(results: Results, effect: Measure, method: str) -> Bounded:
    """Return ``quantities.width_of_rates``."""
    return width_of_rates(method_runs(results, "metrics", effect, method))


def highest_good_rate(results: Results, effect: Measure, method: str) -> Bounded:
    """Return the upper end of the range of rates near the best.

    The true end lies there or above it, but below the next rate that was tried.
    """
    rows = method_runs(results, "metrics", effect, method)
    highest = rate_ranges(rows).set_index("replicate")["highest"]
    tried = sorted(rows["learning_rate"].unique())
    next_one = dict(zip(tried, [*np.nextafter(tried[1:], 0), np.inf], strict=True))
    return Bounded(highest, highest, highest.map(next_one), "rates are known to the next one tried")


QUANTITIES = {"rate_range": decades, "highest_good_rate": highest_good_rate}
