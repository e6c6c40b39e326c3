"""The noise of gradients during training, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.summaries import RUN

SMALLEST = 4
"""Rows from which on the exponent is measured: batch normalization keeps next to no gradient below."""
ONE = [*RUN, "replicate"]


def over_training(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """``relative``: variance over squared length of the mean, geometric mean over steps; by replicate and size."""
    with np.errstate(divide="ignore"):
        logs = np.log(gradient_noise["variance"].astype(float))
        relative = logs - 2 * np.log(gradient_noise["length"].astype(float))
    rows = gradient_noise.assign(variance=logs, relative=relative)
    keys = [*ONE, "size"]
    means = rows.groupby(keys, sort=False)[["variance", "relative"]].agg(_mean)
    return means.apply(np.exp).replace([np.inf, 0.0], np.nan).reset_index()


def _mean(values: pd.Series) -> float:
    """NaN where one value is missing."""
    return float(values.mean(skipna=False))


def exponents(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """``exponent``: least-squares slope of log variance on log size from ``SMALLEST`` rows on; by replicate."""
    table = over_training(gradient_noise)
    table = table[table["size"] >= SMALLEST]
    found = []
    for key, rows in table.groupby(ONE, sort=False):
        slope = np.nan
        if rows["variance"].notna().all() and len(rows) > 1:
            slope = np.polyfit(np.log(rows["size"].astype(float)), np.log(rows["variance"]), 1)[0]
        found.append((*key, slope))
    return pd.DataFrame(found, columns=[*ONE, "exponent"])
