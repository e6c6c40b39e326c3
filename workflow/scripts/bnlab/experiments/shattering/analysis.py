"""Likeness of gradients by the inputs of a network, by its depth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import slopes
from bnlab.analysis.summaries import ACROSS_RATES, RUN, add_interval, summarize
from bnlab.study.ledger import Measure

NETWORK = ["network", "form", "units"]


def at_start(gradients: pd.DataFrame) -> pd.DataFrame:
    """Return what was measured before training, with the ``depth`` of each network: its blocks, or else its layers."""
    depth = gradients["blocks"].where(gradients["blocks"] > 0, gradients["layers"])
    return gradients.assign(depth=depth)[gradients["step"] == 0]


def falls(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how the mean cosine of networks of one form falls with depth, by replicate.

    Returns:
        Index replicate; ``slope``, that of log₂ of the cosine over depth, −1 where each layer halves it; ``power``,
        that of its logarithm over the one of depth. Both are NaN with one depth alone, or a cosine of 0 or below.
    """
    wide = rows.pivot(index="replicate", columns="depth", values="cosine").astype(float)
    depths, logs = wide.columns.to_numpy(float), np.log2(wide.where(wide > 0).to_numpy())
    measured = {"slope": slopes(logs, np.exp2(depths)), "power": slopes(logs, depths)}
    return pd.DataFrame(measured, index=wide.index)


def likeness(gradients: pd.DataFrame) -> pd.DataFrame:
    """Summarize the mean cosine before training, a row a network."""

    def means(rows: pd.DataFrame) -> pd.DataFrame:
        return summarize(rows, RUN, "cosine", scale="atanh")

    return in_each(at_start(gradients), [*NETWORK, "depth"], means)


def fall(gradients: pd.DataFrame) -> pd.DataFrame:
    """Summarize how the mean cosine falls with depth, a row for each form of network and method."""

    def means(rows: pd.DataFrame) -> pd.DataFrame:
        values = in_each(rows, ACROSS_RATES, lambda run: falls(run).reset_index())
        table = summarize(values, ACROSS_RATES, "slope")
        return add_interval(table, summarize(values, ACROSS_RATES, "power", prefix="power"))

    return in_each(at_start(gradients), NETWORK, means)


TABLES = {"likeness": likeness, "fall": fall}


def of_fall(column: str) -> Quantity:
    """Return a column of ``falls`` as a quantity."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        return falls(at_start(method_runs(results, "input_gradients", effect, method)))[column]

    return quantity


QUANTITIES = {"likeness_slope": of_fall("slope"), "likeness_power": of_fall("power")}
