"""Distance of confidence from accuracy, as predicted and after temperature scaling."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.settings import at_chosen_rates
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    add_interval,
    compare,
    followed,
    last,
    summarize,
)
from bnlab.study.ledger import Effect, Measure

ONE = [*RUN, "replicate"]
FEW = 0.01
"""Share of the rows below which a bin says little."""


def errors(reliability: pd.DataFrame) -> pd.DataFrame:
    """Return the expected calibration error of each replicate.

    Returns:
        Columns ``ONE``, scaled; ``error``, Σ n_b·|right_b − confidence_b|/n over bins; and ``overconfidence``, mean
        confidence less accuracy. Both are NaN for a replicate that diverged.

    Reference: Guo, Pleiss, Sun & Weinberger 2017, arXiv 1706.04599.
    """
    gap = reliability["confidence"] - reliability["right"]
    rows = reliability.assign(
        error=gap.abs() * reliability["count"], signed=gap * reliability["count"]
    )
    sums = rows.groupby([*ONE, "scaled"], sort=False)[["error", "signed", "count"]].sum(min_count=1)
    values = {"error": sums["error"], "overconfidence": sums["signed"]}
    return pd.DataFrame({name: each / sums["count"] for name, each in values.items()}).reset_index()


def final_losses(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the training loss of each replicate between the last two evaluations; columns ``ONE`` and loss."""
    rows = last(followed(metrics))
    return rows.loc[rows["split"] == "train", [*ONE, "loss"]]


def error(reliability: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return calibration error at each rate, beside the training loss at the end."""
    rows = errors(reliability).merge(final_losses(metrics))
    keys = [*RUN, "scaled"]
    table = summarize(rows, keys, "error", scale="log")
    return add_interval(table, summarize(rows, keys, "loss", "loss"))


def bins(reliability: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy by bin of confidence at each method's chosen rate, as predicted, but for bins of ``FEW`` rows."""
    rows = at_chosen_rates(metrics, reliability)
    rows = rows[~rows["scaled"].astype(bool)]
    rows = rows[~(rows["count"] < FEW * rows.groupby(ONE)["count"].transform("sum"))]
    rows, keys = rows.sort_values("bin"), [*RUN, "bin"]
    table = summarize(rows, keys, "right")
    return add_interval(table, summarize(rows, keys, "confidence", "confidence"))


def calibration(reliability: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return calibration error at each method's chosen rate, and its difference from base, paired by replicate."""
    rows = errors(at_chosen_rates(metrics, reliability))
    keys = [*RUN, "scaled"]
    table = summarize(rows, keys, "error", scale="log")
    by = [*ACROSS_RATES, "scaled"]
    less = compare(rows, by, "error", BASE, paired_difference, "difference")
    return add_interval(
        table.merge(less), summarize(rows, keys, "overconfidence", "overconfidence")
    )


TABLES = {"error": error, "bins": bins, "calibration": calibration}


def of_predictions(column: str, scaled: bool) -> Quantity:
    """Return a column of ``errors`` as a quantity."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = errors(method_runs(results, "reliability", effect, method))
        return rows[rows["scaled"] == scaled].set_index("replicate")[column]

    return quantity


def error_at_equal_loss(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the calibration error where two methods fit the training rows equally well.

    Learning rates make a curve of the error over the logarithm of the training loss. It is read at the lowest loss that
    both methods of an effect reach in a replicate.
    """
    methods = effect.methods if isinstance(effect, Effect) else [method]
    both = {name: _by_rate(results, effect, name) for name in {method, *methods}}
    values = {}
    for replicate, own in both[method].groupby("replicate"):
        lowest = [t.loc[t["replicate"] == replicate, "loss"].min() for t in both.values()]
        curve = own.sort_values("loss")
        values[replicate] = float(
            np.interp(np.log(max(lowest)), np.log(curve["loss"]), curve["error"])
        )
    return pd.Series(values, dtype=float).rename_axis("replicate")


def _by_rate(results: Results, effect: Measure, method: str) -> pd.DataFrame:
    rows = errors(method_runs(results, "reliability", effect, method))
    losses = final_losses(method_runs(results, "metrics", effect, method))
    return rows[~rows["scaled"].astype(bool)].merge(losses).dropna()


QUANTITIES = {
    "calibration_error": of_predictions("error", scaled=False),
    "calibration_error_at_temperature": of_predictions("error", scaled=True),
    "overconfidence": of_predictions("overconfidence", scaled=False),
    "calibration_error_at_equal_loss": error_at_equal_loss,
}
