"""Tables and quantities of the noise of gradients and the time for an example, by batch size."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Results, method_runs, seconds_per_1000_steps
from bnlab.analysis.statistics import paired_difference, paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, summarize
from bnlab.study.ledger import Measure

SMALLEST = 4
"""Rows from which on the exponent is measured: below, batch normalization keeps next to no gradient."""
REPLICATE = [*RUN, "replicate"]
MEASURES = ["variance", "relative"]


def over_training(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """Compute geometric means over steps, by replicate and size of the batch.

    Returns:
        Columns variance, of the gradient, and relative, the variance over the squared length of the mean gradient. They
        are NaN where a step has none, and where a variance is zero.
    """
    with np.errstate(divide="ignore"):
        variance = np.log(gradient_noise["variance"].astype(float))
        relative = variance - 2 * np.log(gradient_noise["length"].astype(float))
    logs = gradient_noise.assign(variance=variance, relative=relative)
    means = logs.groupby([*REPLICATE, "size"], sort=False)[MEASURES].agg(_mean)
    return means.apply(np.exp).replace([np.inf, 0.0], np.nan).reset_index()


def _mean(values: pd.Series) -> float:
    return float(values.mean(skipna=False))


def replicate_exponents(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """Compute the least-squares slope of log variance over log size from ``SMALLEST`` rows on, by replicate."""
    table = over_training(gradient_noise)
    slopes = [
        (*key, _slope(rows["size"], rows["variance"]))
        for key, rows in table[table["size"] >= SMALLEST].groupby(REPLICATE, sort=False)
    ]
    return pd.DataFrame(slopes, columns=[*REPLICATE, "exponent"])


def _slope(sizes: pd.Series, variances: pd.Series) -> float:
    if variances.isna().any() or len(sizes) == 1:
        return np.nan
    return float(np.polyfit(np.log(sizes.astype(float)), np.log(variances), 1)[0])


def noise(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """Return both measures of ``over_training`` at each size, means over replicates."""
    keys = [*RUN, "size", "measure"]
    rows = over_training(gradient_noise).melt(
        [*REPLICATE, "size"], MEASURES, var_name="measure", value_name="value"
    )
    return summarize(rows, keys, "value", scale="log")


def exponents(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """Return the mean exponent of each method, and its difference from base's, paired by replicate."""
    rows = replicate_exponents(gradient_noise)
    less = compare(rows, RUN, "exponent", BASE, paired_difference, "difference")
    return summarize(rows, RUN, "exponent").merge(less)


def times(timing: pd.DataFrame) -> pd.DataFrame:
    """Return microseconds for an example at each batch size, and their ratio to base's in the same process.

    Each process counts with its median.
    """
    seconds = timing.groupby([*RUN, "process"])["seconds_per_1000_steps"].median()
    rows = seconds.rename("value").reset_index().rename(columns={"process": "replicate"})
    rows = rows.assign(value=1000 * rows["value"] / rows["batch"])
    ratios = compare(rows, RUN, "value", BASE, paired_ratio, "ratio")
    return summarize(rows, RUN, "value", scale="log").merge(ratios)


def noise_exponent(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return a method's exponent by replicate."""
    table = replicate_exponents(method_runs(results, "gradient_noise", effect, method))
    return table.set_index("replicate")["exponent"]


def batch_cost(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the time of a step at the largest batch over that of as many rows in steps of the smallest, by process."""
    assert effect.batches is not None
    rows = results["timing"]
    rows = rows[(rows["method"] == method) & rows["batch"].isin(effect.batches)]
    seconds = rows.groupby(["process", "batch"])["seconds_per_1000_steps"].median().unstack("batch")
    least, most = min(effect.batches), max(effect.batches)
    return seconds[most] / (seconds[least] * most / least)


TABLES = {"noise": noise, "cost": times, "exponents": exponents, "times": times}

QUANTITIES = {
    "noise_exponent": noise_exponent,
    "seconds_per_1000_steps": seconds_per_1000_steps,
    "batch_cost": batch_cost,
}
