"""Tables and quantities of learning rates, from tidy rows of one data set."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Bounded, Results, method_runs
from bnlab.analysis.rates import chosen_rates, is_at_end, rate_ranges, validation_scores
from bnlab.analysis.settings import against_base, at_each_rate
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    BN,
    RUN,
    compare,
    final_accuracies,
    summarize,
    with_reference,
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
    """Summarize test accuracy at the chosen rate, with paired differences from base and bn, each at its own.

    ``tried`` lists all rates of the method. ``at_end`` is true where its own, or that of base, is the first or
    last of them, so that a better one may lie beyond.
    """
    best = chosen_rates(metrics)[RUN]
    rows = final_accuracies(metrics).merge(best, on=RUN)
    table = best.merge(_tried(metrics)).merge(summarize(rows, ACROSS_RATES, "value", scale="logit"))
    for reference in (BASE, BN):
        prefix = f"less_{reference}"
        less = compare(rows, ACROSS_RATES, "value", reference, paired_difference, prefix)
        table = table.merge(less.rename(columns={"pairs": f"{reference}_pairs"}))
    chosen = {key: rows["learning_rate"].item() for key, rows in table.groupby(ACROSS_RATES)}
    ends = {key: is_at_end(tried, chosen[key]) for key, tried in metrics.groupby(ACROSS_RATES)}
    at_end = [
        names | {"at_end": own or bool(base)}
        for names, own, base in with_reference(ends, ACROSS_RATES, BASE)
    ]
    return table.merge(pd.DataFrame(at_end))


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
    return table.merge(less).merge(chosen_rates(metrics)[RUN]).merge(_tried(metrics))


def _tried(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return all rates of each method and batch size, as text."""
    tried = metrics.groupby(ACROSS_RATES)["learning_rate"].unique().rename("tried")
    return tried.map(lambda rates: " ".join(f"{rate:g}" for rate in sorted(rates))).reset_index()


TABLES = {"heat_map": rates, "rates": rates, "rate_range": rate_range, "best_rates": best_rates}


def decades(results: Results, effect: Measure, method: str) -> Bounded:
    """Return the width of the range of rates near the best, in decades (``metrics.rate_range``).

    A range that reaches an end of the rates tried may go on beyond it.
    """
    ranges = rate_ranges(method_runs(results, "metrics", effect, method)).set_index("replicate")
    width, is_open = ranges["decades"], ranges["reaches_lowest"] | ranges["reaches_highest"]
    why = "ranges of rates end where the rates tried do"
    return Bounded(width, width, width.where(~is_open, np.inf), why)


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
