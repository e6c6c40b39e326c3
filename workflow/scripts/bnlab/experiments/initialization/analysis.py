"""Tables and quantities of initial weights."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, accuracy_gap, failed_share, test_accuracy
from bnlab.analysis.settings import accuracies, at_chosen_rates, at_each_rate, in_each
from bnlab.analysis.summaries import ACROSS_RATES, add_interval, final_accuracies, with_differences
from bnlab.study.ledger import Measure

BY = ["initializer"]
REPLICATE = [*ACROSS_RATES, "replicate"]


def heat_maps(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``settings.at_each_rate`` from each kind of initial weights."""
    return in_each(metrics, BY, at_each_rate)


def best(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``settings.accuracies`` from each kind of initial weights."""
    return in_each(metrics, BY, accuracies)


def everywhere(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return means of ``spreads`` and, as ``failing``, of ``failures``, with paired differences from base."""
    table = with_differences(spreads(metrics), ACROSS_RATES, "value", scale="logit")
    failing = with_differences(
        failures(metrics), ACROSS_RATES, "value", prefix="failing", scale="logit"
    )
    return add_interval(table, failing)


def spreads(metrics: pd.DataFrame) -> pd.DataFrame:
    """Compute best minus worst test accuracy over initial weights, each at its chosen rate.

    Returns:
        Columns ``REPLICATE`` and value.
    """
    rows = in_each(metrics, BY, lambda part: final_accuracies(at_chosen_rates(part, part)))
    groups = rows.groupby(REPLICATE, sort=False)["value"]
    return groups.agg(lambda a: a.max() - a.min()).reset_index()


def failures(metrics: pd.DataFrame) -> pd.DataFrame:
    """Compute the share of all pairs of initial weights and rate at which a replicate diverges or fails.

    Returns:
        Columns ``REPLICATE`` and value.
    """
    rows = final_accuracies(metrics)
    lost = (rows["failed"] | rows["diverged"]).astype(float)
    return rows.assign(value=lost).groupby(REPLICATE, sort=False)["value"].mean().reset_index()


TABLES = {"heat_maps": heat_maps, "best": best, "everywhere": everywhere}


def over_all_weights(values: Callable[[pd.DataFrame], pd.DataFrame]) -> Quantity:
    """Return the quantity that is ``spreads`` or ``failures`` of a method."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        table = values(results["metrics"])
        rows = table[(table["method"] == method) & (table["batch"] == effect.batch)]
        return rows.set_index("replicate")["value"]

    return quantity


QUANTITIES = {
    "initialized_accuracy": test_accuracy,
    "initialized_gap": accuracy_gap,
    "failed_share": failed_share,
    "spread_over_initializers": over_all_weights(spreads),
    "failures_everywhere": over_all_weights(failures),
}
