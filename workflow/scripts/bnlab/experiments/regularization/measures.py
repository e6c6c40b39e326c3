"""What regularization does to the gap between training and test, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.summaries import RUN, followed

MATCHED = 0.1
"""The training loss at which the gap is compared."""
ONE = [*RUN, "dropout", "l2", "replicate"]


def paths(metrics: pd.DataFrame) -> pd.DataFrame:
    """Training loss, training and test accuracy at each evaluation; columns ``ONE``, step, loss, train, test."""
    rows = followed(metrics)
    keys = [*ONE, "step"]
    train = rows[rows["split"] == "train"].rename(columns={"accuracy": "train"})
    test = rows[rows["split"] == "test"].rename(columns={"accuracy": "test"})
    return train[[*keys, "loss", "train"]].merge(test[[*keys, "test"]], on=keys)


def gaps(metrics: pd.DataFrame, losses: np.ndarray) -> pd.DataFrame:
    """Training less test accuracy where training loss is first so low, linear in log loss between evaluations.

    One row a replicate and loss; NaN where it is not reached, or at the first evaluation already.
    """
    found = []
    for key, path in paths(metrics).groupby(ONE, sort=False):
        ordered = path.sort_values("step")
        lowest = np.minimum.accumulate(ordered["loss"].to_numpy(float))
        gap = (ordered["train"] - ordered["test"]).to_numpy(float)
        found += [(*key, loss, _at(np.log(lowest), gap, np.log(loss))) for loss in losses]
    return pd.DataFrame(found, columns=[*ONE, "loss", "gap"])


def _at(falling: np.ndarray, values: np.ndarray, wanted: float) -> float:
    below = np.flatnonzero(falling <= wanted)
    if not len(below) or below[0] == 0 or not np.isfinite(values).all():
        return np.nan
    i = below[0]
    share = (falling[i - 1] - wanted) / (falling[i - 1] - falling[i])
    return float(values[i - 1] + share * (values[i] - values[i - 1]))
