"""Tables of initial weights, from tidy rows of one dataset."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.settings import accuracies, at_each_rate, in_each
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import ACROSS_RATES, BASE, compare, summarize
from bnlab.experiments.initialization.measures import BY, failures, spreads


def heat_maps(metrics: pd.DataFrame) -> pd.DataFrame:
    """``settings.at_each_rate`` from each kind of initial weights."""
    return in_each(metrics, BY, at_each_rate)


def best(metrics: pd.DataFrame) -> pd.DataFrame:
    """``settings.accuracies`` from each kind of initial weights."""
    return in_each(metrics, BY, accuracies)


def everywhere(metrics: pd.DataFrame) -> pd.DataFrame:
    """``measures.spreads`` and, as ``failing``, ``measures.failures``; each less that of base, paired."""
    spread, failing = spreads(metrics), failures(metrics)
    table = summarize(spread, ACROSS_RATES, "spread")
    less = compare(spread, ACROSS_RATES, "spread", BASE, paired_difference, "difference")
    shares = summarize(failing, ACROSS_RATES, "share", prefix="failing")
    fewer = compare(failing, ACROSS_RATES, "share", BASE, paired_difference, "failing_difference")
    shares = shares.drop(columns=["n", "diverged", "replicates"]).merge(fewer.drop(columns="pairs"))
    return table.merge(less).merge(shares)
